"""Find the clips that drive the most dynamic, static, joint and residual unit of every layer hardest, and make previews of them."""

import io

import numpy as np
from matplotlib.image import imsave

from workflow.lib.arrays import open_frames
from workflow.lib.features import read_keys, read_layer
from workflow.lib.job import job, progress
from workflow.lib.tables import concat_tables, read_table, write_table
from workflow.parts.frame_sampling import spread
from workflow.parts.pair_selection import of_main_perturbation
from workflow.parts.unit_choice import driving_clips, extreme_units

CLIPS, FRAMES, SIDE = 3, 8, 96  # clips per unit, moments per preview, and about how many pixels they are wide


def unit_scores(scores, dataset):
    """Similarities of units by each network's first metric that has them: yields (about a layer, static, dynamic [unit])."""
    own = scores[(scores["dataset"] == dataset) & scores["unit"].notna() & (scores["quantity"] == "S")]
    own = own[own["metric"] == own.groupby("model")["metric"].transform("first")]
    for (model, layer), rows in own.groupby(["model", "layer"], sort=False):
        sides = rows.pivot(index="unit", columns="factor", values="value")
        first = rows.iloc[0]
        about = {"dataset": dataset, "model": model, "metric": first["metric"], "layer": layer, "depth": first["depth"]}
        yield about, sides["static"].to_numpy(), sides["dynamic"].to_numpy()


def unit_rows(scores, dataset, features, variants, videos, threshold):
    """Rows of table `units`. features: model -> files; variants: rows of that table; videos: clip -> video."""
    plain = set(variants.loc[variants["perturbation"].isna() & variants["augmentation"].isna(), "variant"])
    rows, keys = [], {model: read_keys(paths) for model, paths in features.items()}
    for about, static, dynamic in progress(list(unit_scores(scores, dataset)), "layers searched"):
        own = keys[about["model"]]
        shown = own["variant"].isin(plain).to_numpy()
        values = read_layer(features[about["model"]], about["layer"])[shown]  # [variant, unit]
        for name, unit in extreme_units(static, dynamic, threshold).items():
            best = driving_clips(values[:, unit], own["clip"][shown].to_numpy(), videos, CLIPS)
            unit_about = about | {"class": name, "unit": unit, "static": static[unit], "dynamic": dynamic[unit]}
            for rank, (clip, activation, deviations) in enumerate(best, 1):
                rows.append(unit_about | {"rank": rank, "clip": clip, "activation": activation, "deviations": deviations})
    return rows


def strip(frames):
    """Some moments of a clip side by side, made small: [frame, height, width, rgb] -> uint8 [height, moments x width, rgb]."""
    moments = frames[spread(len(frames), FRAMES)]
    n, height, width, _ = moments.shape
    by = max(1, round(min(height, width) / SIDE))
    height, width = height // by, width // by
    small = moments[:, : height * by, : width * by].reshape(n, height, by, width, by, 3).mean((2, 4))
    return np.concatenate(list(small.round().astype(np.uint8)), axis=1)


def preview_rows(wanted, tables, stores):
    """Rows of table `previews` of the clips in `wanted`; tables, stores: of the shards, clip tables and their frames."""
    for table, frames in zip(tables, stores, strict=True):
        for row in np.flatnonzero(table["clip"].isin(wanted)):
            picture, jpeg = strip(frames[row]), io.BytesIO()
            imsave(jpeg, picture, format="jpeg", pil_kwargs={"quality": 80})
            about = {"width": picture.shape[1] // FRAMES, "height": picture.shape[0], "moments": FRAMES, "jpeg": jpeg.getvalue()}
            yield table.iloc[row][["clip", "video", "label"]].to_dict() | about


def show_units(files, dataset, models, threshold):
    """Rows of the tables `units` and `previews`; files: the rule's inputs, the features of the models one after the other."""
    tables, stores = [read_table(path, "clips") for path in files.clips], map(open_frames, files.stores)
    videos = {clip: video for table in tables for clip, video in zip(table["clip"], table["video"], strict=True)}
    shards = len(files.clips)
    features = {model: files.features[i * shards : (i + 1) * shards] for i, model in enumerate(models)}
    scores, variants = of_main_perturbation(read_table(files.scores, "scores")), concat_tables(files.variants, "variants")
    units = unit_rows(scores, dataset, features, variants, videos, threshold)
    return units, list(preview_rows({row["clip"] for row in units}, tables, stores))


if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        units, previews = show_units(snakemake.input, params.dataset, params.models, params.threshold)
        write_table(snakemake.output.units, "units", units)
        write_table(snakemake.output.previews, "previews", previews)
