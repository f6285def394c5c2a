"""What surrounds every rule's work: what is said where the disk is full, and jobs that end with the run that started them."""

import os
import subprocess
import sys
import time

from tests.copied_project import ROOT, TINY, Project

FULL = """
from types import SimpleNamespace
from workflow.lib.job import job

with job(SimpleNamespace(rule="write", wildcards=["a"], threads=1, resources={}, log="/dev/full")):
    print("begun")
    with open("/dev/full", "wb", buffering=0) as file:
        file.write(b"clips")
"""
BADLY_FED = """
import sys
from types import SimpleNamespace
from workflow.lib.errors import BadInput
from workflow.lib.job import job

with job(SimpleNamespace(rule="show", wildcards=["a"], threads=1, resources={}, log=sys.argv[1])):
    try:
        "frames".shapee
    except AttributeError as error:
        raise BadInput("the network fails") from error
"""
OUTLIVING = """
import subprocess, sys
child = "import time; from workflow.lib.job import end_with_run; end_with_run(); print('up', flush=True); time.sleep(600)"
subprocess.run([sys.executable, "-c", child])
"""
# Found by every Python of a run: a job that is still at its imports when the run is killed.
IMPORTING = """
import os, sys, time

if sys.orig_argv[-1].endswith(".render_videos.py"):
    print("importing", flush=True)
    while os.path.exists("running"):
        time.sleep(0.01)
"""


def test_a_full_disk_is_one_sentence_on_the_terminal_even_where_the_log_is_full_too():
    done = subprocess.run([sys.executable, "-c", FULL], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == "[write a] begun\n"
    (line,) = done.stderr.splitlines()
    assert line.startswith("[write a] the disk is full (") and line.endswith("make room and start again (log: /dev/full)")


def test_what_made_an_input_bad_is_traced_in_the_log_and_not_on_the_terminal(tmp_path):
    log = tmp_path / "show.log"
    done = subprocess.run([sys.executable, "-c", BADLY_FED, log], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == f"[show a] the network fails (log: {log})\n" and not done.stdout
    first, *_, last = log.read_text().splitlines()
    assert first.startswith("Traceback") and "AttributeError: 'str' object has no attribute 'shapee'" in log.read_text()
    assert last == f"the network fails (log: {log})"


def test_a_job_ends_with_the_run_that_started_it():
    run = subprocess.Popen([sys.executable, "-c", OUTLIVING], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "up\n"
    run.kill()
    started = time.monotonic()
    assert run.stdout.read() == "" and time.monotonic() - started < 300  # its end closes the pipe; by itself it would sleep longer
    assert run.wait() == -9 and os.name == "posix"


def test_a_job_that_was_still_starting_when_its_run_was_killed_does_no_work(tmp_path):
    videos = {"moving_shapes": {"videos": 100, "frames": 16, "size": 64}}
    project = Project(tmp_path / "project", TINY | {"shard_size": 100, "datasets": {"shapes": videos}})
    (project.folder / "running").touch()
    (tmp_path / "sitecustomize.py").write_text(IMPORTING)
    run = project.start("results/videos/shapes/000/manifest.csv", PYTHONPATH=str(tmp_path))
    assert "importing\n" in iter(run.stdout.readline, "")
    run.kill()
    run.wait()
    (project.folder / "running").unlink()
    run.stdout.read()  # until the job ends
    assert not (project.folder / "results/videos/shapes/000/manifest.csv").exists()
