"""How long scoring takes and how much memory: one network of five layers, with 1,000 bootstrap draws and as many re-pairings.

The ratio is of resampling sums per video against gathering rows draw by draw.
"""

from pathlib import Path

import numpy as np

from bench.measuring import alone, peak_mib, row, timed
from bench.synthetic import synthetic_dump
from workflow.lib.features import read_keys, read_layer
from workflow.lib.plugins import load_plugin
from workflow.metrics import pearson
from workflow.parts.compared_pairs import sides_of
from workflow.scripts.score_features import score_features

UNITS = {"res1": 64, "res2": 256, "res3": 512, "res4": 1024, "res5": 2304}
SETTINGS = {"lambda": 0.5, "draws": 1000, "confidence": 0.95, "permutations": 1000, "subsets": 0, "truncate": False}
PLAIN = SETTINGS | {"draws": 0, "permutations": 0}
STYLES = ["oil", "ink", "watercolour", "quilt"]
GATHERED = 10  # draws of the slow way that are timed
GOALS = {"s": "< 60", "GiB": "< 4"}  # for 5,000 videos

FULL = {"n_videos": 5000, "n_styles": (2,), "units": UNITS}
TINY = {"n_videos": 12, "n_styles": (2,), "units": {"res1": 4}}


def score(metric, pairs, path, settings):
    """Seconds and peak memory (GiB) of scoring one network by one metric."""
    taken = timed(score_features, load_plugin("metrics", metric), pairs, [path], settings, 0, 0.25)
    return taken, peak_mib() / 1024


def gather(pairs, path, layer):
    """Seconds of the slow way: the primary pairs of a layer drawn anew and correlated, a few times."""
    return timed(gather_rows, pairs, path, layer)


def gather_rows(pairs, path, layer):
    sides, _ = sides_of(pairs[pairs["primary"]], read_keys([path]), read_layer([path], layer))
    sides, rng = {f: [np.asarray(side) for side in both] for f, both in sides.items()}, np.random.default_rng(0)
    n = len(sides["static"][0])
    for _ in range(GATHERED):
        rows = rng.integers(0, n, n)
        pearson.score({factor: (a[rows], b[rows]) for factor, (a, b) in sides.items()})


def bench(folder, n_videos, n_styles, units):
    """Rows of the table."""
    rows, path = [], Path(folder) / "000.parquet"
    for n in n_styles:
        pairs = synthetic_dump(path, n_videos, STYLES[:n], units)
        case = f"{n_videos:,} videos, {n} styles"
        for metric in ("pearson", "ratio", "shares"):
            taken, peak = alone(score, metric, pairs, path, SETTINGS)
            plain, _ = alone(score, metric, pairs, path, PLAIN)
            for unit, value in (("s", taken), ("GiB", peak)):
                rows.append(row(f"{metric}, {case}", unit, value, GOALS[unit]))
            rows.append(row(f"{metric}, {case}, no draws", "s", plain))
            if (metric, n) == ("pearson", 2):
                slow = alone(gather, pairs, path, max(units)) / GATHERED * SETTINGS["draws"]
                rows.append(
                    row(f"gathering rows for {max(units)} alone over pearson for the network, {case}", "ratio", slow / taken)
                )
    return rows
