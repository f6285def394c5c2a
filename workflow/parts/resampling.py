"""Resampling videos: bootstrap draws, subsets, and the intervals they give."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from workflow.parts.seeding import generator, seed_of

NORMAL = NormalDist()
SMALLEST_SUBSET = 4
PART = 16  # draws at a time; a multiple of 4, the rows that OpenBLAS sums together: sums are to the bit those of all draws at once
# How often the draws' bias is taken off the end that it pulled inwards, and off the other end: twice, but for `bits`, which have
# theirs taken off once by formula, and for `units`, whose draws (`class_draws`) have none.
BIASES, TWICE = {"bits": (1, 0), "units": (0, 0)}, (2, 2)


class Resample(NamedTuple):
    """One way of drawing videos: `bootstrap` (with replacement) or `subset` (without), and how often each video is drawn."""

    kind: str
    n_videos: int  # per draw
    weights: np.ndarray  # [draw, video]


def resamples(videos, draws, subsets, seed):
    """The bootstrap of `draws` draws, then `subsets` subsets of every size: a list of Resample without empty ones."""
    if draws == 0:
        return []
    listed = [Resample("bootstrap", len(videos), bootstrap_weights(videos, draws, seed))]
    listed += [Resample("subset", n, subset_weights(videos, n, subsets, seed)) for n in subset_sizes(len(videos))]
    return [each for each in listed if len(each.weights)]


def names_digest(names):
    """Text that is the same for equal sets of names and for no others."""
    return f"{seed_of(*sorted(names)):016x}"


def bootstrap_weights(videos, draws, seed):
    """How often each video is drawn: float64 [draw, video], every row summing to the number of videos.

    Keyed by the videos alone, so layers, metrics and networks seen on the same videos share their draws and can be
    compared draw by draw. Float, because numpy multiplies whole numbers without BLAS.
    """
    weights = np.empty((draws, len(videos)))
    for k, part in enumerate(bootstrap_parts(videos, draws, seed)):
        weights[k * PART : (k + 1) * PART] = part
    return weights


def bootstrap_parts(videos, draws, seed):
    """Yield the rows of bootstrap_weights, PART draws at a time, for what needs no more of them at once."""
    rng, even = generator(seed, "bootstrap", *videos), np.full(len(videos), 1 / len(videos))
    for first in range(0, draws, PART):
        yield rng.multinomial(len(videos), even, min(PART, draws - first)).astype(np.float64)


def subset_sizes(n_videos):
    """Sizes at which the stability of a score is looked at: powers of two up to half the videos."""
    sizes = [SMALLEST_SUBSET]
    while sizes[-1] * 2 <= n_videos / 2:
        sizes.append(sizes[-1] * 2)
    return [size for size in sizes if size <= n_videos / 2]


def subset_weights(videos, size, subsets, seed):
    """Subsets of `size` videos drawn without replacement: float64 [subset, video] of zeros and ones."""
    rng = generator(seed, "subset", size, *videos)
    ranks = rng.random((subsets, len(videos))).argsort(1).argsort(1)
    return (ranks < size).astype(np.float64)


def t_quantile(level, freedom):
    """Quantile of Student's t, by the expansion in 1/freedom of Abramowitz & Stegun 26.7.5 (3 % off at 2, .1 % at 5)."""
    z = NORMAL.inv_cdf(level)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


def interval_levels(confidence, n_videos):
    """Lower and upper quantile of the bootstrap draws that make an interval.

    The percentile interval's, widened for few videos: alpha/2 becomes Phi(-sqrt(n/(n-1)) t_{n-1}), Hesterberg 2015 (The
    American Statistician 69:371), section 5.
    """
    t = t_quantile((1 + confidence) / 2, n_videos - 1)
    low = NORMAL.cdf(-t * (n_videos / (n_videos - 1)) ** 0.5)
    return low, 1 - low


def interval(draws, value, confidence, n_videos, quantity=None):
    """Low and high end of the interval of `value` [...]: draws [draw, ...] -> two arrays [...]; NaN where any draw is NaN.

    The percentile interval, moved to where the draws would stand without bias. Resampling adds as much bias as sampling did
    (mean of the draws less the value: Efron & Tibshirani 1993, section 10.2), so draws are biased twice; over hundreds of units,
    or in a share, that is more than the interval's width. The end that bias pulled inwards is moved in full; the other as far
    as bias counts beside the spread (a small one says more of the skewness of a single score than of where it lies).
    quantity: whose draws carry another bias (`BIASES`); for `units`, whose carry none, the interval is stretched to the value.
    """
    ordered = np.sort(draws, axis=0)  # NaN last
    inward, other = BIASES.get(quantity, TWICE)
    bias, spread = ordered.mean(0) - value, ordered.std(0)
    other = other * np.minimum(1, 2 * np.abs(bias) / np.where(spread > 0, spread, 1))
    ends = []
    for level, sign in zip(interval_levels(confidence, n_videos), (1, -1), strict=True):
        position = level * (len(draws) - 1)
        floor = int(position)
        below, above = ordered[floor], ordered[min(floor + 1, len(draws) - 1)]
        end = below + (position - floor) * (above - below)
        ends.append(end - bias * np.where(sign * bias > 0, inward, other))
    return ends if inward else [np.minimum(ends[0], value), np.maximum(ends[1], value)]
