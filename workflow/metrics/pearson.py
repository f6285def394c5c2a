"""Similarity as printed in Kowal et al. (CVPR 2022), Eq. 2: the correlation of each unit over pairs that share a factor."""

from workflow.parts.moments import correlation, drawn, mean_of_known, moments_of

PAIRS, QUANTITY, RESAMPLES = "primary", "S", True


def score(sides, pairs=None, weights=None):
    """Layer and unit similarity per factor.

    sides[factor] = (a, b), float [pair, unit]; pairs[factor] the rows of the pair table in the same order; weights
    [draw, video] resample videos. Returns ({factor: S}, {factor: s [unit]}), with a leading draw axis where weights come.
    A unit that never varies on one side scores NaN, and so does a layer of such units alone; BadInput where a factor has
    no pairs. ASSUME: the layer's S is the mean over the other units; the sum printed in Eq. 1 would saturate the softmax
    and contradict the paper's own S_identical = 1.
    """
    units = {factor: correlation(m) for factor, m in moments_of(sides, pairs, weights).items()}
    return drawn({f: mean_of_known(s) for f, s in units.items()}, weights), drawn(units, weights)
