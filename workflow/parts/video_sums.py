"""Weighted totals over pairs from sums per video: a bootstrap draw weights videos, so no draw touches the activations again."""

import numpy as np
import pandas as pd

from workflow.lib.errors import BadInput

VALUES = 2**21  # of one array at a time: 16 MB of float64, which the allocator recycles instead of asking the system anew


class VideoSums:
    """Totals of the rows of a table in every draw.

    codes[row]: number of the row's video, a column of weights [draw, video]; n: rows per draw [draw, 1], NaN where there
    are none. Rows stand by their rank within the video: all first rows, all second rows, ..., so that a sum per video is a
    few array additions.
    """

    def __init__(self, codes, weights):
        present, video, counts = np.unique(codes, return_inverse=True, return_counts=True)
        by_video = np.argsort(video, kind="stable")
        rank = np.empty(len(video), int)
        rank[by_video] = np.arange(len(video)) - np.repeat(np.cumsum(counts) - counts, counts)
        self.order = np.lexsort((video, rank))
        self.sorted = (np.diff(self.order) == 1).all()
        self.n_videos = len(present)
        ends = np.cumsum(np.bincount(rank))
        whole = slice(None)
        self.later = [
            (lo, hi, whole if hi - lo == self.n_videos else video[self.order[lo:hi]])
            for lo, hi in zip(ends[:-1], ends[1:], strict=True)
        ]
        self.weights = weights if self.n_videos == weights.shape[1] else weights[:, present]
        n = self.weights @ counts[:, None].astype(np.float64)
        self.n = np.where(n > 0, n, np.nan)

    def arrange(self, values):
        """Rows [row, unit] in the order that `totals` needs, as float64: one-pass float32 sums lose small variances."""
        return (values if self.sorted else values[self.order]).astype(np.float64, copy=False)

    def per_video(self, values):
        """Sums over the rows of each video: arranged values [row, unit] -> [video, unit]."""
        sums = values[: self.n_videos].copy()
        for lo, hi, video in self.later:
            sums[video] += values[lo:hi]
        return sums

    def totals(self, *values):
        """Total of each array of arranged values [row, unit] in every draw: [draw, unit] each, by one matrix product."""
        return np.split(self.weights @ np.concatenate([self.per_video(v) for v in values], axis=1), len(values), axis=1)


def video_sums(sides, pairs=None, weights=None):
    """VideoSums of the rows of every factor; without weights there is one draw that takes each row once.

    pairs[factor]: rows of the pair table in the order of the sides; weights [draw, video], videos as in `videos_of`.
    """
    if weights is None:
        return {f: VideoSums(np.arange(len(a)), np.ones((1, len(a)))) for f, (a, _) in sides.items()}
    videos, weights = videos_of(pairs), np.ascontiguousarray(weights, np.float64)
    if weights.shape[1] != len(videos):
        raise ValueError(f"weights of {weights.shape[1]} videos came, {len(videos)} were needed")
    return {f: VideoSums(pd.Categorical(pairs[f]["video"], videos).codes, weights) for f in sides}


def videos_of(pairs):
    """The videos of all factors in sorted order, as the columns of the weights stand."""
    return sorted(set().union(*(own["video"] for own in pairs.values())))


def unit_chunks(sides):
    """Yield the sides of a few units at a time, so that memory stays modest however many pairs there are: factor -> (a, b)."""
    n_units = next(iter(sides.values()))[0].shape[1]
    size = max(8, VALUES // max(len(a) for a, _ in sides.values()))
    for first in range(0, n_units, size):
        units = slice(first, first + size)
        yield {factor: tuple(side[:, units] for side in both) for factor, both in sides.items()}


def by_rank(videos):
    """The order in which VideoSums needs no other: rows by their rank within the video, then by video: int [row]."""
    codes = pd.Series(pd.Categorical(videos, sorted(set(videos))).codes)
    return np.lexsort((codes, codes.groupby(codes).cumcount()))


def need_pairs(tables, factors):
    """Raise BadInput where a factor has no rows in `tables`: factor -> pair table, or factor -> (side a, side b)."""
    for factor in factors:
        own = tables.get(factor, ())
        if len(own[0] if isinstance(own, tuple) and own else own) == 0:
            raise BadInput(f"no pairs of factor '{factor}' came; this score needs pairs of {', '.join(factors)}")
