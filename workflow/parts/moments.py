"""Moments of paired activations, plain or resampled by video, from sums per video."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass
class PairMoments:
    """Means and second moments of one factor's pairs, about a common centre: float64 [draw, unit].

    n: pairs per draw [draw, 1]; a, b, aa, bb, ab: means of the sides, their squares and their product; varies_a, varies_b,
    varies: whether a side, or both sides taken together, take more than one value [unit].
    """

    n: np.ndarray
    a: np.ndarray
    b: np.ndarray
    aa: np.ndarray
    bb: np.ndarray
    ab: np.ndarray
    varies_a: np.ndarray
    varies_b: np.ndarray
    varies: np.ndarray

    @classmethod
    def of(cls, a, b, centre, codes, weights):
        """Moments of a, b [pair, unit] about `centre` [unit], pair i belonging to video codes[i], under weights [draw, video].

        Centred float64: one-pass float32 sums lose small variances.
        """
        varies = np.ptp(a, axis=0) > 0, np.ptp(b, axis=0) > 0, np.ptp(np.concatenate([a, b]), axis=0) > 0
        a, b = a.astype(np.float64) - centre, b.astype(np.float64) - centre
        n = weights @ np.bincount(codes, minlength=weights.shape[1])[:, None]

        def mean(values):
            sums = pd.DataFrame(values).groupby(codes).sum().reindex(range(weights.shape[1]), fill_value=0.0)
            return weights @ sums.to_numpy() / n

        return cls(n, mean(a), mean(b), mean(a * a), mean(b * b), mean(a * b), *varies)


def moments_of(sides, pairs=None, weights=None):
    """PairMoments of every factor, all about one centre.

    sides[factor] = (a, b), float [pair, unit]; pairs[factor] the rows of the pair table in the same order; weights
    [draw, video] how often each video is drawn, videos in sorted order; without weights there is one plain draw.
    """
    centre = np.mean([side.mean(0, dtype=np.float64) for both in sides.values() for side in both], axis=0)
    if weights is None:
        return {f: PairMoments.of(a, b, centre, np.zeros(len(a), int), np.ones((1, 1))) for f, (a, b) in sides.items()}
    videos = sorted(set().union(*(pairs[factor]["video"] for factor in sides)))
    codes = {factor: pd.Categorical(pairs[factor]["video"], videos).codes for factor in sides}
    return {f: PairMoments.of(a, b, centre, codes[f], weights) for f, (a, b) in sides.items()}


def drawn(values, weights):
    """Take the draw axis off where no draws were asked for: factor -> array."""
    return values if weights is not None else {factor: value[0] for factor, value in values.items()}
