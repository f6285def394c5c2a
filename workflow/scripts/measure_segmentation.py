"""How well a network segments the clips it was not trained on, in every style and dynamics, video by video."""

from workflow.lib.features import read_about, read_keys
from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table
from workflow.parts.splits import not_trained_on


def measure_segmentation(keys, variants, clips, scores):
    """Rows of table `segmentation` without data set, model and training: means over the annotated clips of every video.

    keys: key columns of the feature dumps; augmented variants are left out. scores: what is written, of J, F and box.
    """
    shown = variants.loc[variants["augmentation"].isna(), ["variant", "clip", "style", "perturbation"]]
    seen = shown.merge(keys[["variant", *scores]], on="variant", validate="1:1").merge(clips[["clip", "video"]], on="clip")
    rows = seen.melt(["style", "perturbation", "video", "clip"], scores, "quantity")
    groups = rows.groupby(["quantity", "style", "perturbation", "video"], sort=False, dropna=False)
    return groups.agg(value=("value", "mean"), n_clips=("value", "count")).reset_index()  # null: no mask in the frames shown


if __name__ == "__main__":
    with job(snakemake):
        files, params = snakemake.input, snakemake.params
        variants, clips = concat_tables(files.variants, "variants"), concat_tables(files.clips, "clips")
        clips = not_trained_on(clips, params.trainings, params.seen, params.seed)
        table = measure_segmentation(read_keys(files.features), variants, clips, params.scores)
        about = {"dataset": params.dataset, "model": params.model, "training": read_about(files.features)["training"]}
        write_table(snakemake.output.segmentation, "segmentation", table.assign(**about))
