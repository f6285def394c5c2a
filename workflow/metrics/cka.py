"""Debiased linear centred kernel alignment (CKA) of the two sides: the similarity of a whole layer, blind to rotations.

Kornblith et al., ICML 2019; the debiased estimate is that of HSIC in Song et al., JMLR 2012, Eq. 4.
"""

import numpy as np

from workflow.parts.video_sums import need_pairs

PAIRS, QUANTITY = "primary", "cka"
# Not resampled: a video drawn twice puts copies of itself off the kernels' diagonals, which is all that debiasing takes
# away, so a bootstrap interval would lie above the value it belongs to.
RESAMPLES = False
BLOCK = 512  # rows of a product at a time


def score(sides, pairs=None, weights=None):
    """CKA per factor; a layer has one, its units have none: ({factor: cka}, {}).

    sides[factor] = (a, b), float [pair, unit]. 1 for sides that agree up to rotation, shift and one common scale; about 0,
    on either side of it, for independent ones. NaN for fewer than 4 pairs or a side without variance. BadInput where a
    factor has no pairs. The pairs must be independent: `kept` says which of a pair table are.
    """
    if weights is not None:
        raise ValueError("cka cannot be resampled: its module says RESAMPLES = False and why")
    need_pairs(sides, sides)
    return {factor: debiased_cka(*map(np.asarray, both)) for factor, both in sides.items()}, {}


def kept(pairs):
    """Which rows of a pair table are used: the first of every factor and video, bool [pair].

    Crossings of one clip share variants, and such copies off the kernels' diagonals would raise the value.
    """
    return ~pairs.duplicated(["factor", "video"]).to_numpy()


def debiased_cka(a, b):
    """Debiased linear CKA of a, b [pair, unit]; the two may differ in their number of units."""
    if len(a) < 4 or not np.ptp(a, axis=0).any() or not np.ptp(b, axis=0).any():
        return np.nan
    a, b = (x.astype(np.float64) - x.mean(0, dtype=np.float64) for x in (a, b))
    ab, aa, bb = debiased_hsic(a, b), debiased_hsic(a, a), debiased_hsic(b, b)
    return ab / np.sqrt(aa * bb) if aa > 0 and bb > 0 else np.nan


def debiased_hsic(a, b):
    """n (n - 3) times the unbiased HSIC of centred a, b [pair, unit] under linear kernels.

    Written in squared norms: with the kernels' diagonals removed, 1'K1 = -sum |a_i|^2 and 1'KL1 = sum |a_i|^2 |b_i|^2.
    """
    n = len(a)
    norm_a, norm_b = (a * a).sum(1), (b * b).sum(1)  # [pair]
    return squared_norm(a, b) - norm_a @ norm_b * n / (n - 2) + norm_a.sum() * norm_b.sum() / ((n - 1) * (n - 2))


def squared_norm(a, b):
    """Squared Frobenius norm of a'b, from products over pairs or over units, whichever are fewer; a block at a time."""
    if a.shape[1] * b.shape[1] <= len(a) * (a.shape[1] + b.shape[1]):
        return sum(np.square(a[:, i : i + BLOCK].T @ b).sum() for i in range(0, a.shape[1], BLOCK))
    return sum(np.vdot(a[i : i + BLOCK] @ a.T, b[i : i + BLOCK] @ b.T) for i in range(0, len(a), BLOCK))
