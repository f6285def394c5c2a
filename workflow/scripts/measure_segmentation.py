"""How well a network segments the clips it was not trained on, in every style and dynamics, video by video."""

from itertools import chain

import numpy as np
import pandas as pd

from workflow.lib.arrays import open_frames
from workflow.lib.features import read_about, read_keys
from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table
from workflow.parts.segmentation_scores import box_overlap, region_similarity
from workflow.parts.splits import not_trained_on

OF_EVERYTHING = {"J": region_similarity, "box": box_overlap}  # F compares boundaries, and a mask of everything has none


def chances(names, masks, kept, scores):
    """What a mask of everything scores on the clips `kept`, mean over a clip's annotated frames: columns clip, quantity, chance.

    names: of all clips; masks: of each of them, uint8 [frame, height, width], read one after another.
    """
    rows = [
        (clip, name, pd.Series(OF_EVERYTHING[name](np.ones_like(own), own)).mean())  # NaN: without annotation
        for clip, own in zip(names, masks, strict=True)
        if clip in kept
        for name in scores
        if name in OF_EVERYTHING
    ]
    return pd.DataFrame(rows, columns=["clip", "quantity", "chance"]).astype({"clip": str, "quantity": str, "chance": float})


def measure_segmentation(keys, variants, clips, chance, scores):
    """Rows of table `segmentation` without data set, model and training: means over the annotated clips of every video.

    keys: key columns of the feature dumps; augmented variants are left out. chance: as `chances` gives it. scores: what is
    written, of J, F and box.
    """
    shown = variants.loc[variants["augmentation"].isna(), ["variant", "clip", "style", "perturbation"]]
    shown = shown.sort_values("style", key=lambda style: style != "original", kind="stable")  # comes first, as in table `accuracy`
    seen = shown.merge(keys[["variant", *scores]], on="variant", validate="1:1").merge(clips[["clip", "video"]], on="clip")
    rows = seen.melt(["style", "perturbation", "video", "clip"], scores, "quantity")
    rows = rows.merge(chance, "left", ["clip", "quantity"], validate="m:1")
    rows["chance"] = rows["chance"].where(rows["value"].notna())  # of the same clips
    groups = rows.groupby(["quantity", "style", "perturbation", "video"], sort=False, dropna=False)
    means = groups.agg(value=("value", "mean"), chance=("chance", "mean"), n_clips=("value", "count"))
    return means.reset_index()  # null: no mask in the frames shown


if __name__ == "__main__":
    with job(snakemake):
        files, params = snakemake.input, snakemake.params
        variants, clips = concat_tables(files.variants, "variants"), concat_tables(files.clips, "clips")
        kept = not_trained_on(clips, params.trainings, params.seen, params.seed)
        masks = chain.from_iterable(map(open_frames, files.masks))  # a shard is opened when the one before is done with
        chance = chances(clips["clip"], masks, set(kept["clip"]), params.scores)
        table = measure_segmentation(read_keys(files.features), variants, kept, chance, params.scores)
        about = {"dataset": params.dataset, "model": params.model, "training": read_about(files.features)["training"]}
        write_table(snakemake.output.segmentation, "segmentation", table.assign(**about))
