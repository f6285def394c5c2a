"""Moments of paired activations, plain or resampled by video, and the correlation of the sides."""

from dataclasses import dataclass

import numpy as np

from workflow.parts.video_sums import need_pairs, unit_chunks, video_sums

ROUNDING = 1e-12  # a variance below this part of the mean square is rounding: its unit does not vary in that draw


@dataclass
class PairMoments:
    """Means and second moments of one factor's pairs, about a common centre: float64 [draw, unit].

    n: pairs per draw [draw, 1]; a, b, aa, bb, ab: means of the sides, their squares and their product; varies_a, varies_b:
    whether a side takes more than one value [unit]; low, high: least and greatest value of both sides [unit].
    """

    n: np.ndarray
    a: np.ndarray
    b: np.ndarray
    aa: np.ndarray
    bb: np.ndarray
    ab: np.ndarray
    varies_a: np.ndarray
    varies_b: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def varies(self):
        """Whether the two sides taken together hold more than one value: [unit]."""
        return self.high > self.low


def moments_of(sides, pairs=None, weights=None, prepare=None):
    """PairMoments of every factor, all about one centre per unit, a chunk of units at a time.

    sides[factor] = (a, b), float [pair, unit]; pairs[factor] the rows of the pair table in the same order; weights
    [draw, video] how often each video is drawn, videos in sorted order; without weights there is one plain draw.
    prepare(values [pair, unit], factor) changes a side before it is used. BadInput where a factor has no pairs.
    """
    need_pairs(sides, sides)
    rows, found = video_sums(sides, pairs, weights), {factor: [] for factor in sides}
    for own in unit_chunks(sides):
        own = own if prepare is None else {f: [prepare(side, f) for side in both] for f, both in own.items()}
        centre = np.mean([x.mean(0, dtype=np.float64) for both in own.values() for x in both], axis=0)
        for factor, both in own.items():
            found[factor].append(chunk_moments(rows[factor], *both, centre))
    return {f: PairMoments(rows[f].n, *(np.concatenate(x, axis=-1) for x in zip(*found[f], strict=True))) for f in sides}


def chunk_moments(rows, a, b, centre):
    """The fields of PairMoments but n, for some units: a, b [pair, unit], centre [unit]."""
    low_a, low_b, high_a, high_b = a.min(0), b.min(0), a.max(0), b.max(0)
    a, b = rows.arrange(a) - centre, rows.arrange(b) - centre
    means = [total / rows.n for total in rows.totals(a, b, a * a, b * b, a * b)]
    return *means, high_a > low_a, high_b > low_b, np.minimum(low_a, low_b), np.maximum(high_a, high_b)


def correlation(m):
    """Pearson correlation of the sides over pairs, NaN where a side does not vary: [draw, unit]."""
    variance_a, variance_b = m.aa - m.a**2, m.bb - m.b**2
    known = m.varies_a & m.varies_b & (variance_a > ROUNDING * m.aa) & (variance_b > ROUNDING * m.bb)
    return np.where(known, m.ab - m.a * m.b, np.nan) / np.sqrt(np.where(known, variance_a * variance_b, 1))


def mean_of_known(values):
    """Mean over units of [draw, unit], NaN left out; NaN where none is left."""
    known = ~np.isnan(values)
    return np.where(known.any(1), np.nansum(values, 1) / np.maximum(known.sum(1), 1), np.nan)


def known_quotient(numerator, denominator, known):
    """numerator / denominator where `known`, NaN elsewhere."""
    return np.where(known, numerator, np.nan) / np.where(known, denominator, 1)


def drawn(values, weights):
    """Take the draw axis off where no draws were asked for: factor -> array."""
    return values if weights is not None else {factor: value[0] for factor, value in values.items()}
