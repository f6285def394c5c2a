"""The tables of the report: what the pipeline's tables hold, as people read it."""

import hashlib

import numpy as np
import pandas as pd

from workflow.parts.figure_style import named
from workflow.parts.numbers import with_interval
from workflow.parts.video_means import mean_over_videos
from workflow.parts.wording import file_name

# Columns of table `models` that differ between the layers of a network.
PER_LAYER = ["layer", "depth", "stream", "units", "averaged_over", "module"]


def layer_tables(scores):
    """What every layer scores, in the order of the scores: (network, data set) -> {metrics: DataFrame}, a row per layer and metric.

    Metrics that give the same quantities share a table, so that none has empty cells.
    """
    whole = named(scores[scores["unit"].isna() & scores["quantity"].ne("units") & scores["factor"].ne("identical")])
    whole = whole.assign(model=whole["model"].str.split("\n").str[0])
    digits = whole["quantity"].map({"percent": 1}).fillna(3).astype(int)
    cells = [with_interval(row, n) for row, n in zip(whole.itertuples(), digits, strict=True)]
    column = np.where(whole["quantity"] == "share", whole["factor"], whole["quantity"] + " " + whole["factor"])
    tables = whole.assign(cell=cells, column=column).groupby(["model", "dataset"], sort=False)
    return {
        names: {", ".join(alike): layer_table(own[own["metric"].isin(alike)]) for alike in alike_metrics(own)}
        for names, own in tables
    }


def alike_metrics(own):
    """Groups of metrics that give the same columns, in the order of the scores: lists of names."""
    groups = {}
    for metric, columns in own.groupby("metric", sort=False)["column"]:
        groups.setdefault(frozenset(columns), []).append(metric)
    return groups.values()


def layer_table(own):
    """The layers of one network on one data set, in depth order, with intervals where there are any."""
    keys, about = ["depth", "layer", "metric"], ["n_units", "n_dead", "n_pairs", "n_videos", "n_crossings_left_out"]
    wide = own.pivot(index=keys, columns="column", values="cell").fillna("")
    wide = wide[list(dict.fromkeys(own["column"]))].join(own.groupby(keys)[about].min())
    wide = wide.reset_index().drop(columns="depth").dropna(axis="columns", how="all")
    return wide.rename(columns=lambda name: name.replace("_", " "))


def network_table(models):
    """Table `models` with one row per network, without its layers and what stands in `weights_table`."""
    return models.drop(columns=[*PER_LAYER, "trained_on", "weights_sha256"]).drop_duplicates().dropna(axis="columns", how="all")


def weights_table(models, config):
    """Where every network's weights come from and what trained them, its seed and the digest of its tensors."""
    own = models[["model", "training", "trained_on", "weights_sha256"]].drop_duplicates()
    entries = [config["models"].get(name.split("@")[0], {}) for name in own["model"]]
    seeds = [entry.get("seed", config["seed"]) for entry in entries]
    return own.assign(seed=seeds)[["model", "seed", "training", "trained_on", "weights_sha256"]].dropna(axis="columns", how="all")


def data_table(clips):
    """What data sets hold, their clips split by split, and a digest of all in order: a column `dataset` beside table `clips`."""
    own = clips.groupby("dataset", sort=False)
    splits = own["split"].agg(lambda each: ", ".join(f"{n} {split}" for split, n in each.value_counts().sort_index().items()))
    counts = own.agg(videos=("video", "nunique"), clips=("clip", "size"), labels=("label", "nunique"))
    digest = own["sha256"].agg(lambda each: hashlib.sha256("".join(each.fillna("")).encode()).hexdigest())
    return counts.assign(splits=splits, sha256=digest).reset_index()


def accuracy_table(accuracy):
    """Accuracy in percent with its interval, one row per network, style and order."""
    percent = accuracy.assign(**{column: accuracy[column] * 100 for column in ("value", "low", "high")})
    cells = ["no known label" if np.isnan(row.value) else with_interval(row, 1) for row in percent.itertuples()]
    columns = {"order": accuracy["perturbation"].fillna("natural"), "right %": cells, "chance %": accuracy["chance"] * 100}
    left_out = [column for column in ("n_unlabelled", "n_unknown", "unknown") if accuracy[column].fillna(0).astype(bool).any()]
    columns |= {"training": accuracy["training"].map(file_name)}
    shown = ["model", "dataset", "training", "style", "quantity", "order", "right %", "chance %", "n_clips", "n_videos", *left_out]
    return accuracy.assign(**columns)[shown]


def segmentation_values(segmentation, confidence=0.95):
    """Agreement of every network's masks with the annotated ones: mean over videos, its interval, videos nobody could judge.

    Beside it the agreement of a mask of everything, mean over the same videos.
    """
    keys, rows = ["model", "dataset", "training", "style", "perturbation", "quantity"], []
    for names, own in segmentation.groupby(keys, sort=False, dropna=False):
        known, mean = own.dropna(subset=["value"]), (np.nan,) * 3
        if len(known):
            mean = mean_over_videos(known["value"], known["video"], confidence)
        rows.append([*names, *mean, known["chance"].mean(), len(known), len(own) - len(known)])
    table = pd.DataFrame(rows, columns=[*keys, "value", "low", "high", "chance", "n_videos", "n_videos_without_mask"])
    return table.astype({"perturbation": "object"}).fillna({"perturbation": "natural"}).rename(columns={"perturbation": "flow"})


def segmentation_table(segmentation, confidence=0.95):
    """The same as people read it."""
    table = segmentation_values(segmentation, confidence)
    cells = ["" if np.isnan(row.value) else with_interval(row, 3) for row in table.itertuples()]
    return table.assign(value=cells).rename(columns={"value": "mean over videos"}).drop(columns=["low", "high"])


def claims_table(claims):
    """Claims with the differences they rest on and what became of them."""
    cells = [with_interval(row, 3) for row in claims.itertuples()]
    shown = ["claim", "dataset", "expect", "difference", "paired", "agree", "n_networks", "n_videos", "verdict"]
    return claims.assign(difference=cells)[shown]
