"""Kill a run of the whole experiment at seeded moments in all its stages; it must end with the bytes of an undisturbed run.

    python tests/kills.py --moments 50 --seed 0

One project is killed and started again, moment after moment in the order of its stages; with --apart every moment has a copy of the
undisturbed project and is followed by a run to the end. After each kill, whatever stands under a final name must be whole.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.copied_project import Project  # noqa: E402
from tests.undisturbed import copy, files_of, undisturbed, undo  # noqa: E402
from tests.whole_experiment import served, whole_project  # noqa: E402

SIGNALS = [f"{who} {how}" for who in ("job", "run", "all") for how in ("KILL", "TERM")]  # the run is Snakemake itself
WAYS = [*SIGNALS, "between files", "full disk"]
SCRIPTS = {path.stem for path in (Path(__file__).parents[1] / "workflow/scripts").glob("*.py")}
UNFINISHED = ".part"  # in the names of files that are being written
# Found by every Python of the run: a job of the rule kills the run when it is about to put its n-th file in place.
BETWEEN_FILES = """
import os, signal, sys

if sys.orig_argv[-1].endswith(f".{os.environ.get('KILLED_RULE')}.py"):
    replace, put = os.replace, []

    def replace_or_die(*arguments):
        put.append(arguments)
        if len(put) > int(os.environ["KILLED_FILE"]):
            os.killpg(0, signal.SIGKILL)
        replace(*arguments)

    os.replace = replace_or_die
"""


class Moment(NamedTuple):
    rule: str
    way: str
    share: float  # of the job's time, of its files, of the room that they need


def draw(whole, n, seed, ways):
    """`n` moments in the order of the stages; no rule that runs a script comes twice before all have come, and no way."""
    rng, rules = random.Random(seed), list(dict.fromkeys(job.rule for job in whole.jobs if job.rule in SCRIPTS))
    drawn = [[own for _ in range(n) for own in rng.sample(these, len(these))][:n] for these in (rules, ways)]
    moments = [Moment(rule, way, rng.random()) for rule, way in zip(*drawn, strict=True)]
    return sorted(moments, key=lambda moment: rules.index(moment.rule))


def outputs_of(whole, rule):
    """What one job of a rule made."""
    return next(job.outputs for job in whole.jobs if job.rule == rule)


def children_of(process):
    """The jobs that a run is doing."""
    try:
        return psutil.Process(process.pid).children()
    except psutil.NoSuchProcess:
        return []


def job_of(process, rule):
    """The process of a job of the rule, once there is one; None where the run ends without."""
    while process.poll() is None:
        for child in children_of(process):
            with suppress(psutil.Error):
                command = child.cmdline()  # asked for once: of a job that ends meanwhile it is empty
                if command and command[-1].endswith(f".{rule}.py"):
                    return child
        time.sleep(0.01)
    return None


def signalled(process, job, way, seconds):
    """Send the signal of a way once the job has run for `seconds`; a job that is over by then takes the run with it."""
    who, how = way.split()
    over = psutil.wait_procs([job], timeout=seconds)[0]
    number = getattr(signal, f"SIG{how}")
    with suppress(ProcessLookupError):
        if who == "all" or (who == "job" and over):
            os.killpg(process.pid, number)
        else:
            os.kill(job.pid if who == "job" else process.pid, number)


def status_of(process, way):
    """The exit status of a run.

    One that has not ended 90 seconds after SIGTERM is killed, as schedulers do: where the signal comes while Snakemake 9.27 selects
    or finishes jobs, its handler waits for a lock that the same thread holds (JobScheduler.exit_gracefully).
    """
    with suppress(subprocess.TimeoutExpired):
        return process.wait(90 if way.endswith("TERM") else 1800)
    os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


@contextmanager
def conditions(project, whole, moment):
    """What a moment needs around the run: yields variables of its environment."""
    outputs, ballast = outputs_of(whole, moment.rule), project.folder / "ballast"
    if moment.way == "between files":
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "sitecustomize.py").write_text(BETWEEN_FILES)
            yield {"PYTHONPATH": folder, "KILLED_RULE": moment.rule, "KILLED_FILE": str(int(moment.share * len(outputs)))}
    elif moment.way == "full disk":
        sizes = [path.stat().st_size for name in outputs for path in [whole.folder / name, *(whole.folder / name).rglob("*")]]
        room = int(moment.share * sum(4096 * (2 + size // 4096) for size in sizes))
        with open(ballast, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(shutil.disk_usage(project.folder).free - room, 1))
        try:
            yield {}
        finally:
            ballast.unlink()
    else:
        yield {}


def disturb(project, whole, moment):
    """Undo a stage, run the project and kill it then: (its exit status, what is wrong)."""
    undo(project, whole, moment.rule)
    with tempfile.TemporaryFile("w+") as told, conditions(project, whole, moment) as variables:
        process = project.start(stdout=told, **variables)  # a pipe would stay open with whatever outlives the run
        job = job_of(process, moment.rule)
        children = children_of(process)
        if job and moment.way in SIGNALS:
            signalled(process, job, moment.way, moment.share * whole.seconds[moment.rule])
        status = status_of(process, moment.way)
        outlived = psutil.wait_procs(children, timeout=15)[1]
        told.seek(0)
        said = told.read()
    wrong = [f"outlived the run: {own}" for own in outlived]
    return status, wrong + faults(project, moment, job, status, said) + damaged(project, whole)


def faults(project, moment, job, status, said):
    """What was not as it had to be when a run ended."""
    full, killed, told = moment.way == "full disk", status == -signal.SIGKILL, re.search("disk is full|No space left", said)
    expected = {
        "its job was not reached": job or full,
        "it was not killed": killed or moment.way != "between files",
        "it is still locked": killed or not locked(project),
        "it did not say that the disk is full": told or not full or not status,
    }
    return [f"{fault}: {said[-2000:]}" for fault, sound in expected.items() if not sound]


def damaged(project, whole):
    """Files under a final name that are not what they are in the end."""
    files = files_of(project.folder).items()
    return [f"damaged: {file}" for file, own in files if UNFINISHED not in file and own != whole.digests.get(file)]


def locked(project):
    return any((project.folder / ".snakemake/locks").glob("*"))


def unlock(project):
    """Do what the README says is to be done first where Snakemake itself was killed."""
    if locked(project):
        project.done("--unlock")


def ended(project, whole):
    """Run the project to its end: what is wrong then."""
    status, printed = project.run()
    found = files_of(project.folder)
    different = sorted(file for file in found.keys() | whole.digests.keys() if found.get(file) != whole.digests.get(file))
    wrong = [f"other bytes at the end: {file}" for file in different] + ([printed[-2000:]] if status else [])
    return wrong or ([] if project.planned() == {} else ["a second run has work to do"])


def kill_again_and_again(project, whole, moments, apart=False, say=print):
    """Disturb a project at every moment; returns what went wrong, by number of the moment."""
    wrong = {}
    copy(whole, project.folder)
    for number, moment in enumerate(moments, 1):
        began = time.monotonic()
        status, wrongs = disturb(project, whole, moment)
        unlock(project)
        if apart or moment is moments[-1]:
            wrongs += ended(project, whole)
        say(
            f"{number:3}/{len(moments)}  {moment.rule:20} {moment.way:13} at {moment.share:4.0%}  status {status:3}"
            f" {time.monotonic() - began:5.0f} s  {'; '.join(wrongs) or 'whole'}"
        )
        wrong |= {number: wrongs} if wrongs else {}
        if apart or wrongs:
            copy(whole, project.folder)
    return wrong


@contextmanager
def small_disk(folder, megabytes=64):
    """Make `folder` a disk of its own where that is allowed; yields whether it is."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def main(n, seed, apart):
    """Kill at `n` moments; returns how many of them went wrong."""
    say = partial(print, flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "site") as address,
        small_disk(Path(folder) / "disk") as full,
    ):
        whole = undisturbed(whole_project(Path(folder) / "whole", address))
        ways = WAYS if full else [way for way in WAYS if way != "full disk"]
        say(
            f"undisturbed: {len(whole.jobs)} jobs, {len(whole.digests)} files"
            + ("" if full else "; no disk can be mounted to be filled")
        )
        moments = draw(whole, n, seed, ways)
        project = Project.at(Path(folder) / "disk")
        wrong = kill_again_and_again(project, whole, moments, apart, say)
    for title, counted in (("rule", Counter(m.rule for m in moments)), ("way", Counter(m.way for m in moments))):
        print(f"{title}: " + ", ".join(f"{name} {count}" for name, count in counted.items()))
    print(f"{n - len(wrong)} of {n} moments ended as if nothing had been")
    return len(wrong)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--apart", action="store_true", help="a copy of the undisturbed project for every moment")
    given = parser.parse_args()
    sys.exit(bool(main(given.moments, given.seed, given.apart)))
