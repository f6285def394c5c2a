"""Score one network on one data set by one metric: values, intervals over videos and q-values of every layer and unit."""

import numpy as np
import pandas as pd

from workflow.lib.errors import BadInput
from workflow.lib.features import read_about, read_keys, read_layer
from workflow.lib.job import job, progress
from workflow.lib.plugins import load_plugin
from workflow.lib.tables import read_table, write_table
from workflow.parts.class_sweep import sweep_classes
from workflow.parts.compared_pairs import check_pairs, check_videos, kept_pairs, refuse_not_finite, sides_of
from workflow.parts.pair_selection import of_perturbation, perturbations_in
from workflow.parts.repairing import p_values, q_values
from workflow.parts.resampling import interval, names_digest, resamples
from workflow.parts.similarity import class_percentages, percentages, truncated
from workflow.parts.video_sums import unit_chunks

NEEDED = {"primary": ("static", "dynamic"), "all": ("static", "dynamic", "neither")}
WHOLE = ["quantity", "factor", "value", "low", "high"]


def check_threshold(threshold):
    """Raise BadInput for a threshold that a similarity cannot pass or cannot miss."""
    if not -1 < threshold < 1:
        raise BadInput(f"scores: lambda is {threshold}; a similarity lies between -1 and 1, and so must the threshold")


def layer_values(metric, layer, units, settings):
    """All that is said of a layer: (quantity, factor) -> value, or [draw] where the scores have draws."""
    values = {(metric.QUANTITY, factor): value for factor, value in layer.items()}
    if metric.QUANTITY == "S":
        percent = percentages(layer)
        if settings["truncate"]:
            percent = truncated(percent, units["static"].shape[-1])
        values |= {("percent", factor): value for factor, value in percent.items()}
        values |= {("units", name): value for name, value in class_percentages(units, settings["lambda"]).items()}
    return values


def score_resamples(metric, sides, pairs, listed):
    """Scores under every Resample, from one call: a list of (resample, layer, units), the scores with a leading draw axis."""
    if not listed or not getattr(metric, "RESAMPLES", True):
        return []
    scored = metric.score(sides, pairs, np.concatenate([each.weights for each in listed]))
    ends = np.cumsum([len(each.weights) for each in listed])
    parts = [slice(end - len(each.weights), end) for each, end in zip(listed, ends, strict=True)]
    return [
        (each, *({f: draws[part] for f, draws in values.items()} for values in scored))
        for each, part in zip(listed, parts, strict=True)
    ]


def null_q_values(metric, sides, pairs, permutations, seed):
    """q-value of every unit against re-paired videos: factor -> [unit]; only similarities have this null."""
    if permutations == 0 or metric.QUANTITY != "S":
        return {}
    found = {factor: [] for factor in sides}
    for own in unit_chunks(sides):
        rows = pairs
        if hasattr(metric, "prepared"):  # what the metric does to the activations before it correlates them
            own, rows = metric.prepared(own, pairs)
        for factor, both in own.items():
            found[factor].append(p_values(*both, rows[factor]["video"].to_numpy(), permutations, seed))
    return {factor: q_values(np.concatenate(p)) for factor, p in found.items()}


def unit_rows(quantity, units, ends, q):
    """Rows of table `scores` of all units: a list of DataFrames. units, q: factor -> [unit]; ends: factor -> (low, high)."""
    tables = []
    for factor, values in units.items():
        low, high = ends.get(factor, (np.nan, np.nan))
        columns = {"value": values, "low": low, "high": high, "q": q.get(factor, np.nan)}
        tables.append(pd.DataFrame({"unit": np.arange(len(values)), "quantity": quantity, "factor": factor, **columns}))
    return tables


def ends_of(quantity, draws, value, settings, n_videos, reach=1):
    """Low and high end of the interval of a score; those of a similarity stay within -1 and 1, or as far as it reaches."""
    reach = reach if quantity == "S" else np.inf
    return np.clip(interval(draws, value, settings["confidence"], n_videos, quantity), -reach, reach)


def score_layer(metric, sides, pairs, listed, settings, seed):
    """Tables `scores`, `draws` and `lambda_sweep` of one layer, without the names of layer, data set, model and metric."""
    layer, units = metric.score(sides, pairs)
    values, ends, unit_ends, draws = layer_values(metric, layer, units, settings), {}, {}, []
    sorts = metric.QUANTITY == "S"  # units into classes
    sweep = sweep_classes(units, None, settings, None)[0] if sorts else pd.DataFrame()
    for each, layer_draws, unit_draws in score_resamples(metric, sides, pairs, listed):
        drawn = layer_values(metric, layer_draws, unit_draws, settings)
        if each.kind == "bootstrap" and sorts:
            sweep, classes = sweep_classes(units, unit_draws, settings, each.n_videos)
            drawn |= {("units", name): d for name, d in classes.items()}
        about = {"kind": each.kind, "n_videos": each.n_videos}
        draws += [{"quantity": k[0], "factor": k[1], "value": values[k], "draws": d, **about} for k, d in drawn.items()]
        if each.kind == "bootstrap":
            reach = getattr(metric, "REACH", 1)
            ends = {key: ends_of(key[0], d, values[key], settings, each.n_videos, reach) for key, d in drawn.items()}
            unit_ends = {f: ends_of(metric.QUANTITY, d, units[f], settings, each.n_videos) for f, d in unit_draws.items()}
    whole = pd.DataFrame([(*k, v, *ends.get(k, (np.nan, np.nan))) for k, v in values.items()], columns=WHOLE)
    q = null_q_values(metric, sides, pairs, settings["permutations"], seed)
    scores = pd.concat([whole, *unit_rows(metric.QUANTITY, units, unit_ends, q)])
    dead = int(np.isnan(list(units.values())).any(0).sum()) if units else None
    n_units = next(iter(sides.values()))[0].shape[1]
    return scores.assign(n_units=n_units, n_dead=dead), pd.DataFrame(draws), sweep.assign(n_units=n_units, quantity="units")


def score_features(metric, pairs, features, settings, seed, min_distance):
    """Tables `scores`, `draws` and `lambda_sweep` of one feature dump, every perturbation of dynamics by itself.

    The names of data set, model and metric are left to the caller.
    """
    check_threshold(settings["lambda"])
    found = []
    for perturbation in perturbations_in(pairs):
        own = of_perturbation(pairs, perturbation)
        tables = score_perturbation(metric, own, features, settings, seed, min_distance)
        found.append([table.assign(perturbation=perturbation) for table in tables])
    return tuple(pd.concat(tables) for tables in zip(*found, strict=True))


def score_perturbation(metric, pairs, features, settings, seed, min_distance):
    """Tables `scores`, `draws` and `lambda_sweep` of one perturbation of dynamics."""
    keys, about = read_keys(features), read_about(features)
    check_pairs(pairs, keys, NEEDED[metric.PAIRS])
    kept, n_left_out = kept_pairs(pairs, keys, min_distance)
    kept = kept[kept["primary"]] if metric.PAIRS == "primary" else kept[kept["factor"].ne("identical")]
    if hasattr(metric, "kept"):  # a metric that cannot use every pair says which, so that the counts are of what it used
        kept = kept[metric.kept(kept)]
        check_videos(kept, n_left_out)
    videos = sorted(set(kept["video"]))
    listed = resamples(videos, settings["draws"], settings["subsets"], seed)
    found = []
    for depth, layer in enumerate(progress(about["layers"], "layers scored")):
        activations = read_layer(features, layer)
        refuse_not_finite(layer, keys, activations)
        tables = score_layer(metric, *sides_of(kept, keys, activations), listed, settings, seed)
        found.append([table.assign(layer=layer, depth=depth, stream=about["streams"].get(layer)) for table in tables])
    scores, draws, sweep = (pd.concat(tables).assign(training=about["training"]) for tables in zip(*found, strict=True))
    n_pairs = kept["factor"].value_counts()
    fewest = n_pairs[list(NEEDED[metric.PAIRS])].min()  # what rests on several factors
    own = scores["factor"].map(n_pairs).where(scores["quantity"].eq(metric.QUANTITY))
    scores["n_pairs"] = own.fillna(fewest).astype(int)
    scores = scores.assign(n_clips=kept["clip"].nunique(), n_videos=len(videos), n_crossings_left_out=n_left_out)
    told = ("derived_from", "derivation", "checkpoint_of", "step", "frames", "stride", "precision")
    scores = scores.assign(**{key: about.get(key) for key in told})
    return scores, draws.assign(crossings=names_digest(kept["crossing"].unique())), sweep.assign(n_videos=len(videos))


if __name__ == "__main__":
    with job(snakemake):
        names, params = {name: snakemake.params[name] for name in ("dataset", "model", "metric")}, snakemake.params
        pairs, metric = read_table(snakemake.input.pairs, "pairs"), load_plugin("metrics", names["metric"])
        found = score_features(metric, pairs, snakemake.input.features, params.settings, params.seed, params.min_distance)
        for name, table in zip(("scores", "draws", "lambda_sweep"), found, strict=True):
            write_table(snakemake.output[name], name, table.assign(**names))
