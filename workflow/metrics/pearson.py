"""Similarity as printed in Kowal et al. (CVPR 2022), Eq. 2: the correlation of each unit over pairs that share a factor."""

import numpy as np

from workflow.parts.moments import drawn, moments_of

PAIRS = "primary"


def score(sides, pairs=None, weights=None):
    """Layer and unit similarity per factor.

    sides[factor] = (a, b), float [pair, unit]; pairs[factor] the rows of the pair table in the same order; weights
    [draw, video] resample videos. Returns ({factor: S}, {factor: s [unit]}), with a leading draw axis where weights come.
    A unit that never varies on one side scores NaN. ASSUME: the layer's S is the mean over the other units; the sum
    printed in Eq. 1 would saturate the softmax and contradict the paper's own S_identical = 1.
    """
    units = {factor: correlation(m) for factor, m in moments_of(sides, pairs, weights).items()}
    return drawn({f: mean_of_known(s) for f, s in units.items()}, weights), drawn(units, weights)


def correlation(m):
    """Pearson correlation of the sides over pairs: [draw, unit]."""
    variances = (m.aa - m.a**2) * (m.bb - m.b**2)
    known = m.varies_a & m.varies_b & (variances > 0)
    return np.where(known, m.ab - m.a * m.b, np.nan) / np.sqrt(np.where(known, variances, 1))


def mean_of_known(values):
    """Mean over units of [draw, unit], NaN left out; NaN where none is left."""
    known = ~np.isnan(values)
    return np.where(known.any(1), np.nansum(values, 1) / np.maximum(known.sum(1), 1), np.nan)
