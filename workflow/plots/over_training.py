"""What the last layer encodes at every declared step of a training, from its first step to its last."""

from matplotlib.ticker import MaxNLocator

from workflow.parts.figure_panels import blocks_of, lines_of, looks_once, panels
from workflow.parts.figure_style import COLOURS, draw_curve, note, of_last_layers

SHOWN = {"S": ["dynamic", "static"], "share": ["dynamics", "appearance", "order_dependence"]}


def draw(scores, settings):
    """One panel per metric of similarities S or shares and network trained here, or stream of it, on each data set shown.

    Bands are intervals over videos. Networks without a declared checkpoint are points; those not trained here are left out.
    """
    table = scores[scores["step"].notna() & scores["unit"].isna()]
    listed = [(quantity, factor) for quantity, factors in SHOWN.items() for factor in factors]
    table = of_last_layers(table[table.set_index(["quantity", "factor"]).index.isin(listed)])
    if table.empty:
        return note("no network of this experiment was trained here and scored in similarities or shares")
    network = (table["checkpoint_of"] + " " + table["stream"].fillna("").astype(str)).str.strip()
    several = table["dataset"].nunique() > 1
    table = table.assign(panel=network + "\n" + table["dataset"] if several else network).sort_values("panel", kind="stable")
    factors = [factor for _, factor in listed if factor in set(table["factor"])]
    figure, grid = panels(blocks_of(table, name="panel"), looks_once(lines_of(factors)))
    for (metric, panel), axes in grid.items():
        own = table[(table["metric"] == metric) & (table["panel"] == panel)].sort_values("step")
        for factor, line in own.groupby("factor", sort=False):
            draw_curve(axes, line["step"].astype(float), line, factor)
            axes.vlines(line["step"], line["low"], line["high"], color=COLOURS[factor], alpha=0.4, linewidth=0.6)
        axes.xaxis.set_major_locator(MaxNLocator(2, integer=True))
        axes.set_xlim(left=min(0, axes.get_xlim()[0]))
        axes.set_xlabel("training step")
    return figure
