"""What a unit's variance between clips is made of: the crossed decomposition (pick-freeze Sobol estimate).

Sobol, Mathematics and Computers in Simulation 2001, estimates the variance of what two inputs share by the product of two
runs that share it; here the inputs are clip, style and dynamics, and all four cells of every crossing have been run.
"""

import numpy as np

from workflow.lib.errors import BadInput
from workflow.parts.crossings import FACTORS, crossed_cells
from workflow.parts.moments import ROUNDING, drawn, known_quotient
from workflow.parts.video_sums import VideoSums, unit_chunks, video_sums, videos_of

PAIRS, QUANTITY, RESAMPLES = "all", "share", True


def score(sides, pairs=None, weights=None):
    """Shares of every layer and unit: content, appearance, dynamics, interaction (they sum to 1), order and style dependence.

    sides[factor] = (a, b), float [pair, unit], of static, dynamic and neither; pairs[factor] the rows of the pair table in
    the same order; weights [draw, video] resample videos. Returns ({share: value}, {share: value [unit]}), with a leading
    draw axis where weights come. Negative shares stay. A unit or layer without variance (V <= 0, or not above rounding)
    scores NaN. BadInput where the pair table is not crossed.
    """
    if pairs is None:
        raise BadInput("shares needs the pair table, to see that it is crossed; none came")
    cell_means = CellMeans(pairs, weights, *crossed_cells(pairs))
    sides = {factor: sides[factor] for factor in FACTORS}
    rows = video_sums(sides, pairs, weights)
    terms = np.concatenate([products(chunk, rows, cell_means) for chunk in unit_chunks(sides)], axis=-1)  # [term, draw, unit]
    return drawn(shares(terms.sum(-1)), weights), drawn(shares(terms), weights)


def shares(terms):
    """Shares from C_static, C_dynamic, C_neither, Q and B: [term, ...] -> share -> [...]."""
    c_static, c_dynamic, c_neither, q, b = terms
    v = q - b
    numerators = {
        "content": c_neither - b,
        "appearance": c_static - c_neither,
        "dynamics": c_dynamic - c_neither,
        "interaction": q - c_static - c_dynamic + c_neither,
        "order_dependence": q - c_static,
        "style_dependence": q - c_dynamic,
    }
    return {name: known_quotient(numerator, v, v > ROUNDING * q) for name, numerator in numerators.items()}


def products(sides, rows, cell_means):
    """C_static, C_dynamic, C_neither (mean products of the sides), Q (mean square of the cells) and B of some units.

    sides[factor] = (a, b), float [pair, unit]. Returns float64 [term, draw, unit], 0 for a unit that never varies.
    """
    centre = np.mean([side.mean(0, dtype=np.float64) for side in sides["static"]], axis=0)
    varies = np.ptp(sides["static"], axis=(0, 1)) > 0  # the static pairs hold all four cells
    terms = []
    for factor, both in sides.items():
        a, b = (rows[factor].arrange(side) - centre for side in both)
        sums = rows[factor].totals(a * b, (a * a + b * b) / 2) if factor == "static" else rows[factor].totals(a * b)
        terms += [total / rows[factor].n for total in sums]
    c_static, q, c_dynamic, c_neither = terms
    b = cell_means.mean_product(np.concatenate([side - centre for side in sides["neither"]]))
    return np.where(varies, np.stack([c_static, c_dynamic, c_neither, q, b]), 0.0)


class CellMeans:
    """Mean over the neither pairs of the product of their two cells' means, in every draw.

    pairs[factor]: rows of the pair table; style, perturbed [neither pair, side]: where each side stands. The mean of a cell
    is taken over all crossings with that style and the same kind of dynamics.
    """

    def __init__(self, pairs, weights, style, perturbed):
        cell = (2 * style + perturbed).T  # [side, pair]
        if weights is None:
            video, weights = np.arange(cell.shape[1]), np.ones((1, cell.shape[1]))
        else:
            video, weights = np.searchsorted(videos_of(pairs), pairs["neither"]["video"]), np.asarray(weights, np.float64)
        self.rows = {c: np.flatnonzero(cell.ravel() == c) for c in np.unique(cell)}  # among side a, then side b
        self.sums = {c: VideoSums(np.tile(video, 2)[rows], weights) for c, rows in self.rows.items()}
        self.rows = {c: rows[self.sums[c].order] for c, rows in self.rows.items()}
        meetings, which = np.unique(np.sort(cell, axis=0), axis=1, return_inverse=True)
        counts = [weights @ np.bincount(video, which == i, weights.shape[1]) for i in range(meetings.shape[1])]
        self.meetings = [(*cells, n[:, None]) for cells, n in zip(meetings.T, counts, strict=True)]  # cell, cell, [draw, 1]

    def mean_product(self, values):
        """B: values [side a of all neither pairs, then side b; unit] -> [draw, unit]."""
        means = {}
        for c, rows in self.rows.items():
            sums = self.sums[c]
            (total,) = sums.totals(values[rows])
            means[c] = np.nan_to_num(total / sums.n)  # a cell that no clip of the draw has meets no other
        n = sum(n for *_, n in self.meetings)
        return sum(n * means[c] * means[d] for c, d, n in self.meetings) / n
