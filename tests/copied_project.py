"""A copy of the project in a folder of its own, with a tiny experiment, driven by real Snakemake commands."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TINY = {
    "experiment": "tiny",
    "shard_size": 4,
    "clip": {"frames": 8, "short_side": 64, "crop": [64, 64]},
    "datasets": {"shapes": {"moving_shapes": {"videos": 8, "frames": 16, "size": 64}}},
    "styles": {"oil": {"painter": "oil"}, "ink": {"painter": "ink"}},
    "style_training": {"dataset": "shapes", "keyframes": 2, "width": 0.25, "iterations": 5},
    "models": {
        "time_average": {"family": "time_average"},
        "slowonly": {"family": "resnet3d", "options": {"architecture": "slowonly", "width": 4, "stride": "spread", "size": 64}},
    },
    "pairs": {"styles": ["oil", "ink"]},
    "analyses": [{"dataset": "shapes", "models": ["time_average", "slowonly"], "metrics": ["pearson", "ratio"]}],
    "plots": ["scatter"],
}
SCORES = "results/reports/tiny/scores.parquet"


class Project:
    """The project copied to `folder`, its configuration replaced by `config`."""

    def __init__(self, folder, config=TINY):
        self.folder = Path(folder)
        for name in ("workflow", "profiles", "envs"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "Snakefile", self.folder)
        self.configure(config)

    @classmethod
    def at(cls, folder):
        """The project that is in a folder already, or will be."""
        project = cls.__new__(cls)
        project.folder = Path(folder)
        return project

    def configure(self, config):
        (self.folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML

    def start(self, *arguments, cores=2, stdout=subprocess.PIPE, **variables):
        """Start Snakemake in a session of its own, so that all its jobs can be killed at once; variables: of its environment."""
        command = [Path(sys.executable).parent / "snakemake", "--cores", str(cores), "--nocolor", *arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | variables
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, *arguments, cores=2):
        """Run Snakemake to its end: (exit status, everything it printed)."""
        process = self.start(*arguments, cores=cores)
        printed, _ = process.communicate()
        return process.returncode, printed

    def done(self, *arguments, cores=2):
        """Run Snakemake and fail unless it succeeds; returns what it printed."""
        status, printed = self.run(*arguments, cores=cores)
        assert status == 0, printed
        return printed

    def planned(self, *arguments):
        """Numbers of jobs a dry run plans, by rule."""
        printed = self.done("--dry-run", *arguments)
        if "Job stats:" not in printed:
            assert "Nothing to be done" in printed, printed
            return {}
        rows = (line.split() for line in printed.split("Job stats:")[1].splitlines()[3:])
        stats = {}
        for row in rows:
            if len(row) != 2 or row[0] == "total":
                break
            stats[row[0]] = int(row[1])
        return stats

    def bytes_of(self, path=SCORES):
        return (self.folder / path).read_bytes()
