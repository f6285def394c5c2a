"""Score one network on one data set by one metric: similarities, percentages and unit classes of every layer."""

import numpy as np
import pandas as pd

from workflow.lib.errors import BadInput
from workflow.lib.features import read_about, read_keys, read_layer
from workflow.lib.job import job, progress
from workflow.lib.plugins import load_plugin
from workflow.lib.tables import read_table, write_table
from workflow.parts.similarity import class_percentages, percentages

LEAST_VIDEOS = 3


def kept_pairs(pairs, keys, min_distance):
    """Pairs of the crossings whose perturbed order, as the network saw it, is far enough from natural; and how many are not.

    Raises BadInput where a variant of the pair table was not dumped, or too few videos remain.
    """
    distance = keys.set_index("variant")["order_distance"]
    missing = set(pairs["variant_a"]).union(pairs["variant_b"]) - set(distance.index)
    if missing:
        raise BadInput(f"the feature dump lacks {len(missing)} variants of the pair table, the first is {min(missing)}")
    shown = np.maximum(distance.loc[pairs["variant_a"]].to_numpy(), distance.loc[pairs["variant_b"]].to_numpy())
    farthest = pd.Series(shown).groupby(pairs["crossing"].to_numpy()).max()
    near = set(farthest.index[farthest < min_distance])
    kept = pairs[~pairs["crossing"].isin(near)]
    if kept["video"].nunique() < LEAST_VIDEOS:
        raise BadInput(
            f"{kept['video'].nunique()} videos have pairs to compare ({len(near)} crossings left out for orders too near"
            f" the natural one); at least {LEAST_VIDEOS} are needed"
        )
    return kept, len(near)


def sides_of(pairs, keys, activations):
    """Both sides and the pair rows of every factor: factor -> (a, b) float [pair, unit], factor -> DataFrame."""
    row_of = pd.Series(np.arange(len(keys)), keys["variant"])
    by_factor = dict(list(pairs.groupby("factor", sort=True)))
    sides = {
        factor: tuple(activations[row_of.loc[own[f"variant_{side}"]].to_numpy()] for side in "ab")
        for factor, own in by_factor.items()
    }
    return sides, by_factor


def score_layer(metric, sides, pairs, threshold):
    """Rows (unit, quantity, factor, value) of one layer."""
    layer, units = metric.score(sides, pairs)
    rows = [(None, "S", factor, value) for factor, value in layer.items()]
    rows += [(None, "percent", factor, value) for factor, value in percentages(layer).items()]
    rows += [(None, "units", name, value) for name, value in class_percentages(units, threshold).items()]
    for factor, values in units.items():
        rows += [(unit, "S", factor, value) for unit, value in enumerate(values)]
    dead = np.isnan(units["static"]) | np.isnan(units["dynamic"])
    return pd.DataFrame(rows, columns=["unit", "quantity", "factor", "value"]).assign(n_units=len(dead), n_dead=dead.sum())


def score_features(metric, pairs, features, settings, min_distance):
    """Table `scores` of one feature dump, without the names of data set, model and metric."""
    keys, about = read_keys(features), read_about(features[0])
    kept, n_left_out = kept_pairs(pairs, keys, min_distance)
    if metric.PAIRS == "primary":
        kept = kept[kept["primary"]]
    tables = []
    for depth, layer in enumerate(progress(about["layers"], "layers scored")):
        sides, by_factor = sides_of(kept, keys, read_layer(features, layer))
        table = score_layer(metric, sides, by_factor, settings["lambda"]).assign(layer=layer, depth=depth)
        tables.append(table)
    scores = pd.concat(tables).assign(training=about["training"], n_crossings_left_out=n_left_out)
    n_pairs = kept["factor"].value_counts()
    scores["n_pairs"] = scores["factor"].map(n_pairs).fillna(n_pairs.min()).astype(int)
    return scores.assign(n_clips=kept["clip"].nunique(), n_videos=kept["video"].nunique())


if __name__ == "__main__":
    with job(snakemake):
        names = {name: snakemake.params[name] for name in ("dataset", "model", "metric")}
        pairs, metric = read_table(snakemake.input.pairs, "pairs"), load_plugin("metrics", names["metric"])
        scores = score_features(metric, pairs, snakemake.input.features, snakemake.params.settings, snakemake.params.min_distance)
        write_table(snakemake.output.scores, "scores", scores.assign(**names))
