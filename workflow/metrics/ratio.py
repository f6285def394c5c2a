"""Similarity as computed by the released code of Kowal et al. (CVPR 2022): shared covariance over total variance."""

import numpy as np

from workflow.parts.moments import ROUNDING, drawn, known_quotient, moments_of
from workflow.parts.video_sums import need_pairs

PAIRS, QUANTITY, RESAMPLES = "primary", "S", True
REACH = np.inf  # a layer's S passes 1 where the pairs of one factor vary more than those of both


def score(sides, pairs=None, weights=None):
    """Layer and unit similarity per factor.

    sides[factor] = (a, b), float [pair, unit]; pairs[factor] the rows of the pair table in the same order; weights
    [draw, video] resample videos. Returns ({factor: S}, {factor: r [unit]}), with a leading draw axis where weights come.
    Per factor, with m and v the pooled mean and variance of both sides: covariance = mean (a - m)(b - m), unit score
    r = covariance / v (Fisher's intraclass correlation); layer S = sum of covariances over the units / V, with V the sum
    of the units' variances over all rows of the static and the dynamic pairs.

    Edges: a unit with one and the same value on both sides scores NaN and adds nothing to the covariances; one constant
    per side, the two different, scores -1; one constant and one varying side score between -1 and 0. A layer in which
    nothing varies (V = 0) scores NaN. BadInput where there are no static or no dynamic pairs, which V needs.
    """
    need_pairs(sides, ("static", "dynamic"))
    moments = moments_of(sides, pairs, weights)
    total = total_variance([moments["static"], moments["dynamic"]])  # [draw]
    layer, units = {}, {}
    for factor, m in moments.items():
        mean, square = (m.a + m.b) / 2, (m.aa + m.bb) / 2
        covariance, variance = m.ab - mean**2, square - mean**2
        varies = m.varies & (variance > ROUNDING * square)
        layer[factor] = known_quotient(np.where(varies, covariance, 0).sum(1), total, total > 0)
        units[factor] = known_quotient(covariance, variance, varies)
    return drawn(layer, weights), drawn(units, weights)


def total_variance(moments):
    """Variance of each unit over all rows of several factors, summed over units: [draw]."""
    n = sum(m.n for m in moments)
    mean = sum(m.n * (m.a + m.b) for m in moments) / (2 * n)
    square = sum(m.n * (m.aa + m.bb) for m in moments) / (2 * n)
    variance = square - mean**2
    varies = np.max([m.high for m in moments], axis=0) > np.min([m.low for m in moments], axis=0)
    return np.where(varies & (variance > ROUNDING * square), variance, 0).sum(1)
