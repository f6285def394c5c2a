"""Bad input of every kind ends in a result, a recorded rejection or one sentence: a sample of tests/fuzzing.py."""

import os
import re
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests import fuzzed_videos, fuzzing
from tests.copied_project import TINY, Project
from tests.damage import assert_whole, choice
from tests.fuzzed_configs import planned_case, surroundings
from workflow.lib.errors import BadInput
from workflow.lib.manifest import read_dataset
from workflow.lib.tables import read_table


def test_a_hundred_hostile_inputs_end_well():
    command = [sys.executable, "tests/fuzzing.py", "--cases", "120", "--seed", "11"]
    done = subprocess.run(command, cwd=Path(fuzzing.__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    for kind in fuzzing.KINDS:  # hostile enough to be stopped, and not so blunt that nothing gets through
        assert re.search(rf"^{kind} +(refused|rejected) +\d", done.stdout, re.M), done.stdout
        assert re.search(rf"^{kind} +(done|rejected) +\d", done.stdout, re.M), done.stdout


@pytest.mark.parametrize("number", range(4))
def test_snakemake_plans_what_is_accepted_and_says_what_is_refused(tmp_path, number):
    project = Project(tmp_path / "project")
    surroundings(project.folder)
    verdict, message = planned_case(np.random.default_rng([0, zlib.crc32(b"configs"), number]), project)
    assert verdict in ("done", "refused"), message


def test_the_pipeline_takes_a_folder_of_hostile_videos_and_refuses_a_damaged_table(tmp_path):
    config = TINY | {
        "datasets": {"odd": {"folder": "videos"}},
        "clip": {"frames": 4, "fps": 12.5, "short_side": 16, "crop": [16, 16], "max_rejected": 1},
        "shard_size": 100,
        "style_training": {"dataset": "odd"},
        "analyses": [{"dataset": "odd", "models": ["time_average"], "metrics": ["pearson"]}],
    }
    project, rng = Project(tmp_path / "project", config), np.random.default_rng(5)
    for number in range(16):
        folder = project.folder / f"videos/{number:02d}"
        folder.mkdir(parents=True)
        choice(rng, [fuzzed_videos.spoiled, fuzzed_videos.boxed, fuzzed_videos.joined, fuzzed_videos.odd])(rng, folder)
        (folder / "sound.mp4").write_bytes(fuzzed_videos.sound("a.mp4"))
    listed = {row["video"] for row in read_dataset("odd", {"folder": str(project.folder / "videos")})}
    project.done("results/clips/odd/clips.parquet")
    clips, rejected = (read_table(project.folder / f"results/clips/odd/{name}.parquet", name) for name in ("clips", "rejected"))
    assert {*clips["video"], *rejected["video"]} == listed and not set(clips["video"]) & set(rejected["video"])
    assert sum(clips["video"].str.endswith("sound.mp4")) == 16 and len(rejected) > 3 and rejected["reason"].str.len().min() > 5
    table = project.folder / "results/clips/odd/000/clips.parquet"
    table.write_bytes(table.read_bytes()[:-50])
    status, printed = project.run("results/variants/odd/000.parquet", "--rerun-triggers", "params")
    assert status != 0 and "Traceback" not in printed
    assert (
        "results/clips/odd/000/clips.parquet is damaged or no Parquet file" in printed
        and "delete it, and it is made anew" in printed
    )


def grows(rng, folder):
    return "done", str(len(bytearray(4 * fuzzing.MEMORY)))  # address space that the parent had and gave back does not count


WRONG = {
    "a traceback": (lambda rng, folder: {}["x"], "KeyError"),
    "a silent gap": (lambda rng, folder: assert_whole(["a"], [], []), "AssertionError"),
    "a hang": (lambda rng, folder: time.sleep(60), "no end within"),
    "a crash": (lambda rng, folder: os._exit(3), "the process died"),
    "memory": (grows, "MemoryError"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_the_judge_sees(tmp_path, monkeypatch, fault):
    function, message = WRONG[fault]
    monkeypatch.setitem(fuzzing.KINDS, "configs", (function, 1))
    monkeypatch.setattr(fuzzing, "SECONDS", 2 if fault == "a hang" else 60)
    verdict, told = fuzzing.Worker(tmp_path).judge("configs", 0, 0)
    assert verdict == "FAILED" and message in told


def test_the_judge_knows_a_sentence(tmp_path, monkeypatch):
    def refuses(rng, folder):
        raise BadInput("a name\nof two lines \x1b[2J came")

    monkeypatch.setitem(fuzzing.KINDS, "configs", (refuses, 1))
    assert fuzzing.Worker(tmp_path).judge("configs", 0, 0) == ("refused", "a name\\nof two lines \\x1b[2J came")
