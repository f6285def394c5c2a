"""Is a unit's similarity more than chance? Side b of every pair re-paired across videos, and the false discovery rate."""

import numpy as np
import pandas as pd

from workflow.parts.seeding import generator


def places_of(videos):
    """Row of every video's pairs: int [place, video], -1 where a video has fewer pairs; videos in sorted order."""
    codes = pd.Categorical(videos, sorted(set(videos))).codes
    place = pd.Series(codes).groupby(codes).cumcount().to_numpy()
    grid = np.full((place.max() + 1, codes.max() + 1), -1)
    grid[place, codes] = np.arange(len(codes))
    return grid


def standardised(side, grid):
    """Activations less their mean over pairs, with root mean square 1: float32 [unit, place, video], 0 where there is no pair.

    Float32 carries the Fourier transforms: only the order of mean products matters here.
    """
    rows = np.ascontiguousarray(side.T)  # [unit, pair]
    rows = rows.astype(np.float64) - rows[:, :1]  # a unit that never varies comes out as exactly 0
    rows = (rows - rows.mean(1, keepdims=True)).astype(np.float32)
    scale = np.sqrt(np.mean(rows * rows, axis=1, keepdims=True))
    rows /= np.where(scale > 0, scale, 1)
    return rows.take(grid, axis=1) * (grid >= 0)


def shifted_products(a, b):
    """Sum over places and videos of a's value times the value of b `shift` videos further: [..., place, video] -> [..., shift]."""
    return np.fft.irfft((np.fft.rfft(a).conj() * np.fft.rfft(b)).sum(-2), n=a.shape[-1])


def p_values(a, b, videos, permutations, seed):
    """One-sided p-value of every unit's mean product of the sides over re-pairings of side b across videos: [unit].

    a, b: float [pair, unit]; videos: video of every pair, always in the same order. Re-pairing keeps all variances, so the
    mean product orders re-pairings as correlation and intraclass correlation do. A re-pairing takes the k-th pair of
    another video; where videos differ in their number of pairs, the mean is over pairs that find a partner. NaN where a side
    never varies.
    The re-pairings are all cyclic shifts of the videos (by Fourier transform) in as many random orders of side b as give
    at least `permutations`; shifts of the data themselves come first, so the data are one of equally likely elements (Hemerik &
    Goeman 2018, TEST 27:811) and p = (number of mean products at least as large, the data's own counted) / (number of all).
    """
    grid = places_of(videos)
    n_videos = grid.shape[1]
    rng = generator(seed, "re-pairing", *sorted(set(videos)))
    orders = [np.arange(n_videos)] + [rng.permutation(n_videos) for _ in range(-(-permutations // n_videos) - 1)]
    present = (grid >= 0).astype(np.float64)
    partners = [np.maximum(shifted_products(present, present[:, order]).round(), 1) for order in orders]
    a, b, at_least, own = standardised(a, grid), standardised(b, grid), 0, None
    for order, n in zip(orders, partners, strict=True):
        products = shifted_products(a, b.take(order, axis=-1)) / n  # [unit, shift]
        own = products[:, :1] - 1e-5 if own is None else own  # ASSUME: correlations closer than 1e-5 are ties
        at_least = at_least + (products >= own).sum(1)
    known = a.any((1, 2)) & b.any((1, 2))
    return np.where(known, at_least / (len(orders) * n_videos), np.nan)


def q_values(p):
    """Benjamini-Hochberg q-values [unit]: the false discovery rate at which a unit is found (JRSS B 57:289, 1995); NaN stays."""
    q = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    falling = known[np.argsort(-p[known])]  # largest p first
    ranks = np.arange(len(falling), 0, -1)
    q[falling] = np.minimum(np.minimum.accumulate(p[falling] * len(falling) / ranks), 1)
    return q
