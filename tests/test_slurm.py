"""Through a real Slurm: GPU jobs side by side, each on its own GPU; a killed job alone is run again; environments of conda's."""

import json
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.copied_project import ROOT, SCORES, TINY, Project
from tests.slurm_node import MISSING, NotStarted, SlurmNode

pytest.importorskip("snakemake_executor_plugin_slurm", reason="no Slurm executor plugin: pip install -r envs/slurm.txt")
pytestmark = pytest.mark.skipif(MISSING != [], reason=f"no Slurm here ({', '.join(MISSING)}): apt-get install slurm-wlm munge")
SMALL = TINY | {
    "shard_size": 8,
    "styles": {"hue": {"apply": "hue"}, "oil": {"painter": "oil"}},
    "pairs": {"styles": ["hue", "oil"]},
    "analyses": [TINY["analyses"][0] | {"metrics": ["pearson"]}],
}
# The plug-in asks after 2 s, then after 12, then after 22; what the test takes is mostly this.
SLURM = ["--workflow-profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "5"]
LOCALLY = ["--until", "describe_model", "make_pairs", "apply_style", "train_style"]
LOCAL = Counter({"all": 1, "release_stores": len(TINY["models"])})  # rules without work never go through Slurm
DUMPS = {f"rule_dump_features_wildcards_shapes_{model}_000" for model in TINY["models"]}
ON_GPU = {"rule_stylize_clips_wildcards_shapes_oil_000"} | DUMPS


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A running Slurm."""
    slurm = SlurmNode(tmp_path_factory.mktemp("slurm"))
    try:
        slurm.__enter__()
    except NotStarted as error:
        pytest.skip(f"Slurm does not start on this machine: {error}")
    yield slurm
    slurm.__exit__()


@pytest.fixture
def slurm(node, monkeypatch):
    """The running Slurm, which every program started by the test finds."""
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, node.environment[name])
    return node


def running_dumps(slurm, folder, process, seconds=600):
    """The feature dumps of both networks, once Slurm runs them at the same time."""
    deadline = time.monotonic() + seconds
    while True:
        running = [job for job in slurm.jobs(folder) if job["Comment"] in DUMPS and job["JobState"] == "RUNNING"]
        if len(running) == 2:
            return running
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0]
        time.sleep(0.1)


def test_gpu_jobs_run_side_by_side_and_a_killed_one_alone_runs_again(slurm, tmp_path):
    project = Project(tmp_path / "project", SMALL)
    project.done(*LOCALLY)  # begun on this machine, gone on with through Slurm
    planned = project.planned()
    process = project.start(*SLURM)
    dumps = running_dumps(slurm, project.folder, process)
    assert sorted(job["GRES"] for job in dumps) == ["gpu:1(IDX:0)", "gpu:1(IDX:1)"]
    slurm.run("scancel", dumps[0]["JobId"])
    printed, _ = process.communicate()
    assert process.returncode == 0, printed
    assert "<html" in (project.folder / "results/reports/tiny/report.html").read_text()
    assert project.planned() == {}
    locally = Project(tmp_path / "locally", SMALL)
    locally.done(SCORES)
    assert project.bytes_of() == locally.bytes_of()
    runs = {}
    for job in slurm.jobs(project.folder):
        runs.setdefault(job["Comment"], []).append(job)
    assert {work for work, jobs in runs.items() if any("TresPerJob" in job for job in jobs)} == ON_GPU
    first, second = runs.pop(dumps[0]["Comment"])
    asked = ("JobState", "MinMemoryNode", "TimeLimit", "TresPerJob")
    assert [first[key] for key in asked] == ["CANCELLED", "16000M", "04:00:00", "gres:gpu:1"]
    assert [second[key] for key in asked] == ["COMPLETED", "32000M", "08:00:00", "gres:gpu:1"]
    assert [job["JobState"] for jobs in runs.values() for job in jobs] == ["COMPLETED"] * len(runs)  # each of the others once
    assert Counter(re.match("rule_(.+?)_wildcards", work)[1] for work in [*runs, first["Comment"]]) + LOCAL == planned


def test_jobs_run_in_the_environments_of_their_rules(slurm, tmp_path, monkeypatch):
    first = [str(ROOT / "tests/standin_conda/bin"), str(Path(sys.executable).parent)]
    monkeypatch.setenv("PATH", os.pathsep.join([*first, os.environ["PATH"]]))
    monkeypatch.setenv("STANDIN_CONDA_NOTES", str(tmp_path / "notes.jsonl"))
    project = Project(tmp_path / "project", SMALL)
    project.done(*SLURM, "--use-conda", "results/clips/shapes/clips.parquet")  # needs the smallest environment alone
    (environment,) = project.folder.glob(".snakemake/conda/*_/conda-meta")
    notes = [json.loads(line) for line in (tmp_path / "notes.jsonl").read_text().splitlines()]
    ran = Counter((re.search(r"(\w+)\.py$", note["script"])[1], note["environment"]) for note in notes if note["script"] != "-c")
    rules = ("render_videos", "decode_clips", "collect_clips")
    assert ran == Counter((rule, str(environment.parent)) for rule in rules)
    jobs = {re.match(r"rule_(.+?)_wildcards", job["Comment"])[1]: job["JobState"] for job in slurm.jobs(project.folder)}
    assert jobs == dict.fromkeys(rules, "COMPLETED")
