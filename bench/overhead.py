"""What a small whole run takes beyond its jobs.

A job lasts from where Snakemake notes its start to the last time it writes an output; what is left of the run is Snakemake's
own start, its planning and bookkeeping, and the ends of the jobs' processes.
"""

import json
from pathlib import Path

from bench.jobs import default_config
from bench.measuring import row, timed
from bench.snakemake_runs import snakemake

SHAPES = {"moving_shapes": {"videos": 48, "frames": 16, "size": 64}}
CONFIG = {
    "experiment": "overhead",
    "shard_size": 24,
    "clip": {"frames": 16, "short_side": 64, "crop": [64, 64]},
    "datasets": {"shapes": SHAPES},
    "styles": {"oil": {"painter": "oil"}, "ink": {"painter": "ink"}},
    "style_training": {"dataset": "shapes", "keyframes": 4, "width": 0.25, "iterations": 40},
    "models": {
        "frame_difference": {"family": "frame_difference"},
        "slowonly": {"family": "resnet3d", "options": {"architecture": "slowonly", "width": 16, "stride": 2, "size": 64}},
    },
    "pairs": {"styles": ["oil", "ink"]},
    "analyses": [{"dataset": "shapes", "models": ["frame_difference", "slowonly"], "metrics": ["pearson", "ratio", "shares"]}],
    "plots": ["layer_curves", "shares", "unit_bars"],
}
FULL = {"targets": []}
TINY = {"targets": ["results/videos/shapes/000/manifest.csv"]}


def job_seconds(folder):
    """Seconds of every job of a run, from Snakemake's records of their outputs."""
    jobs = {}
    for path in Path(folder, ".snakemake/metadata").rglob("*"):
        if path.is_file():
            record = json.loads(path.read_text())
            job = jobs.setdefault((record["rule"], record["job_hash"]), [])
            job.append((record["starttime"], record["endtime"]))
    return [max(end for _, end in job) - min(start for start, _ in job) for job in jobs.values()]


def bench(folder, targets):
    """Rows of the table."""
    config = default_config(**CONFIG)
    run = f"{folder}/run"
    wall = timed(snakemake, run, config, *targets)
    seconds = job_seconds(run)
    case = f"{len(seconds)} jobs one after the other"
    rows = [row(f"whole run: {case}", "s", wall), row(f"sum of its jobs: {case}", "s", sum(seconds))]
    return [*rows, row(f"overhead of the run over its jobs: {case}", "%", 100 * (wall / sum(seconds) - 1), "< 10")]
