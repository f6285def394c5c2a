"""Which frames of a clip a network is shown, and in which order."""

from functools import cache

import numpy as np

from workflow.lib.errors import BadInput


def spread(n_frames, n):
    """Indices of `n` frames spread evenly over `n_frames`, first and last included, a single one from the middle: int [n]."""
    if n == 1:
        return np.array([(n_frames - 1) // 2])
    return np.linspace(0, n_frames - 1, n).round().astype(int)


def sampled_frames(n_frames, n, stride, ahead=0):
    """Indices of the `n` frames a network samples from a clip: every `stride`-th from its middle, or "spread" evenly.

    ahead: frames that must follow each of them in the clip, 1 for the flow to the next one. Raises BadInput naming the clip
    length that is needed.
    """
    needed = (n if stride == "spread" else (n - 1) * stride + 1) + ahead
    if needed > n_frames:
        raise BadInput(
            f"clips of {n_frames} frames came, {n} frames at stride {stride}{' with flow to the next ones' * bool(ahead)} need"
            f" clips of at least {needed}:"
            f" set clip: {{frames: {needed}}}, or of the network a smaller stride, or stride: spread"
        )
    if stride == "spread":
        return spread(n_frames - ahead, n)
    return (n_frames - needed) // 2 + stride * np.arange(n)


def shown_frames(frame_order, sampled):
    """Clip frames in the order a network sees them: int [n].

    The set of sampled frames is untouched; they are shown in the order in which they stand in `frame_order`. An order
    that is no permutation (a frozen frame) is sampled by position.
    """
    order = np.asarray(frame_order)
    if len(set(order.tolist())) < len(order):
        return order[sampled]
    return order[np.isin(order, sampled)]


@cache
def earlier_and_later(n):
    """All two places of n: two int arrays, the first place and the second; kept, for making them takes the longest."""
    return np.triu_indices(n, 1)


def kendall_distance(order):
    """Share of pairs of frames that stand in reverse: 0 for natural order, 1 for reversed; ties count half."""
    order = np.asarray(order)
    if len(order) < 2:
        return 0.0
    earlier, later = earlier_and_later(len(order))
    difference = order[later] - order[earlier]
    return float(((difference < 0) + 0.5 * (difference == 0)).mean())


def least_distance(order):
    """Smallest Kendall distance of the clip's order and of its evenly spaced subsets of 4, 8, 16 and 32 frames."""
    subsets = [spread(len(order), n) for n in (4, 8, 16, 32) if n < len(order)]
    return min(kendall_distance(o) for o in [order, *(shown_frames(order, s) for s in subsets)])
