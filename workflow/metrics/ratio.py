"""Similarity as computed by the released code of Kowal et al. (CVPR 2022): shared covariance over total variance."""

import numpy as np

from workflow.parts.moments import drawn, moments_of

PAIRS = "primary"


def score(sides, pairs=None, weights=None):
    """Layer and unit similarity per factor.

    sides[factor] = (a, b), float [pair, unit]; pairs[factor] the rows of the pair table in the same order; weights
    [draw, video] resample videos. Returns ({factor: S}, {factor: r [unit]}), with a leading draw axis where weights come.
    Per factor, with m and v the pooled mean and variance of both sides: covariance = mean (a - m)(b - m), unit score
    r = covariance / v (Fisher's intraclass correlation); layer S = sum of covariances over the units / V, with V the sum
    of the units' variances over all rows of the static and the dynamic pairs. A unit that never varies scores NaN.
    """
    moments = moments_of(sides, pairs, weights)
    total = total_variance([m for factor, m in moments.items() if factor in ("static", "dynamic")])  # [draw]
    layer, units = {}, {}
    for factor, m in moments.items():
        mean = (m.a + m.b) / 2
        covariance = np.where(m.varies, m.ab - mean**2, 0.0)
        variance = np.where(m.varies, (m.aa + m.bb) / 2 - mean**2, 0.0)
        layer[factor] = known_quotient(covariance.sum(1), total)
        units[factor] = known_quotient(covariance, variance)
    return drawn(layer, weights), drawn(units, weights)


def total_variance(moments):
    """Variance of each unit over all rows of several factors, summed over units: [draw]."""
    n = sum(m.n for m in moments)
    mean = sum(m.n * (m.a + m.b) for m in moments) / (2 * n)
    square = sum(m.n * (m.aa + m.bb) for m in moments) / (2 * n)
    varies = np.any([m.varies for m in moments], axis=0) | (np.ptp([m.a[0] for m in moments], axis=0) > 0)
    return np.where(varies, square - mean**2, 0.0).sum(1)


def known_quotient(numerator, denominator):
    """numerator / denominator; NaN where the denominator is not positive."""
    known = denominator > 0
    return np.where(known, numerator, np.nan) / np.where(known, denominator, 1)
