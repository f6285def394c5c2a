"""Percent static and dynamic of every layer, as in Kowal et al. (CVPR 2022), Fig. 3."""

from workflow.parts.figure_panels import blocks_of, lines_of, panels
from workflow.parts.figure_style import draw_curve, named, note
from workflow.parts.layer_names import layers_of
from workflow.parts.numbers import REACHABLE

FACTORS = ["dynamic", "static"]


def draw(scores, settings):
    """One panel per metric and network; what remains to 100 is `identical`; percentages are a softmax of S, and the grey band is
    what S in [0, 1] can reach.

    Coloured bands are intervals over videos. Metrics without percentages are left out.
    """
    table = named(scores[(scores["quantity"] == "percent") & scores["factor"].isin(FACTORS)])
    table = table.dropna(subset=["value"]).astype({"value": float})
    if table.empty:
        return note("no metric of this experiment gives percentages")
    layers = layers_of(table)
    figure, grid = panels(blocks_of(table), lines_of(FACTORS), ylabel="percent\n{}", layers=layers)
    for (metric, model), axes in grid.items():
        own = table[(table["metric"] == metric) & (table["model"] == model)].sort_values("depth")
        axes.axhspan(*REACHABLE, color="0.95", zorder=0)
        for factor, curve in own.groupby("factor"):
            draw_curve(axes, [layers[model].index(layer) for layer in curve["layer"]], curve, factor)
    return figure
