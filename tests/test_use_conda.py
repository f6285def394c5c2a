"""`snakemake --use-conda`, driven through the stand-in conda next to this file: every job runs in its rule's environment.

The stand-in builds environments with venv and pip and refuses calls it does not know; conda's solver and channels are not tested.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

from tests.test_environments import ENVIRONMENTS, IDLE, LOCK, ROOT, environments_of_rules, module_of, pins

TARGETS = {  # a file whose making needs the environment and, of those not yet built, no other
    "video": "results/clips/shapes/clips.parquet",
    "analysis": "results/variants/shapes/000.parquet",
    "torch-gpu": "results/models/shapes/time_average.parquet",
}
PINNED = {module_of(package) for environment in ENVIRONMENTS for package in pins(environment)}
TELLING = {"cv2", "seaborn", "torch"}  # no environment holds all of them
# Rules that the tiny experiment does not need; what they import is held against their environments all the same.
OTHERS = {"list_videos", "import_style", "fetch_weights", "train_model", "collect_curves", "compare_published", "check_claims"}
OTHERS |= {"estimate_flow", "measure_flow", "measure_centre_bias", "measure_segmentation", "collect_segmentation", "check"}
MOTIONS = ["right", "left", "down", "up", "clockwise", "counter_clockwise", "grow", "shrink"]
SMALL = {"depth": [1, 1, 1, 1], "width": 8, "classes": len(MOTIONS), "frames": 4, "stride": "spread", "size": 32}
TINY = {
    "experiment": "tiny",
    "clip": {"frames": 8, "short_side": 64, "crop": [64, 64]},
    "datasets": {"shapes": {"moving_shapes": {"videos": 4, "frames": 16, "size": 64}}},
    "styles": {"oil": {"painter": "oil"}, "hue": {"apply": "hue"}},
    "style_training": {"dataset": "shapes", "keyframes": 2, "width": 0.25, "iterations": 5},
    "models": {
        "time_average": {"family": "time_average"},
        "c2d": {"family": "resnet3d", "options": SMALL | {"architecture": "c2d"}, "classes": "motions.txt"},
    },
    "pairs": {"styles": ["oil", "hue"]},
    "analyses": [{"dataset": "shapes", "models": ["time_average", "c2d"], "metrics": ["pearson"]}],
    "plots": ["scatter", "differences", "lambda_sweep", "stability"],
}


def clean(*first):
    """Environment variables without a trace of the Python that runs the tests, and the folders `first` on PATH."""
    ours = (Path(sys.prefix, "bin"), ROOT / ".venv/bin")
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder) not in ours]
    prefixes = ("PYTHON", "VIRTUAL_ENV", "CONDA", "SNAKEMAKE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    path = os.pathsep.join([*map(str, first), *path])
    return {**kept, "PATH": path, "PYTHONNOUSERSITE": "1", "PIP_NO_COMPILE": "1"}  # compiling torch takes longer than installing it


def run(*command, env):
    """Run a command and return what it printed; fail with what it printed."""
    done = subprocess.run([*map(str, command)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def remove(folder):
    """Delete a folder of tens of thousands of files, which pytest would keep, without waiting for the minutes a slow disk takes."""
    run("sh", "-c", 'rm -rf "$1" >/dev/null 2>&1 &', "sh", folder, env=clean())


def rules_of(said):
    """Rules of the jobs that Snakemake said it would run, or ran."""
    return re.findall(r"^(?:local)?rule (\w+):$", said, re.MULTILINE)


def findable(python, modules):
    """Those of `modules` that an interpreter could import."""
    code = "import sys, importlib.util as u; print(*(m for m in sys.argv[1:] if u.find_spec(m)))"
    return set(run(python, "-c", code, *modules, env=clean()).split())


def folder_of(environment, prefix):
    """Where Snakemake built an environment: it leaves a copy of the environment's file beside it."""
    wanted = (ROOT / f"envs/{environment}.yaml").read_text()
    return next(file.with_suffix("") for file in prefix.glob("*.yaml") if file.read_text() == wanted)


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    """A venv that holds Snakemake alone: jobs see the launcher's packages behind their own, which would hide missing ones."""
    folder = tmp_path_factory.mktemp("launcher")
    run(sys.executable, "-m", "venv", folder, env=clean())
    run(folder / "bin/python", "-m", "pip", "install", "--quiet", "-c", LOCK, "snakemake", env=clean())
    yield folder
    remove(folder)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Where Snakemake keeps the environments."""
    folder = tmp_path_factory.mktemp("environments")
    yield folder
    remove(folder)


@pytest.fixture
def snakemake(launcher, prefix, tmp_path):
    """Call the launcher's Snakemake on the tiny experiment in a folder of its own."""
    (tmp_path / "tiny.json").write_text(json.dumps(TINY))
    (tmp_path / "motions.txt").write_text("\n".join(MOTIONS))
    env = clean(launcher / "bin", ROOT / "tests/standin_conda/bin") | {"STANDIN_CONDA_NOTES": str(tmp_path / "notes.jsonl")}
    command = [launcher / "bin/snakemake", "--cores", 2, "--nocolor", "--snakefile", ROOT / "Snakefile", "--directory", tmp_path]
    tiny = ["--replace-workflow-config", "--configfile", tmp_path / "tiny.json", "--conda-prefix", prefix]
    return lambda *options: run(*command, *options, *tiny, env=env)


def test_planning_needs_snakemake_alone(launcher, snakemake):
    assert findable(launcher / "bin/python", PINNED - {"jinja2"}) == set()  # Snakemake itself needs jinja2
    assert "write_report" in snakemake("--dry-run")


@pytest.mark.parametrize("environment", sorted(ENVIRONMENTS, key=[*TARGETS].index))
def test_environment_holds_its_pins_and_no_more(environment, prefix, snakemake):
    snakemake("--use-conda", "--conda-create-envs-only", TARGETS[environment])
    folder = folder_of(environment, prefix)
    code = "import sys, importlib.metadata as m; print(*(m.version(p).split('+')[0] for p in sys.argv[1:]))"
    assert run(folder / "bin/python", "-c", code, *pins(environment), env=clean()).split() == list(pins(environment).values())
    held = {module_of(package) for package in pins(environment)}
    assert findable(folder / "bin/python", held | TELLING) == held


def test_every_job_runs_in_its_environment(prefix, snakemake, tmp_path):
    said = snakemake("--use-conda")
    assert "<html" in (tmp_path / "results/reports/tiny/report.html").read_text()
    names = {str(folder_of(environment, prefix)): environment for environment in ENVIRONMENTS}
    notes = [json.loads(line) for line in (tmp_path / "notes.jsonl").read_text().splitlines()]
    notes = [note for note in notes if note["script"] != "-c"]  # Snakemake asks each environment for its version of Python
    rules = environments_of_rules()
    jobs = Counter((rule, rules[rule]) for rule in rules_of(said) if rule not in {"all", *IDLE})
    assert Counter((Path(note["script"]).stem.split(".")[-1], names[note["environment"]]) for note in notes) == jobs
    assert {rule for rule, _ in jobs} == rules.keys() - OTHERS
    for note in notes:
        assert not [file for file in note["files"].values() if file.startswith(sysconfig.get_path("purelib"))]
        outside = {m: f for m, f in note["files"].items() if m in PINNED and not f.startswith(note["environment"])}
        assert outside == {}, note["script"]
    again = set(rules_of(snakemake("--use-conda", "--dry-run", "--config", "torch=cpu")))
    assert {"paint_keyframes", "describe_model"} <= again
    assert not again & {"render_videos", "decode_clips", "collect_clips", "list_variants", "make_pairs"}
