"""Rows in batches that shrink where the device's memory is too small for them."""

from contextlib import contextmanager

import torch

from workflow.lib.errors import BadInput

WORDS = ["can't allocate memory", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"]


def full_batches(n, size):
    """Row numbers 0..n-1 in lists of `size`, the last filled up with its last row.

    The size of a batch can change the last bits of its results.
    """
    return [[min(row, n - 1) for row in range(start, start + size)] for start in range(0, n, size)]


def is_out_of_memory(error):
    """Whether memory was lacking; on a CPU and in the libraries beside torch's own allocator only the words tell."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(word in str(error) for word in WORDS)


class Batches:
    """Cuts what has been read into parts as large as fit; a part that `fitting` finds too large comes again, halved."""

    def __init__(self, size):
        self.size, self.fits = size, True

    def parts(self, n):
        """Slices of 0..n-1, of at most `size` rows."""
        start = 0
        while start < n:
            yield slice(start, start + self.size)
            start, self.fits = start + self.size * self.fits, True

    @contextmanager
    def fitting(self, what):
        """Halve the batch where the work inside runs out of memory; BadInput, naming `what`, where one row does not fit."""
        try:
            yield
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if self.size == 1:
                raise BadInput(f"{what} does not fit into the device's memory, even one variant at a time: {error}") from error
        else:
            return
        torch.cuda.empty_cache()
        # `start` has not moved yet: it moves by `size` only where the batch has been done.
        self.size, self.fits = self.size // 2, False
        print(f"out of memory: {what} goes on with batches of {self.size}", flush=True)
