"""A failed job names its log and the likely cause; every rule has a log."""

import errno
import io
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from tests.copied_project import ROOT, TINY, Project
from workflow.lib.arrays import open_frames
from workflow.lib.errors import BadInput
from workflow.lib.failures import after_failure, likely_cause
from workflow.lib.features import read_about, read_keys
from workflow.lib.job import Tee, progress
from workflow.lib.tables import concat_tables, read_table

RAISED = {
    "a full disk": (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "the disk is full"),
    "a full disk, told by another library": (RuntimeError("I/O error: No space left on device (os error 28)"), "the disk is full"),
    "a GPU too small": (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "a smaller `batch`"),
    "a machine too small": (MemoryError(), "the machine's memory is too small"),
    "a machine too small for torch": (
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        "the machine's memory is too small",
    ),
    "a file of another user": (
        PermissionError(errno.EACCES, "Permission denied", "/data/x.npy"),
        "may not read or write /data/x.npy",
    ),
    "a package that is missing": (ModuleNotFoundError("No module named 'einops'"), "module einops is not installed in"),
    "anything else": (KeyError("shard"), "unexpected KeyError: 'shard'; the traceback says where"),
}


@pytest.mark.parametrize("case", RAISED)
def test_the_likely_cause_is_told(case):
    error, said = RAISED[case]
    assert said in likely_cause(error) and "\n" not in likely_cause(error)


def test_the_likely_cause_is_looked_for_behind_the_last_error():
    try:
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise ValueError("the writer is closed") from error
    except ValueError as error:
        assert "the disk is full" in likely_cause(error)


def test_numpys_own_memory_error_is_recognised():
    with pytest.raises(MemoryError) as caught:
        np.empty(1 << 60, np.uint8)
    assert "the machine's memory is too small" in likely_cause(caught.value)


JOB = """
import pickle, sys
from workflow.lib.job import job
snakemake = pickle.load(open(sys.argv[1], "rb"))
with job(snakemake):
    raise OSError(28, "No space left on device")
"""


def test_the_last_line_of_a_failed_job_names_its_log(tmp_path):
    log = str(tmp_path / "logs/000.log")
    given = SimpleNamespace(rule="stylize_clips", wildcards=["shapes", "oil", "000"], threads=1, resources={}, log=log)
    (tmp_path / "job").write_bytes(pickle.dumps(given))
    done = subprocess.run([sys.executable, "-c", JOB, str(tmp_path / "job")], cwd=ROOT, capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1 and last.startswith("[stylize_clips shapes oil 000] the disk is full")
    assert last.endswith(f"(log: {log})")
    logged = Path(log).read_text()
    assert logged.splitlines()[-1] in last


READERS = {
    "table": lambda path: read_table(path, "clips"),
    "tables": lambda path: concat_tables([path], "clips"),
    "features": lambda path: read_keys([path]),
    "description of features": lambda path: read_about([path]),
    "frames": open_frames,
}


@pytest.mark.parametrize("damage", ["empty", "cut", "of another kind"])
@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_file_of_results_is_named(tmp_path, reader, damage):
    path = tmp_path / ("frames.npy" if reader == "frames" else "clips.parquet")
    if reader == "frames":
        np.save(path, np.zeros((2, 4, 8, 8, 3), np.uint8))
    else:
        pq.write_table(pa.table({"clip": ["a", "b"] * 100}), path)
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "of another kind": b"clip,video\n" * 20}[damage])
    with pytest.raises(BadInput, match=r"(frames.npy|clips.parquet) is damaged or no .*; delete it"):
        READERS[reader](path)


def test_a_file_of_results_that_is_not_there_is_no_damaged_one(tmp_path):
    for reader in READERS.values():
        with pytest.raises(FileNotFoundError):
            reader(tmp_path / "none")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_a_terminal_is_told_what_it_can_write(encoding, tmp_path):
    raw, said = io.BytesIO(), "2 × file missing (Übung → 1)"
    with open(tmp_path / "log", "wb") as log:
        terminal = io.TextIOWrapper(raw, encoding=encoding)
        print(said, file=Tee(terminal, log, "check"))
        terminal.flush()
    assert (tmp_path / "log").read_text(encoding="utf-8") == f"{said}\n"
    shown = raw.getvalue().decode(encoding)
    assert (
        shown
        == {
            "utf-8": f"[check] {said}\n",
            "latin-1": "[check] 2 × file missing (Übung \\u2192 1)\n",
            "ascii": "[check] 2 \\xd7 file missing (\\xdcbung \\u2192 1)\n",
        }[encoding]
    )


def test_a_killed_job_is_explained():
    assert "A job was killed" in after_failure("CalledProcessError: '...' died with <Signals.SIGKILL: 9>.", [])
    assert "A job was killed" in after_failure("returned non-zero exit status 137.", [])
    assert "killed" not in after_failure("returned non-zero exit status 1.", [])


def test_the_end_of_a_run_repeats_the_last_words_of_the_jobs_that_failed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = {"one": "the layer is not there (log: one.log)", "two": "the layer is not there (log: two.log)", "empty": ""}
    for name, last in (said | {"killed": "decoding: 64/64, 0 s left"}).items():
        Path(f"{name}.log").write_text(f"decoding\n{last}\n")
    logs = [f"{name}.log" for name in (*said, "killed", "none", "one")]
    assert after_failure("", logs) == "Why jobs failed:\nthe layer is not there (log: one.log, two.log)"
    assert after_failure("died with <Signals.SIGKILL: 9>", logs).splitlines()[2].startswith("A job was killed")
    assert after_failure("", ["none.log", "killed.log"]) == "Why each job failed stands in its log: none.log, killed.log."
    stopped = "The run was stopped: what is done is kept, and the next run goes on from there."
    assert after_failure("died with <Signals.SIGINT: 2>", ["none.log"]) == stopped
    assert after_failure("Will exit after finishing currently running jobs (scheduler).", []) == stopped
    both = after_failure("died with <Signals.SIGKILL: 9>\nTerminating processes on user request, ...", ["none.log"]).splitlines()
    assert both[0].startswith("A job was killed") and both[1] == stopped
    told = after_failure("returned non-zero exit status 130.", ["one.log"])
    assert told == f"Why jobs failed:\nthe layer is not there (log: one.log)\n{stopped}"
    assert "stopped" not in after_failure("Error in rule a:\n    input: my/SIGINT_net.py, seen on user request", ["one.log"])
    assert after_failure("", []) == "Why the run failed is said above."


def test_a_run_whose_job_is_killed_says_why(tmp_path):
    project = Project(tmp_path, TINY)
    script = tmp_path / "workflow/scripts/collect_clips.py"  # dies as of the kernel's hand when memory runs out
    work = "with job(snakemake):"
    script.write_text(script.read_text().replace(work, f"{work}\n        import os\n\n        os.kill(os.getpid(), 9)"))
    status, printed = project.run("results/clips/shapes/clips.parquet")
    assert status != 0 and "A job was killed (signal 9)" in printed and "results/logs/collect_clips/shapes.log" in printed


def test_progress_says_how_far_it_is_and_how_long_it_will_take(capsys):
    assert list(progress([10, 20, 30, 40], "clips", every_s=0)) == [10, 20, 30, 40]
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" s left")[0].rpartition(" ")[0] for line in said] == [f"clips: {n}/4," for n in (1, 2, 3, 4)]
    assert said[-1] == "clips: 4/4, 0 s left"
