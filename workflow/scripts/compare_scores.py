"""Differences between two networks and between the layers of each, from shared bootstrap draws."""

from itertools import combinations

import numpy as np
import pandas as pd

from workflow.lib.job import job, progress
from workflow.lib.tables import concat_tables, write_table
from workflow.parts.resampling import interval

COMPARED = "model", "layer", "stream", "training"  # what is said of both


def compared(scores):
    """Yield (comparison, row a, row b) of one data set, metric, quantity, factor and perturbation."""
    streams = scores.groupby(["model", scores["stream"].fillna("")], sort=False)
    ordered = [list(own.sort_values("depth").itertuples()) for _, own in streams]
    for one, other in combinations(ordered, 2):
        yield "networks", one[-1], other[-1]
        named = {row.layer: row for row in other}
        yield from (("same layer", row, named[row.layer]) for row in one if row.layer in named)
    for own in ordered:
        yield from (("layers", a, b) for a, b in combinations(own, 2))


def difference(a, b, confidence):
    """Value and interval of a - b, and what both rest on; or why there is none.

    Networks that sample clips differently can rest on different crossings: what was too near natural order as a network saw it is
    left out. Where they still rest on the same videos the draws are paired; otherwise they are independent, and the interval is
    wide rather than narrow.
    """
    value, n_videos = a.value - b.value, min(a.n_videos, b.n_videos)
    if np.isnan(value):
        return {"reason": "one of the two has no score"}
    draws = np.subtract(a.draws, b.draws, dtype=np.float64)
    low, high = interval(draws, value, confidence, n_videos, a.quantity)
    return {"value": value, "low": low, "high": high, "n_videos": n_videos, "same_crossings": a.crossings == b.crossings}


def compare_scores(draws, confidence):
    """Table `differences` from table `draws` of all analyses; the same videos are drawn alike: draws are differenced one by one."""
    rows, keys = [], ["dataset", "metric", "quantity", "factor", "perturbation"]
    for names, own in progress(draws[draws["kind"] == "bootstrap"].groupby(keys, sort=False), "scores compared"):
        for comparison, a, b in compared(own):
            about = {f"{column}_{side}": getattr(row, column) for side, row in (("a", a), ("b", b)) for column in COMPARED}
            about["comparison"] = comparison
            rows.append(dict(zip(keys, names, strict=True)) | about | difference(a, b, confidence))
    return pd.DataFrame(rows)


if __name__ == "__main__":
    with job(snakemake):
        draws = concat_tables(snakemake.input.draws, "draws")
        write_table(snakemake.output.differences, "differences", compare_scores(draws, snakemake.params.confidence))
