"""Unit classes at every threshold, from the stored scores of units."""

import numpy as np
import pandas as pd

from workflow.lib.job import job, progress
from workflow.lib.tables import read_table, write_table
from workflow.parts.similarity import class_percentages

THRESHOLDS = np.round(np.arange(-0.5, 1.0, 0.05), 2)


def sweep_lambda(scores):
    """Table `lambda_sweep` of every layer whose units have a static and a dynamic similarity."""
    units = scores[scores["unit"].notna() & (scores["quantity"] == "S") & scores["factor"].isin(["static", "dynamic"])]
    rows, keys = [], ["dataset", "model", "training", "metric", "layer", "depth", "stream", "perturbation"]
    for names, own in progress(units.groupby(keys, sort=False, dropna=False), "layers swept"):
        similarity = own.pivot(index="unit", columns="factor", values="value")
        similarity = {factor: similarity[factor].to_numpy() for factor in similarity}
        about = dict(zip(keys, names, strict=True)) | own[["n_units", "n_videos"]].iloc[0].to_dict() | {"quantity": "units"}
        for threshold in THRESHOLDS:
            percent = class_percentages(similarity, threshold)
            rows += [about | {"lambda": threshold, "factor": name, "value": value} for name, value in percent.items()]
    return pd.DataFrame(rows)


if __name__ == "__main__":
    with job(snakemake):
        write_table(snakemake.output.sweep, "lambda_sweep", sweep_lambda(read_table(snakemake.input.scores, "scores")))
