"""How many videos are enough: the interval of every network's last layer against the number of videos."""

import seaborn

from workflow.parts.figure_style import COLOURS, named, note, of_last_layers, wrap_titles

TABLE = "stability"
SHOWN = {"S": ["dynamic", "static"], "share": ["dynamics", "appearance"]}


def draw(stability, settings):
    """Half the interval's width of S, or of a share, over sets of so many videos, one panel per metric and network.

    The rightmost point is the bootstrap's interval over all videos; the others come from subsets.
    """
    shown = [stability["factor"].isin(SHOWN.get(q, [])) & (stability["quantity"] == q) for q in SHOWN]
    table = named(of_last_layers(stability[shown[0] | shown[1]]))
    table = table.assign(half=(table["high"] - table["low"]) / 2).dropna(subset=["half"])
    if table.empty:
        return note("no score of this experiment has an interval: it has no draws, or too few videos")
    grid = seaborn.relplot(
        table, x="n_videos", y="half", hue="factor", style="dataset", row="metric", col="model", kind="line", errorbar=None,
        markers=True, palette=COLOURS, hue_order=[f for f in COLOURS if f in set(table["factor"])], height=1.9, aspect=1.1,
        facet_kws={"margin_titles": True, "sharey": "row"},
    )  # fmt: skip
    grid.set(ylim=(0, None))
    for axes in grid.axes.flat:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:.0f}")
    grid.set_axis_labels("videos", "± of the value").set_titles(row_template="{row_name}", col_template="{col_name}")
    wrap_titles(grid)
    return grid.figure
