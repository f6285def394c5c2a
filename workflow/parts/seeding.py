"""Random numbers keyed by content, so that no result depends on the order, the sharding or the number of jobs."""

import hashlib
import json

import numpy as np


def seed_of(*keys):
    """Return a 63-bit integer that depends on `keys` (strings and numbers, numpy's too) alone."""
    digest = hashlib.sha256(json.dumps(keys, ensure_ascii=False, default=lambda number: number.item()).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(*keys):
    """Return a numpy Generator seeded by `keys`, e.g. generator(seed, "order", clip, draw)."""
    return np.random.default_rng(seed_of(*keys))
