"""Mutual information of the two sides in bits, by a Gaussian copula: blind to any monotone change of a unit's scale.

Ince et al., "A statistical framework for neuroimaging data analysis based on mutual information estimated via a Gaussian
copula", Human Brain Mapping 2017.
"""

from statistics import NormalDist

import numpy as np

from workflow.parts.moments import correlation, drawn, mean_of_known, moments_of

PAIRS, QUANTITY, RESAMPLES = "primary", "bits", True


def score(sides, pairs=None, weights=None):
    """Bits that each side tells about the other, per factor: units, and their mean as the layer's value.

    sides[factor] = (a, b), float [pair, unit]; pairs[factor] the rows of the pair table in the same order; weights
    [draw, video] resample videos. Returns ({factor: bits}, {factor: bits [unit]}), with a leading draw axis where weights
    come. Each side of a unit is replaced by the normal scores of its ranks, then I = -log2(1 - rho^2) / 2 less its bias, so
    an independent unit may come out slightly negative. A unit that never varies on one side scores NaN and is left out of
    the mean; BadInput where a factor has no pairs.
    ASSUME: draws keep the ranks of the full sample; for a Gaussian copula that leaves the spread of rho as it is.
    """
    moments = moments_of(sides, pairs, weights, lambda values, factor: normal_scores(values))
    units = {factor: information(correlation(m), m.n) for factor, m in moments.items()}
    return drawn({f: mean_of_known(bits) for f, bits in units.items()}, weights), drawn(units, weights)


def normal_scores(values):
    """Normal quantiles of rank / (n + 1) over pairs, ranks from 1, ties at their mean rank: float64 [pair, unit]."""
    n = len(values)
    order = np.argsort(values, axis=0)
    ranked = np.take_along_axis(values, order, axis=0)
    new, position = ranked[1:] != ranked[:-1], np.arange(n)[:, None]
    edge = np.ones((1, values.shape[1]), bool)
    first = np.maximum.accumulate(np.where(np.concatenate([edge, new]), position, 0), axis=0)
    last = np.minimum.accumulate(np.where(np.concatenate([new, edge]), position, n)[::-1], axis=0)[::-1]
    quantile = np.array([NormalDist().inv_cdf((twice + 2) / 2 / (n + 1)) for twice in range(2 * n - 1)])  # of rank - 1, twice
    scores = np.empty(values.shape)
    np.put_along_axis(scores, order, quantile[first + last], axis=0)
    return scores


def information(rho, n):
    """Mutual information of Gaussian variables in bits from their correlation over n pairs, its bias removed.

    Sampling adds [psi((n - 1) / 2) - psi((n - 2) / 2)] / 2 nats whatever rho is (Wishart determinants), here by its series,
    good to 1e-6 from n = 10. ASSUME: n pairs are n independent ones. Capped at log2 n, all that n ranks can tell (rho = 1).
    """
    unexplained = np.maximum(1 - rho**2, np.finfo(float).tiny)
    m = n - 2
    bias = (1 / m + 1 / (2 * m**2) - 1 / (4 * m**4)) / 2 / np.log(2)
    return np.minimum(-np.log2(unexplained) / 2 - bias, np.log2(n))
