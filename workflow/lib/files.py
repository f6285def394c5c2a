"""Files appear whole or not at all, and those that cannot be read say so."""

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path):
    """Yield a temporary path beside `path`; on success it is renamed to `path`, on failure removed.

    Works for files and for folders. The suffix is kept, because writers choose formats by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".partial-{path.name}")
    remove(temporary)  # what a killed job left; no two jobs write one file
    try:
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(temporary, path)
    finally:
        remove(temporary)


def remove(path):
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def disk_is_full(error):
    """Whether an OSError says that the disk, or the share of it that is one's own, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def is_newest(path, others):
    """Whether there is a file at `path` and none of the others that are there is newer."""
    path = Path(path)
    return path.is_file() and all(not os.path.exists(other) or os.stat(other).st_mtime <= path.stat().st_mtime for other in others)
