"""Static against dynamic similarity of every layer, as in Kowal et al. (CVPR 2022), Fig. 1."""

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from workflow.parts.figure_panels import LINE, in_columns
from workflow.parts.figure_style import COLUMN, NETWORKS, named, note

FACTORS = ["static", "dynamic"]
SIGNS = ["o", "s", "^", "D", "v", "P", "X"]  # seven, and six colours: 42 networks look different


def draw(scores, settings):
    """One point per layer, one panel per metric; layers of a network are joined in depth order, and its last is filled.

    On the dotted line both are equal; axes have their own scales. Grey crosses are intervals over videos of last layers. Metrics
    without a similarity S are left out. Networks that are one but for their seed look alike.
    """
    table = named(scores[(scores["quantity"] == "S") & scores["unit"].isna() & scores["factor"].isin(FACTORS)])
    if table["value"].isna().all():
        return note("no metric of this experiment gives a similarity S")
    table = table.assign(group=table["group"].str.replace("\n", ", "))
    groups = list(dict.fromkeys(table["group"]))
    looks = {group: {"color": NETWORKS[i % len(NETWORKS)], "marker": SIGNS[i % len(SIGNS)]} for i, group in enumerate(groups)}
    legend = {group: Line2D([], [], linewidth=0.7, **look) for group, look in looks.items()}
    columns, rows = in_columns(legend, COLUMN)
    metrics = list(dict.fromkeys(table["metric"]))
    size = (COLUMN, 2.3 * len(metrics) + 1.25 * LINE * rows + 0.15)
    figure = plt.figure(figsize=size, layout="constrained")
    for axes, metric in zip(figure.subplots(len(metrics), 1, squeeze=False)[:, 0], metrics, strict=True):
        for (_, group), own in table[table["metric"] == metric].groupby(["model", "group"], sort=False):
            draw_network(axes, own, looks[group])
        ends = axes.get_xlim(), axes.get_ylim()
        axes.axline((0, 0), slope=1, color="0.6", linestyle=":", linewidth=0.8, zorder=0)  # as static as dynamic
        axes.set(xlim=ends[0], ylim=ends[1])
        axes.tick_params(pad=3)  # where both axes have a number at their corner
        axes.set(title=metric, xlabel="static similarity S", ylabel="dynamic similarity S")
    figure.legend(legend.values(), legend.keys(), loc="outside lower center", ncols=columns)
    return figure


def draw_network(axes, table, look):
    """The layers of one network, or stream of it."""
    wide = table.pivot(index="depth", columns="factor", values=["value", "low", "high"]).astype(float)
    static, dynamic = (wide["value", factor] for factor in FACTORS)
    axes.plot(static, dynamic, linewidth=0.5, markerfacecolor="white", markeredgewidth=0.6, alpha=0.7, **look)
    last = wide.iloc[-1:]
    across, up = ([abs(last[end, f] - last["value", f]) for end in ("low", "high")] for f in FACTORS)
    axes.errorbar(static[-1:], dynamic[-1:], up, across, fmt="none", ecolor="0.6", elinewidth=0.6, zorder=1)
    axes.plot(static[-1:], dynamic[-1:], linestyle="none", markersize=4, zorder=3, **look)
