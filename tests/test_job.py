"""What surrounds every rule's work: what is said where the disk is full, and jobs that end with the run that started them."""

import os
import subprocess
import sys
import time

from tests.copied_project import ROOT

FULL = """
from types import SimpleNamespace
from workflow.lib.job import job

with job(SimpleNamespace(rule="write", wildcards=["a"], threads=1, resources={}, log="/dev/full")):
    print("begun")
    with open("/dev/full", "wb", buffering=0) as file:
        file.write(b"clips")
"""
OUTLIVING = """
import subprocess, sys
child = "import time; from workflow.lib.job import end_with_parent; end_with_parent(); print('up', flush=True); time.sleep(600)"
subprocess.run([sys.executable, "-c", child])
"""


def test_a_full_disk_is_one_sentence_on_the_terminal_even_where_the_log_is_full_too():
    done = subprocess.run([sys.executable, "-c", FULL], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == "[write a] begun\n"
    (line,) = done.stderr.splitlines()
    assert line.startswith("[write a] the disk is full (") and line.endswith("make room and start again (log: /dev/full)")


def test_a_job_ends_with_the_run_that_started_it():
    run = subprocess.Popen([sys.executable, "-c", OUTLIVING], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "up\n"
    run.kill()
    started = time.monotonic()
    assert run.stdout.read() == "" and time.monotonic() - started < 300  # its end closes the pipe; by itself it would sleep longer
    assert run.wait() == -9 and os.name == "posix"
