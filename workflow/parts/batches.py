"""Rows in batches that shrink where the device's memory is too small for them."""

from contextlib import contextmanager

import torch

from workflow.lib.errors import BadInput


class Batches:
    """Iterate over row numbers 0..n-1 in batches of one size; a batch that `fitting` finds too large comes again, halved.

    The last batch is filled up with its last row: the size of a batch can change the last bits of its results.
    """

    def __init__(self, n, size):
        self.n, self.size, self.fits = n, size, True

    def __len__(self):
        return -(-self.n // self.size)

    def __iter__(self):
        start = 0
        while start < self.n:
            yield [min(row, self.n - 1) for row in range(start, start + self.size)]
            start, self.fits = start + self.size * self.fits, True

    @contextmanager
    def fitting(self, what):
        """Halve the batch where the work inside runs out of memory; BadInput, naming `what`, where one row does not fit."""
        try:
            yield
        except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is one; on a CPU only the words tell
            if not isinstance(error, (torch.OutOfMemoryError, MemoryError)) and "can't allocate memory" not in str(error):
                raise
            if self.size == 1:
                raise BadInput(f"{what} does not fit into the device's memory, even one variant at a time: {error}") from error
        else:
            return
        torch.cuda.empty_cache()
        # `start` has not moved yet: it moves by `size` only where the batch has been done.
        self.size, self.fits = self.size // 2, False
        print(f"out of memory: {what} goes on with batches of {self.size}", flush=True)
