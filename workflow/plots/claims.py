"""What was expected and what came out: one line per claim of the config, with its interval and verdict."""

from workflow.parts.figure_panels import lists
from workflow.parts.figure_style import note

TABLE = "claims"
VERDICTS = {"holds": "#009e73", "fits": "#009e73", "undecided": "#595959", "contradicted": "#d55e00"}
MARKS = {"holds": "o", "fits": "o", "undecided": "s", "contradicted": "X"}  # told apart without colour too


def draw(claims, settings):
    """One panel per measure; a claim of `more` holds right of the line, one of `equal` fits where its interval crosses it."""
    if claims.empty:
        return note("this experiment claims nothing")
    panels = list(claims.groupby("measure", sort=False))
    said = claims["claim"] + claims["expect"].eq("equal").map({True: " (expected: equal)", False: ""})
    figure, grid = lists([said[own.index].tolist() for _, own in panels], letters=34)
    for axes, (measure, own) in zip(grid, panels, strict=True):
        for place, row in enumerate(own.itertuples()):
            axes.hlines(place, row.low, row.high, color=VERDICTS[row.verdict])
            axes.plot(row.value, place, MARKS[row.verdict], color=VERDICTS[row.verdict], markersize=3.5)
            axes.annotate(row.verdict, (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=6)
        axes.axvline(0, color="0.4", linewidth=0.6)
        axes.locator_params(axis="x", nbins=3)
        axes.set_title(measure.removeprefix("shares share ").replace("_", "-"), loc="left")
    return figure
