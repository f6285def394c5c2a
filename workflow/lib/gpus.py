"""Which GPU a job computes on, where it sees several: nothing in Snakemake gives each job one of its own."""

import fcntl
import sys
import time
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path


@contextmanager
def own_gpu(folder=".snakemake/gpus"):
    """Make `cuda` mean the first GPU that no other job of this run has, and keep it; wait where all are taken.

    Chooses among those that CUDA_VISIBLE_DEVICES leaves; does nothing where there are less than two, as in the jobs of a cluster.
    A GPU is given back when the process ends, however it ends.
    """
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    n = cuda.device_count() if cuda else 0
    if n < 2:
        yield
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for gpu in cycle(range(n)):
        with open(Path(folder) / str(gpu), "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.1)
                continue
            cuda.set_device(gpu)
            yield
            return
