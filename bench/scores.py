"""How long scoring takes: one network of five layers on 5,000 videos with 1,000 bootstrap draws and as many re-pairings.

Every measurement is a process of its own, so that its peak memory is its own. The ratio is of one run on one machine:
resampling sums per video against gathering rows draw by draw.
"""

import itertools
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from workflow.lib.features import read_keys, read_layer, write_features
from workflow.lib.plugins import load_plugin
from workflow.metrics import pearson
from workflow.scripts.make_pairs import make_pairs
from workflow.scripts.score_features import score_features, sides_of

UNITS = {"res1": 64, "res2": 256, "res3": 512, "res4": 1024, "res5": 2304}
SETTINGS = {"lambda": 0.5, "draws": 1000, "confidence": 0.95, "permutations": 1000, "subsets": 0, "truncate": False}
PLAIN = SETTINGS | {"draws": 0, "permutations": 0}
STYLES = {2: ["oil", "ink"], 4: ["oil", "ink", "watercolour", "quilt"]}
GATHERED = 10  # draws of the slow way that are timed
GOALS = {"s": 60, "GiB": 4}


def synthetic_dump(path, n_videos, styles):
    """Write a feature dump of `n_videos` videos in some styles and two dynamics; returns the pair table."""
    cells = list(itertools.product(styles, ("natural", "shuffle0")))
    rows = [(f"v{i:05d}@0", style, dynamics) for i in range(n_videos) for style, dynamics in cells]
    variants = pd.DataFrame(rows, columns=["clip", "style", "dynamics"])
    variants = variants.assign(variant=variants["clip"] + "/" + variants["style"] + "/" + variants["dynamics"], augmentation=None)
    variants["perturbation"] = variants["dynamics"].map({"natural": None, "shuffle0": "shuffle"})
    clips = pd.DataFrame({"clip": variants["clip"].unique()}).assign(video=lambda t: t["clip"], label=None)
    rng = np.random.default_rng(0)
    activations = {
        layer: np.repeat(rng.standard_normal((n_videos, n), np.float32), len(cells), 0)
        + rng.standard_normal((len(variants), n), np.float32)
        for layer, n in UNITS.items()
    }
    distance = np.where(variants["dynamics"] == "natural", 0.0, 0.5)
    keys = {"variant": variants["variant"], "clip": variants["clip"], "frames_shown": [[[0]]] * len(variants)}
    about = {"training": "untrained", "derived_from": None, "derivation": None, "streams": {}, "weights_sha256": "0"}
    write_features(path, {**keys, "order_distance": distance, "predicted": [None] * len(variants)}, activations, about)
    return make_pairs(variants, clips, 0)


def score(metric, pairs, path, settings):
    """What is timed: one network scored by one metric."""
    score_features(load_plugin("metrics", metric), pairs, [path], settings, 0, 0.25)


def gather(pairs, path):
    """The slow way: the last layer's primary pairs drawn anew and correlated, a few times."""
    sides, _ = sides_of(pairs[pairs["primary"]], read_keys([path]), read_layer([path], "res5"))
    sides, rng = {f: [np.asarray(side) for side in both] for f, both in sides.items()}, np.random.default_rng(0)
    n = len(sides["static"][0])
    for _ in range(GATHERED):
        rows = rng.integers(0, n, n)
        pearson.score({factor: (a[rows], b[rows]) for factor, (a, b) in sides.items()})


def measured(work, *arguments):
    """Seconds and peak memory (GiB) of a call in this process."""
    start = time.monotonic()
    work(*arguments)
    return time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def alone(work, *arguments):
    """Seconds and peak memory (GiB) of a call in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (work, *arguments))


def bench(n_videos, folder):
    """Rows of the benchmark's table."""
    rows, path = [], Path(folder) / "000.parquet"
    for n_styles, styles in STYLES.items():
        pairs = synthetic_dump(path, n_videos, styles)
        case = f"{n_videos} videos, {n_styles} styles"
        for metric in ("pearson", "ratio", "shares"):
            taken, peak = alone(score, metric, pairs, path, SETTINGS)
            plain, _ = alone(score, metric, pairs, path, PLAIN)
            for unit, value in (("s", taken), ("GiB", peak)):
                rows.append((f"{metric}, {case}", unit, value, GOALS[unit], "reached" if value < GOALS[unit] else "MISSED"))
            rows.append((f"{metric}, {case}, no draws", "s", plain, None, ""))
            if (metric, n_styles) == ("pearson", 2):
                slow = alone(gather, pairs, path)[0] / GATHERED * SETTINGS["draws"]
                rows.append(("gathering rows for res5 alone over pearson for the network", "ratio", slow / taken, None, ""))
    return pd.DataFrame(rows, columns=["what", "unit", "value", "goal", "verdict"])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        table = bench(int(sys.argv[1]) if len(sys.argv) > 1 else 5000, folder)
    print(table.to_string(index=False, float_format="{:.2f}".format))
    Path("results/bench").mkdir(parents=True, exist_ok=True)
    Path("results/bench/scores.json").write_text(json.dumps(table.to_dict("records"), indent=2))
