"""Making what comes next while what is there is used."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise

AHEAD = {"cpu": 0, "cuda": 2}  # threads that read what comes next for a device; a job on the CPU has one core


def ahead(make, steps, workers):
    """Yield make(step) of every step, in order; `workers` threads make the next ones meanwhile, 0 makes each when asked for.

    Threads and no processes: what they do most, reading memory maps and resizing, lets the others run, and a process that
    was forked after OpenCV had started its threads hangs.
    """
    if not workers:
        yield from map(make, steps)
        return
    pool, waiting = ThreadPoolExecutor(workers), deque()
    try:
        for step in steps:
            waiting.append(pool.submit(make, step))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def one_late(items):
    """Yield from `items`, each when the one after it has been made: what it began goes on meanwhile."""
    return (item for item, _ in pairwise(chain(items, [None])))
