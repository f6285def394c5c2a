"""Bad input by the thousand: python tests/fuzzing.py --cases 1000 --seed 0 [--kind configs] [--case 17]

Every case makes one hostile input from (seed, kind, number) and hands it to the function that a rule or the Snakefile hands it to.
It must end in one of
    done      taken as it is, what comes out is whole
    rejected  taken, with a row that says why something of it is left out
    refused   one sentence (BadInput)
and not in FAILED: any other exception, a sentence that is none, a crash, a hang, memory beyond the limit, or an input of which
neither a result nor a row of rejection is left.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from tests.fuzzed_configs import config_case
from tests.fuzzed_data_sets import data_set_case
from tests.fuzzed_tables import table_case
from tests.fuzzed_videos import video_case
from tests.fuzzed_weights import weights_case
from workflow.lib.errors import BadInput

KINDS = {  # kind -> (its function, its part of all cases)
    "configs": (config_case, 0.3),
    "data sets": (data_set_case, 0.25),
    "videos": (video_case, 0.2),
    "checkpoints": (weights_case, 0.125),
    "tables": (table_case, 0.125),
}
SECONDS, MEMORY = 60, 3 << 30  # of one case; bytes beside what importing took
LONGEST = 900  # characters of a sentence


def judged(kind, number, seed, folder):
    """(verdict, message) of one case, run in an empty folder."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode()), number])
    folder.mkdir(parents=True)
    os.chdir(folder)
    try:
        return KINDS[kind][0](rng, folder)
    except BadInput as error:
        sentence = str(error)
        good = sentence.strip() and len(sentence.splitlines()) == 1 and len(sentence) <= LONGEST
        return ("refused", sentence) if good else ("FAILED", f"no sentence: {sentence!r}")
    except BaseException:
        return "FAILED", traceback.format_exc()
    finally:
        os.chdir(folder.parent)


def serve(pipe, folder):
    """The working process: judge cases until there are no more, with bounded memory and nothing printed."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    while case := pipe.recv():
        pipe.send(judged(*case, folder / f"{case[0]}-{case[1]}".replace(" ", "-")))


class Worker:
    """A process that judges cases, replaced where one kills it or does not end."""

    def __init__(self, folder):
        self.folder, self.process = Path(folder), None

    def start(self):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=serve, args=(other, self.folder), daemon=True)
        self.process.start()
        other.close()

    def judge(self, *case):
        """(verdict, message) of one case."""
        if not self.process:
            self.start()
        self.pipe.send(case)
        try:
            if self.pipe.poll(SECONDS):
                return self.pipe.recv()
            self.process.kill()
            found = "FAILED", f"no end within {SECONDS} s"
        except EOFError:
            self.process.join()
            found = "FAILED", f"the process died ({self.process.exitcode})"
        self.process = None
        return found


def judge_all(folder, cases, seed, kinds=tuple(KINDS), report=None):
    """Judge `cases` cases of some kinds, in proportion: list of (kind, number, verdict, message)."""
    worker, found = Worker(folder), []
    share = sum(KINDS[kind][1] for kind in kinds)
    for kind in kinds:
        for number in range(round(cases * KINDS[kind][1] / share)):
            found.append((kind, number, *worker.judge(kind, number, seed)))
            if report:
                report(*found[-1])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--case", type=int, help="one case of one kind alone")
    parser.add_argument("--all", action="store_true", help="tell every case, not only those that failed")
    chosen = parser.parse_args()

    def report(kind, number, verdict, message):
        if chosen.all or verdict == "FAILED":
            print(f"{kind} {number}: {verdict}: {message}", flush=True)

    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.case is not None:
            print(*Worker(folder).judge(chosen.kind[0], chosen.case, chosen.seed), sep=": ")
            return
        found = judge_all(folder, chosen.cases, chosen.seed, chosen.kind or tuple(KINDS), report)
    counts = Counter((kind, verdict) for kind, _, verdict, _ in found)
    for (kind, verdict), n in sorted(counts.items()):
        print(f"{kind:12} {verdict:9} {n}")
    print(f"{len(found)} cases, {sum(f[2] == 'FAILED' for f in found)} failed, {time.monotonic() - start:.0f} s")
    sys.exit(any(f[2] == "FAILED" for f in found))


if __name__ == "__main__":
    main()
