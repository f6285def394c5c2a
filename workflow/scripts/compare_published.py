"""Lay an experiment's numbers beside the published ones: only where the config says that they mean the same."""

import pandas as pd

from workflow.lib.job import job
from workflow.lib.tables import read_table, write_table
from workflow.parts.pair_selection import of_main_perturbation

LAMBDA = 0.5  # of the published unit classes
NO_WEIGHTS = ["untrained", "control"]


def of_scores(row, scores, threshold):
    """Our scores for one published row: (list of columns per metric, why there is none)."""
    if row["quantity"] == "units" and threshold != LAMBDA:
        return [], f"ours are at lambda = {threshold:g}, published at {LAMBDA:g}"
    ours = row["ours"]
    network = scores[scores["dataset"].eq(ours["dataset"]) & scores["model"].eq(ours["model"]) & scores["unit"].isna()]
    layer = network["depth"].eq(network["depth"].max()) if "layer" not in ours else network["layer"].eq(ours["layer"])
    own = network[layer & network["quantity"].eq(row["quantity"]) & network["factor"].eq(row["factor"])]
    columns = ["training", "layer", "metric", "value", "low", "high", "n_videos"]
    return own[columns].to_dict("records"), "no such score here"


def of_accuracy(row, accuracy):
    """Our relative change of top-1, percent: (list of columns, why there is none).

    Trained and shown shuffled against trained and shown natural, original appearance. The interval spans what both networks'
    intervals allow together: it is never too narrow.
    """
    ours, reason = row["ours"], "no accuracy on shuffled and natural clips: it needs `classes` and `original` among the styles"
    if accuracy is None:
        return [], reason
    top1 = accuracy[accuracy["dataset"].eq(ours["dataset"]) & accuracy["style"].eq("original") & accuracy["value"].notna()]
    shuffled = top1[top1["model"].eq(ours["model"]) & top1["perturbation"].eq("shuffle")]
    natural = top1[top1["model"].eq(ours["natural"]) & top1["perturbation"].isna() & top1["low"].gt(0)]
    if shuffled.empty or natural.empty:
        return [], reason
    (new,), (old,) = shuffled.itertuples(), natural.itertuples()
    if old.training in NO_WEIGHTS:
        return [], f"{old.model} has no trained weights"
    pairs = {"value": (new.value, old.value), "low": (new.low, old.high), "high": (new.high, old.low)}
    change = {name: 100 * (ours / theirs - 1) for name, (ours, theirs) in pairs.items()}
    return [{"training": new.training, "metric": "top1", "n_videos": new.n_videos, **change}], ""


def compare_published(rows, scores, accuracy, threshold):
    """Rows of table `published`, one per published number and metric of ours; without a counterpart ours is null."""
    compared = []
    for row in rows:
        base = {key: row[key] or None for key in ("figure", "network", "trained_on", "probed_on", "quantity", "factor", "note")}
        base |= {"published_layer": row["layer"] or None, "published": row["value"], "uncertainty": row["uncertainty"]}
        if not row["ours"]:
            compared.append(base | {"reason": "other weights or data"})
            continue
        base |= {"dataset": row["ours"]["dataset"], "model": row["ours"]["model"]}
        relative = row["quantity"] == "relative_top1"
        found, reason = of_accuracy(row, accuracy) if relative else of_scores(row, scores, threshold)
        if found and found[0]["training"] in NO_WEIGHTS:
            found, reason = [], f"{row['ours']['model']} has no trained weights"
        compared += [base | own for own in found] or [base | {"reason": reason}]
    return compared


if __name__ == "__main__":
    with job(snakemake):
        files, params = snakemake.input, snakemake.params
        scores = of_main_perturbation(read_table(files.scores, "scores"))
        accuracy = read_table(files.accuracy, "accuracy") if files.get("accuracy") else None
        compared = compare_published(params.rows, scores, accuracy, params.threshold)
        write_table(snakemake.output.published, "published", pd.DataFrame(compared))
