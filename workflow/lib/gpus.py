"""Which GPU a job computes on: nothing in Snakemake keeps two jobs off the same one."""

import errno
import fcntl
import platform
import sys
import time
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

LOCKLESS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}  # of file systems where nothing can be locked


@contextmanager
def own_gpu(folder=".snakemake/gpus"):
    """Make `cuda` mean the first GPU that no other job of this run has, and keep it; wait where all are taken.

    Chooses among those that CUDA_VISIBLE_DEVICES leaves; does nothing where there are none. A GPU is given back when the process
    ends, however it ends. Locks are named by machine and GPU: the folder may be shared by machines, and a number means another
    GPU to another job.
    """
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    gpus = {str(cuda.get_device_properties(i).uuid): i for i in range(cuda.device_count() if cuda else 0)}
    if not gpus:
        yield
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for uuid, gpu in cycle(gpus.items()):
        with open(Path(folder) / f"{platform.node()}-{uuid}", "w") as lock:
            if not taken(lock):
                time.sleep(0.1)
                continue
            cuda.set_device(gpu)
            yield
            return


def taken(file):
    """Lock a file: whether nobody else has; where the file system knows no locks, only say so."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise
        print(f"{file.name} cannot be locked ({error.strerror}): another job may compute on the same GPU", flush=True)
    return True
