"""How long Snakemake plans the embedded default experiment with a manifest of many videos in place of its probing set."""

import csv
import re
import statistics
from pathlib import Path

from bench.jobs import default_config
from bench.measuring import row, timed
from bench.snakemake_runs import snakemake
from workflow.lib.manifest import REQUIRED

FULL = {"n_videos": 10_000, "repetitions": 3}
TINY = {"n_videos": 3, "repetitions": 1}


def manifest(folder, n_videos):
    """Write a manifest of labelled videos and their files, which are empty; returns its path."""
    Path(folder, "videos").mkdir(parents=True)
    with open(f"{folder}/manifest.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(REQUIRED)
        for number in range(n_videos):
            Path(folder, "videos", f"{number:06d}.mp4").touch()
            writer.writerow([f"videos/{number:06d}.mp4", "", "", "right" if number % 2 else "left", "test"])
    return f"{folder}/manifest.csv"


def bench(folder, n_videos, repetitions):
    """Rows of the table."""
    config = default_config()
    probed = config["analyses"][0]["dataset"]
    own = {"manifest": manifest(folder, n_videos), "reversals": {"left": "right"}}
    config["datasets"][probed] = own
    planned = snakemake(f"{folder}/run", config, "--dry-run")
    n_jobs = int(re.search(r"^total +(\d+)$", planned, re.MULTILINE)[1])
    seconds = [timed(snakemake, f"{folder}/run", config, "--dry-run") for _ in range(repetitions)]
    case = (
        f"{n_videos:,} videos, {config['shard_size']} in a shard, {len(config['models'])} networks, {len(config['styles'])} styles"
    )
    rows = [row(f"jobs of the default experiment: {case}", "jobs", n_jobs)]
    return [*rows, row(f"plan (dry run): {case}", "s", statistics.median(seconds), "< 10", repetitions=repetitions)]
