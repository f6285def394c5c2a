"""Shares of independent yes or no, and how sure they are."""

from statistics import NormalDist


def wilson(share, n, confidence):
    """Wilson's score interval (JASA 22:209, 1927) of a share of `n` independent yes or no: (low, high)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def relative_change(new, n_new, old, n_old, confidence):
    """By how many percent one share is above another, each of so many: value, low and high.

    The interval spans what the intervals of both allow together: it is never too narrow.
    """
    (new_low, new_high), (old_low, old_high) = wilson(new, n_new, confidence), wilson(old, n_old, confidence)
    pairs = {"value": (new, old), "low": (new_low, old_high), "high": (new_high, old_low)}
    return {name: 100 * (ours / theirs - 1) for name, (ours, theirs) in pairs.items()}
