"""Lay an experiment's numbers beside the published ones: only where the config says that networks stand for each other."""

import pandas as pd

from workflow.lib.job import job
from workflow.lib.tables import concat_tables, read_table, write_table
from workflow.parts.pair_selection import of_main_perturbation
from workflow.parts.proportions import relative_change
from workflow.parts.video_means import mean_over_videos

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


def of_curves(row, curves, trainings, confidence):
    """Our relative change of top-1, percent: (list of columns, why there is none).

    Trained and held against shuffled clips, relative to natural ones: top-1 on the held-out clips when each training ended, shown
    as they were in training.
    """
    ends = curves[curves["split"].ne("train") & curves["quantity"].eq("top1")].sort_values("step").groupby("model").last()
    new, old = (ends.loc[row["ours"][key]] for key in ("model", "natural"))
    if not old["value"]:
        return [], f"{row['ours']['natural']} names no held-out clip rightly"
    change = relative_change(new["value"], new["n_videos"], old["value"], old["n_videos"], confidence)
    about = {"training": trainings[row["ours"]["model"]], "dataset": new["dataset"], "metric": "top1"}
    return [{**about, "n_videos": int(new["n_videos"]), **change}], ""


def of_segmentation(row, segmentation, confidence):
    """Our agreement with annotated masks or, for MoCA, boxes, percent, mean over videos: (list of columns, why there is none)."""
    ours, reason = row["ours"], "no masks of such clips were measured here"
    if segmentation is None:
        return [], reason
    own = segmentation[segmentation["dataset"].eq(ours["dataset"]) & segmentation["model"].eq(ours["model"])]
    own = own[own["style"].eq("original") & own["perturbation"].isna() & own["quantity"].isin(["J", "box"])].dropna(
        subset=["value"]
    )
    if own.empty:
        return [], reason
    value, low, high = (100 * number for number in mean_over_videos(own["value"], own["video"], confidence))
    about = {"training": own["training"].iloc[0], "metric": own["quantity"].iloc[0], "n_videos": len(own)}
    return [{**about, "value": value, "low": low, "high": high}], ""


def compare_published(rows, scores, curves, trainings, segmentation, threshold, confidence):
    """Rows of table `published`, one per published number and metric of ours; without a counterpart ours is null.

    trainings: network -> where its weights come from.
    """
    compared = []
    for row in rows:
        base = {key: row[key] or None for key in ("figure", "network", "trained_on", "probed_on", "quantity", "factor", "note")}
        base |= {"published_layer": row["layer"] or None, "published": row["value"], "uncertainty": row["uncertainty"]}
        if not row["ours"]:
            compared.append(base | {"reason": "other weights or data"})
            continue
        base |= {"dataset": row["ours"].get("dataset"), "model": row["ours"]["model"]}
        if row["quantity"] == "relative_top1":
            found, reason = of_curves(row, curves, trainings, confidence)
        elif row["quantity"] == "mIoU":
            found, reason = of_segmentation(row, segmentation, confidence)
        else:
            found, reason = of_scores(row, scores, threshold)
        if found and found[0]["training"] in NO_WEIGHTS:
            found, reason = [], f"{row['ours']['model']} has no trained weights"
        compared += [base | own for own in found] or [base | {"reason": reason}]
    return compared


if __name__ == "__main__":
    with job(snakemake):
        files, params = snakemake.input, snakemake.params
        scores = of_main_perturbation(read_table(files.scores, "scores"))
        curves = read_table(files.curves, "training_curve") if files.curves else None
        trainings = concat_tables(files.models, "models").set_index("model")["training"].to_dict()
        segmentation = read_table(files.segmentation, "segmentation") if files.segmentation else None
        compared = compare_published(params.rows, scores, curves, trainings, segmentation, params.threshold, params.confidence)
        write_table(snakemake.output.published, "published", pd.DataFrame(compared))
