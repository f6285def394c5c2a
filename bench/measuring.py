"""What all measurements share: processes of their own, times taken in turn, rows of the one table."""

import operator
import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from workflow.lib.job import limit_threads
from workflow.lib.processor import processor_name

COLUMNS = ["what", "unit", "value", "goal", "verdict", "repetitions"]
COMPARED = {">=": operator.ge, "<": operator.lt}


def row(what, unit, value, goal="", verdict="", repetitions=1):
    """A row of the table; goal: a comparison and a number, e.g. ">= 0.95", which decides the verdict where none is given."""
    if goal and not verdict:
        sign, bound = goal.split()
        verdict = "reached" if COMPARED[sign](value, float(bound)) else "MISSED"
    return dict(zip(COLUMNS, (what, unit, float(value), goal, verdict, repetitions), strict=True))


def alone(work, *arguments, **options):
    """What a call gives in a process of its own, with one thread for every library, as a job of the pipeline has."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(on_one_thread, work, *arguments, **options).result()


def on_one_thread(work, *arguments, **options):
    limit_threads(1)  # the libraries came with the module of `work`
    return work(*arguments, **options)


def timed(work, *arguments, **options):
    """Seconds that a call takes."""
    start = time.perf_counter()
    work(*arguments, **options)
    return time.perf_counter() - start


def peak_mib():
    """Most memory that this process has held so far, MiB.

    Not of getrusage, which counts what the parent held when it started this process.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


def in_turn(sides, repetitions):
    """Seconds of every side, name -> [repetition]; sides: name -> what is called.

    They take turns, first in one order and then in the other, so that whatever else the machine does hits all alike.
    """
    times = {name: [] for name in sides}
    for repetition in range(repetitions):
        for name in list(sides)[:: -1 if repetition % 2 else 1]:
            times[name].append(timed(sides[name]))
    return times


def median_ratio(above, below):
    """Median over the repetitions of the ratio of two sides' times."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def machine():
    """What is measured on: the GPU, if there is one, else the processor; its cores; how busy it is."""
    torch = sys.modules.get("torch")
    gpu = torch.cuda.get_device_name() if torch and torch.cuda.is_available() else None
    processor = processor_name()
    return {"device": gpu or processor, "processor": processor, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)}
