"""A finished project to hold others against: which jobs made what, how long they took, and the digests of its files."""

import hashlib
import re
import shutil
import time
from pathlib import Path
from typing import NamedTuple

VARYING = re.compile(r"results/(logs|benchmarks)/|/report\.html$|/scratch/")  # times, and what trainings go on from


class Job(NamedTuple):
    rule: str
    inputs: list
    outputs: list


class Undisturbed(NamedTuple):
    """A finished project: its jobs in the order in which they started, each rule's typical seconds, its files' digests."""

    folder: Path
    jobs: list
    seconds: dict
    digests: dict


def undisturbed(project):
    """Run a project to its end."""
    printed = project.done()
    return Undisturbed(project.folder, jobs_of(printed), seconds_of(printed), files_of(project.folder))


def jobs_of(printed):
    """Jobs that Snakemake said it started."""
    jobs = []
    for rule, block in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", printed, flags=re.MULTILINE):
        named = dict(re.findall(r"^    (\w+): (.*)$", block.replace(" (update)", ""), flags=re.MULTILINE))
        jobs.append(Job(rule, *(named[key].split(", ") if key in named else [] for key in ("input", "output"))))
    return [job for job in jobs if job.outputs]


def seconds_of(printed):
    """Seconds that each rule's jobs took, their mean; Snakemake prints whole ones."""
    started, seconds = {}, {}
    _, *pieces = re.split(r"^\[(\w+ \w+ +\d+ [\d:]+ \d+)\]\n", printed, flags=re.MULTILINE)
    for stamp, text in zip(pieces[::2], pieces[1::2], strict=True):
        now, number = time.mktime(time.strptime(stamp)), re.search(r"jobid: (\d+)", text)[1]
        if rule := re.match(r"(?:local)?rule (\w+):", text):
            started[number] = rule[1], now
        elif text.startswith("Finished"):
            rule, since = started[number]
            seconds.setdefault(rule, []).append(now - since + 0.5)
    return {rule: sum(own) / len(own) for rule, own in seconds.items()}


def files_of(folder):
    """Digests by path of all files whose bytes must be the same however they were made."""
    paths = [path for place in ("results", "resources/weights") for path in (folder / place).rglob("*") if path.is_file()]
    digests = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return {path: digest for path, digest in digests.items() if not VARYING.search(path)}


def undo(project, whole, rule):
    """Delete what the jobs of a rule made, and all that was made of it."""
    gone = set()
    for job in whole.jobs:  # in the order of a run, so that what was made of a file comes after it
        if job.rule == rule or gone.intersection(job.inputs):
            gone.update(job.outputs)
    for path in (project.folder / file for file in gone):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def copy(whole, folder):
    """Replace what is in `folder` by a finished project, times and Snakemake's records included."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(whole.folder, folder, dirs_exist_ok=True)
