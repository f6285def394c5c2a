"""The workflow as a module of another one, in another folder; as snakedeploy would have it; and options from the command line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.copied_project import ROOT, SCORES, TINY, Project

MODULE = """
configfile: "settings.yaml"


module static_dynamic:
    snakefile:
        "{snakefile}"
    config:
        config
    prefix:
        "sd"


use rule * from static_dynamic as sd_*


rule count_rows:
    default_target: True
    input:
        "sd/{scores}",
    output:
        "n_scores.txt",
    shell:
        "wc -c < {{input}} > {{output}}"
"""
HOSTED = """
configfile: "settings.yaml"


module static_dynamic:
    snakefile:
        github("someone/static-dynamic", path="Snakefile", tag="v1")
    config:
        config


use rule * from static_dynamic


rule time_average:
    input:
        "results/models/shapes/time_average.parquet",
"""
NETWORK = """
from torch import nn
from workflow.parts.network import Network


def build():
    return Network(nn.Sequential(nn.Conv3d(3, 4, 3), nn.ReLU()), {"conv": "1"}, frames=8, size=32)
"""


@pytest.fixture
def other(tmp_path):
    """Another workflow's folder, which has a folder `workflow` of its own, and the project that it uses."""
    used = Project(tmp_path / "used")
    for name in ("resources/classes", "resources/published"):
        shutil.copytree(ROOT / name, used.folder / name)
    (used.folder / "config.yaml").unlink()  # a module's config is its user's
    other = Project(tmp_path / "other")
    for name in ("workflow", "profiles", "envs"):
        shutil.rmtree(other.folder / name)
    (other.folder / "config.yaml").unlink()
    (other.folder / "workflow/scripts").mkdir(parents=True)
    (other.folder / "mine.py").write_text(NETWORK)
    text = MODULE.format(snakefile=used.folder / "Snakefile", scores=SCORES)
    (other.folder / "Snakefile").write_text(text)
    return other


def test_the_workflow_is_a_module_of_another(other):
    train = {"dataset": "shapes", "validation": 0.5, "epochs": 1, "warm_up": 0, "batch": 2}
    small = {"architecture": "slowonly", "depth": [1, 1, 1, 1], "width": 4, "stride": "spread", "size": 32}
    models = {
        "mine": {"family": "mine.py"},
        "trained": {"family": "resnet3d", "options": small, "train": train},
    }
    analyses = [{"dataset": "shapes", "models": list(models), "metrics": ["pearson"]}]
    styles = {"hue": {"apply": "hue"}, "gamma": {"apply": "gamma"}}
    config = TINY | {"models": models, "analyses": analyses, "styles": styles, "pairs": {"styles": list(styles)}}
    (other.folder / "settings.yaml").write_text(json.dumps(config))
    other.done()
    assert int((other.folder / "n_scores.txt").read_text()) == (other.folder / "sd" / SCORES).stat().st_size
    scores = pd.read_parquet(other.folder / "sd" / SCORES)
    assert set(scores["model"]) == {"mine", "trained"} and set(scores["training"]) == {"untrained", "shapes, 4 steps"}
    assert not (other.folder / "results").exists()  # everything is under the prefix
    planned = other.planned("sd_all", "--workflow-profile", str(ROOT / "profiles/default"))
    assert planned["sd_write_report"] == 1 and not {"sd_train_model", "sd_dump_features"} & planned.keys()


def test_the_workflow_is_a_module_from_a_host(tmp_path):
    # As `snakedeploy deploy-workflow https://github.com/...` writes it; Snakemake has its clone of the repository already.
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    hosted, other = Project(tmp_path / "hosted"), tmp_path / "other"
    cache = tmp_path / "cache/snakemake/snakemake/source-cache/snakemake-git-cache/github.com/someone"
    cache.mkdir(parents=True)
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=all"],
        ["tag", "v1"],
        ["clone", "--quiet", "--bare", ".", cache / "static-dynamic"],
    ):
        subprocess.run(["git", *command], cwd=hosted.folder, check=True)
    other.mkdir()
    (other / "Snakefile").write_text(HOSTED)
    (other / "settings.yaml").write_text(json.dumps(TINY))
    command = [Path(sys.executable).parent / "snakemake", "--cores", "2", "results/clips/shapes/clips.parquet", "time_average"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(command, cwd=other, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(pd.read_parquet(other / "results/clips/shapes/clips.parquet")) == 8
    assert (other / "results/models/shapes/time_average.parquet").is_file()


def test_options_of_the_command_line_are_merged_however_deep(tmp_path):
    project = Project(tmp_path)
    # The crop of the config stays: 96 fits the default short side of 128 and not the config's 64.
    status, printed = project.run("--dry-run", "--config", "clip={crop: [96, 96]}")
    assert status != 0 and "a crop of 96 x 96 does not fit a short side of 64 pixels" in printed
    planned = project.planned(
        "--config", "shard_size=2", "scores={draws: 5}", "analyses=[{dataset: shapes, models: [time_average], metrics: [cka]}]"
    )
    assert planned["decode_clips"] == 4 and planned["score_features"] == 1


def test_the_folder_that_snakedeploy_copies_holds_the_config():
    assert (ROOT / "config/config.yaml").read_bytes() == (ROOT / "config.yaml").read_bytes()
    listed = subprocess.run(["git", "ls-files", "-s", "config/config.yaml"], cwd=ROOT, capture_output=True, text=True).stdout
    assert listed.startswith("120000"), "a link: one config, not two"
