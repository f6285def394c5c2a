"""What was expected and what came out: one line per claim of the config, with its interval and verdict."""

import matplotlib.pyplot as plt

from workflow.parts.figure_style import note, wrapped

TABLE = "claims"
VERDICTS = {"holds": "#1b9e77", "fits": "#1b9e77", "undecided": "#8c8c8c", "contradicted": "#d95f02"}
MARKS = {"holds": "o", "fits": "o", "undecided": "s", "contradicted": "X"}  # told apart without colour too


def draw(claims, settings):
    """One panel per measure; a claim of `more` holds right of the line, one of `equal` fits where its interval crosses it."""
    if claims.empty:
        return note("this experiment claims nothing")
    panels = list(claims.groupby("measure", sort=False))
    heights = [0.42 * len(own) + 0.35 for _, own in panels]
    size = (7.2, sum(heights) + 0.5 * len(panels))
    figure, grid = plt.subplots(len(panels), 1, figsize=size, squeeze=False, height_ratios=heights, layout="constrained")
    for axes, (measure, own) in zip(grid[:, 0], panels, strict=True):
        draw_panel(axes, own.reset_index(drop=True))
        axes.set_title(measure, loc="left")
    return figure


def draw_panel(axes, claims):
    """Points and intervals of the claims about one measure."""
    for row in claims.itertuples():
        axes.hlines(row.Index, row.low, row.high, color=VERDICTS[row.verdict], linewidth=1.5)
        axes.plot(row.value, row.Index, MARKS[row.verdict], color=VERDICTS[row.verdict], markersize=4)
        axes.annotate(row.verdict, (1.01, row.Index), xycoords=("axes fraction", "data"), va="center", fontsize=7)
    axes.axvline(0, color="0.4", linewidth=0.8)
    names = [wrapped(f"{row.claim}{' (expected: equal)' if row.expect == 'equal' else ''}", 52) for row in claims.itertuples()]
    axes.set_yticks(range(len(claims)), names, fontsize=7)
    axes.set_ylim(len(claims) - 0.5, -0.5)
