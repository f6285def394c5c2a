"""Percent static and dynamic of every layer, as in Kowal et al. (CVPR 2022), Fig. 3."""

import seaborn

from workflow.parts.figure_style import COLOURS, named, note, slant_layers, wrap_titles

REACHABLE = (15.5, 42.2)  # percent that S in [0, 1] can reach at all: e^0/(e^0 + 2e) to e/(2e + 1)


def draw(scores, settings):
    """One panel per metric and network; what remains to 100 is `identical`; percentages are a softmax of S, and the grey band is
    what S in [0, 1] can reach.

    Coloured bands are intervals over videos. Metrics without percentages are left out.
    """
    table = named(scores[(scores["quantity"] == "percent") & scores["factor"].isin(["static", "dynamic"])])
    table = table.dropna(subset=["value"])
    if table.empty:
        return note("no metric of this experiment gives percentages")
    grid = seaborn.relplot(
        table, x="layer", y="value", hue="factor", style="factor", row="metric", col="model", kind="line",
        markers=True, dashes=False, palette=COLOURS, hue_order=["dynamic", "static"], style_order=["dynamic", "static"],
        height=1.9, aspect=1.1,
        facet_kws={"sharex": "col", "margin_titles": True},
    )  # fmt: skip
    for axes in grid.axes.flat:
        axes.axhspan(*REACHABLE, color="0.95", zorder=0)
        slant_layers(axes)
    for (metric, model), axes in grid.axes_dict.items():
        for (_, factor), own in table[(table["metric"] == metric) & (table["model"] == model)].groupby(["dataset", "factor"]):
            own = own.sort_values("depth")
            axes.fill_between(own["layer"], own["low"], own["high"], color=COLOURS[factor], alpha=0.2, linewidth=0)
    grid.set_axis_labels("", "percent").set_titles(row_template="{row_name}", col_template="{col_name}")
    wrap_titles(grid)
    return grid.figure
