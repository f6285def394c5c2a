"""GPUs of one machine: one job on each at a time, and where there is none as many jobs as there are cores."""

import errno
import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from workflow.lib.gpus import own_gpu

ROOT = Path(__file__).parents[1]
SNAKEFILE = """
rule all:
    input: "a", "b"

rule compute:
    output: "{job}"
    wildcard_constraints: job="[ab]"
    resources: gpu=1
    shell: "date +%s.%N > {output}; sleep 1; date +%s.%N >> {output}"
"""


@pytest.mark.parametrize(
    ("listed", "visible", "at_once"),
    [(0, {}, 2), (3, {}, 2), (3, {"CUDA_VISIBLE_DEVICES": "1"}, 1), (1, {"CUDA_VISIBLE_DEVICES": ""}, 2)]
    + [(3, {"CUDA_VISIBLE_DEVICES": "1, 1"}, 1)],
    ids=["no GPU", "three", "one of three visible", "none visible", "one named twice"],
)
def test_as_many_jobs_at_once_as_visible_gpus(listed, visible, at_once, tmp_path):
    shutil.copytree(ROOT / "profiles/default", tmp_path / "profiles/default")
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    lister = tmp_path / "bin/nvidia-smi"
    lister.parent.mkdir()
    lister.write_text("#!/bin/sh\n" + "".join(f"echo 'GPU {i}: NVIDIA H100 80GB HBM3 (UUID: GPU-{i})'\n" for i in range(listed)))
    lister.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if key != "CUDA_VISIBLE_DEVICES"}
    environment |= {"PATH": f"{lister.parent}:{os.environ['PATH']}"} | visible
    command = [Path(sys.executable).parent / "snakemake", "--cores", "2"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (a0, a1), (b0, b1) = (map(float, (tmp_path / job).read_text().split()) for job in "ab")
    assert (1 + (a0 < b1 and b0 < a1)) == at_once


def pretend(monkeypatch, *uuids):
    """A torch that sees GPUs of these names; returns the list of those chosen."""
    chosen, gpus = [], [SimpleNamespace(uuid=uuid) for uuid in uuids]
    cuda = SimpleNamespace(device_count=lambda: len(gpus), set_device=chosen.append, get_device_properties=gpus.__getitem__)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    return chosen


@pytest.mark.parametrize("uuids", [("a",), ("a", "b"), ("a", "a")], ids=["one", "two", "one named twice"])
def test_each_job_has_a_gpu_of_its_own_and_waits_where_all_are_taken(uuids, monkeypatch, tmp_path):
    chosen = pretend(monkeypatch, *uuids)

    def wait():
        with own_gpu(tmp_path):
            pass

    waiting = Thread(target=wait)
    with ExitStack() as jobs:
        for _ in set(uuids):
            jobs.enter_context(own_gpu(tmp_path))
        taken = list(chosen)
        assert len(taken) == len({uuids[gpu] for gpu in taken}) == len(set(uuids))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive() and chosen == taken
    waiting.join(30)
    assert not waiting.is_alive() and len(chosen) == len(taken) + 1


def test_a_gpu_is_known_by_its_machine_and_name_not_by_its_number(monkeypatch, tmp_path):
    with ExitStack() as jobs:
        for node, uuid in [("node1", "a"), ("node1", "b"), ("node2", "a")]:
            monkeypatch.setattr(platform, "node", lambda node=node: node)
            chosen = pretend(monkeypatch, uuid)
            jobs.enter_context(own_gpu(tmp_path))  # for ever where the number alone is locked
            assert chosen == [0]


def test_where_nothing_can_be_locked_a_job_says_so_and_goes_on(monkeypatch, tmp_path, capsys):
    chosen = pretend(monkeypatch, "a")

    def unknown(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", unknown)
    with own_gpu(tmp_path):
        assert chosen == [0] and "another job may compute on the same GPU" in capsys.readouterr().out


def test_there_is_nothing_to_choose_without_a_gpu(monkeypatch, tmp_path):
    chosen = pretend(monkeypatch)
    with own_gpu(tmp_path):
        assert chosen == [] and list(tmp_path.iterdir()) == []


def test_rules_ask_for_a_gpu_where_their_scripts_use_one():
    rules = "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    bodies = dict(re.findall(r"^rule (\w+):\n((?:[ \n].*\n?)*)", rules, flags=re.MULTILINE))
    using = {path.stem for path in (ROOT / "workflow/scripts").glob("*.py") if "own_device" in path.read_text()}
    assert using and using == {name for name, body in bodies.items() if "gpu=1," in body}
