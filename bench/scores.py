"""How long scoring takes: one network of five layers on 5,000 videos with 1,000 bootstrap draws.

Ratios are of one run on one machine: resampling sums per video against gathering rows draw by draw.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from workflow.lib.features import write_features
from workflow.metrics import pearson, ratio, shares
from workflow.scripts.make_pairs import make_pairs
from workflow.scripts.score_features import score_features, sides_of

UNITS = {"res1": 64, "res2": 256, "res3": 512, "res4": 1024, "res5": 2304}
SETTINGS = {"lambda": 0.5, "draws": 1000, "confidence": 0.95, "permutations": 1000, "subsets": 0, "truncate": False}
GATHERED = 10  # draws of the slow way that are timed


def synthetic_dump(folder, n_videos):
    """A feature dump of `n_videos` videos in two styles and two dynamics: (pair table, keys, path)."""
    cells = [(style, dynamics) for style in ("oil", "ink") for dynamics in ("natural", "shuffle0")]
    rows = [(f"v{i:05d}@0", style, dynamics) for i in range(n_videos) for style, dynamics in cells]
    variants = pd.DataFrame(rows, columns=["clip", "style", "dynamics"])
    variants = variants.assign(variant=variants["clip"] + "/" + variants["style"] + "/" + variants["dynamics"], augmentation=None)
    variants["perturbation"] = variants["dynamics"].map({"natural": None, "shuffle0": "shuffle"})
    clips = pd.DataFrame({"clip": variants["clip"].unique()}).assign(video=lambda t: t["clip"], label=None)
    rng = np.random.default_rng(0)
    activations = {
        layer: (np.repeat(rng.standard_normal((n_videos, n)), 4, 0) + rng.standard_normal((4 * n_videos, n))).astype("float32")
        for layer, n in UNITS.items()
    }
    distance = np.where(variants["dynamics"] == "natural", 0.0, 0.5)
    keys = {"variant": variants["variant"], "clip": variants["clip"], "frames_shown": [[0]] * len(variants)}
    path = Path(folder) / "000.parquet"
    about = {"training": "untrained", "derived_from": None, "derivation": None}
    write_features(path, {**keys, "order_distance": distance}, activations, about)
    return make_pairs(variants, clips, 0), pd.DataFrame({"variant": variants["variant"]}), path, activations


def seconds(work):
    """Wall-clock seconds of a call."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def gather(pairs, keys, activations):
    """The slow way: the last layer's pairs drawn anew and scored, draw by draw."""
    primary = pairs[pairs["primary"]]
    sides, _ = sides_of(primary, keys, activations["res5"])
    n = len(next(iter(sides.values()))[0])
    rng = np.random.default_rng(0)
    for _ in range(GATHERED):
        rows = rng.integers(0, n, n)
        pearson.score({factor: (a[rows], b[rows]) for factor, (a, b) in sides.items()})


def bench(n_videos):
    """Rows of the benchmark's table."""
    with tempfile.TemporaryDirectory() as folder:
        pairs, keys, path, activations = synthetic_dump(folder, n_videos)
        taken = {}
        for metric in (pearson, ratio, shares):
            name = metric.__name__.split(".")[-1]
            taken[name] = seconds(lambda metric=metric: score_features(metric, pairs, [path], SETTINGS, 0, 0.25))
            plain = {**SETTINGS, "draws": 0, "permutations": 0}
            taken[f"{name} without draws"] = seconds(lambda m=metric, s=plain: score_features(m, pairs, [path], s, 0, 0.25))
        slow = seconds(lambda: gather(pairs, keys, activations)) / GATHERED * SETTINGS["draws"]
    rows = [{"what": f"score_features, {name}, s", "value": value} for name, value in taken.items()]
    rows.append({"what": "gathering rows for res5 alone over pearson for the network, ratio", "value": slow / taken["pearson"]})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [*rows, {"what": "peak memory, GiB", "value": peak}]


if __name__ == "__main__":
    table = bench(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
    print(pd.DataFrame(table).to_string(index=False, float_format="{:.2f}".format))
    Path("results/bench").mkdir(parents=True, exist_ok=True)
    Path("results/bench/scores.json").write_text(json.dumps(table, indent=2))
