"""Published numbers and ours side by side, as people compare them: open marks are published, filled ones ours."""

from matplotlib.lines import Line2D

from workflow.parts.figure_panels import lines_of, lists
from workflow.parts.figure_style import COLOURS, MARKERS, NETWORKS, note

TABLE = "published"
UNITS = {"percent": "percent", "S": "similarity S", "units": "percent of units, λ = 0.5", "mIoU": "mean IoU, percent"}
UNITS |= {"relative_top1": "change of top-1 on shuffled frames, percent"}
OPEN = {"markerfacecolor": "white", "markeredgewidth": 0.6}
ROW, MARK = 0.3, 0.13  # inches: least height of a row, and what two marks one above the other take of it


def draw(published, settings):
    """One panel per figure and quantity, a row per published case and metric of ours, with ± of reading it off and our intervals.

    Where a row has an open mark alone, there is none of ours; the table of published numbers says why.
    """
    if published.empty:
        return note("this experiment names no published numbers")
    about = published[["network", "trained_on", "published_layer", "metric"]].fillna("")
    trained = about["trained_on"].where(about["trained_on"].eq(""), ", " + about["trained_on"])
    layer = ", " + about["published_layer"].str.replace(" ", "\N{NO-BREAK SPACE}")  # "fusion 5" stays on one line
    case = about["network"] + trained + layer.where(about["published_layer"].ne(""), "")
    table = published.assign(case=case + (" (" + about["metric"] + ")").where(about["metric"].ne(""), ""))
    panels = list(table.groupby(["figure", "quantity"], sort=False))
    rows = [list(dict.fromkeys(own["case"])) for _, own in panels]
    factors = [factor for factor in COLOURS if factor in set(table["factor"])]
    kinds = {"published": OPEN, "ours": {}}
    legend = lines_of(factors) | {name: Line2D([], [], marker="o", color="0.3", **look) for name, look in kinds.items()}
    most = max(own["factor"].nunique() for _, own in panels)
    figure, grid = lists(rows, legend=legend, height=max(ROW, MARK * most))
    for axes, ((name, quantity), own), cases in zip(grid, panels, rows, strict=True):
        draw_panel(axes, own, cases)
        axes.set_title(name)
        axes.set_xlabel(UNITS[quantity])
    return figure


def draw_panel(axes, table, cases):
    """The published marks above ours, factor by factor."""
    factors = list(dict.fromkeys(table["factor"]))
    for row in table.itertuples():
        place = cases.index(row.case) + 0.7 * ((factors.index(row.factor) + 0.25) / len(factors) - 0.5)
        look = {"color": COLOURS.get(row.factor, NETWORKS[0]), "marker": MARKERS.get(row.factor, "o")}
        axes.errorbar(row.published, place, xerr=row.uncertainty, linewidth=0.6, **OPEN, **look)
        below = place + 0.35 / len(factors)
        axes.hlines(below, row.low, row.high, color=look["color"], alpha=0.5)
        axes.plot(row.value, below, **look)
