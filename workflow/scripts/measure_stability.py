"""How far sets of fewer videos scatter: how many clips are enough for a layer's score."""

from statistics import NormalDist

import numpy as np
import pandas as pd

from workflow.lib.job import job, progress
from workflow.lib.tables import concat_tables, write_table
from workflow.parts.resampling import interval


def spread(row, n_all, confidence):
    """Mean and interval of the score over sets of row.n_videos videos; for all videos the bootstrap's interval."""
    draws = np.asarray(row.draws, np.float64)
    if row.kind == "bootstrap":
        low, high = interval(draws, row.value, confidence, row.n_videos, row.quantity)
        return {"value": row.value, "low": low, "high": high}
    # Subsets of one set of videos overlap: they scatter less than separate sets by the root of the share not drawn.
    deviation = draws.std(ddof=1) / (1 - row.n_videos / n_all) ** 0.5
    half = NormalDist().inv_cdf((1 + confidence) / 2) * deviation
    return {"value": draws.mean(), "low": draws.mean() - half, "high": draws.mean() + half, "n_subsets": len(draws)}


def measure_stability(draws, confidence):
    """Table `stability` from table `draws` of all analyses; NaN where a subset has no score."""
    keys = ["dataset", "model", "training", "metric", "layer", "depth", "stream", "quantity", "factor", "perturbation", "n_videos"]
    n_all = draws.groupby(["dataset", "model", "metric", "perturbation"])["n_videos"].transform("max")
    return pd.DataFrame(
        [
            {key: getattr(row, key) for key in keys} | spread(row, n, confidence)
            for row, n in progress(list(zip(draws.itertuples(), n_all, strict=True)), "scores measured")
        ]
    )


if __name__ == "__main__":
    with job(snakemake):
        draws = concat_tables(snakemake.input.draws, "draws")
        write_table(snakemake.output.stability, "stability", measure_stability(draws, snakemake.params.confidence))
