"""Static against dynamic similarity of every layer, as in Kowal et al. (CVPR 2022), Fig. 1."""

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from workflow.parts.figure_panels import LINE, in_columns
from workflow.parts.figure_style import COLUMN, NETWORKS, named, note, wrapped
from workflow.parts.numbers import fixed

FACTORS = ["static", "dynamic"]
SIGNS = ["o", "s", "^", "D", "v", "P", "X", ">"]  # eight, and seven colours: 56 networks look different


def draw(scores, settings):
    """One point per layer, one panel per metric; layers of a network are joined in depth order, and its last is filled.

    On the dotted line both are equal; axes have their own scales, which a control does not set where there are other networks: the
    title says where those end that lie beyond. Grey crosses are intervals over videos of last layers. Metrics without a similarity
    S are left out. Networks that are one but for their seed look alike.
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
        own = table[table["metric"] == metric]
        control = own["training"].eq("control")
        control &= any(len(layers["value"].dropna()) for _, layers in networks_of(own[~control]))
        draw_networks(axes, own[~control], looks)
        ends = axes.get_xlim(), axes.get_ylim()
        draw_networks(axes, own[control], looks)
        axes.axline((0, 0), slope=1, color="0.6", linestyle=":", linewidth=0.8, zorder=0)  # as static as dynamic
        axes.set(xlim=ends[0], ylim=ends[1])
        axes.tick_params(pad=3)  # where both axes have a number at their corner
        axes.set_title("\n".join([metric, *beyond(own[control], *ends)]))
        axes.set(xlabel="static similarity S", ylabel="dynamic similarity S")
    lines = sum(axes.get_title().count("\n") for axes in figure.axes)
    figure.set_size_inches(size[0], size[1] + 1.3 * LINE * lines)
    figure.legend(legend.values(), legend.keys(), loc="outside lower center", ncols=columns)
    return figure


def networks_of(table):
    """The networks of a table, or streams of them: (group, [value, low, high] of each factor, a row a layer, the last one last)."""
    for (_, group), own in table.groupby(["model", "group"], sort=False):
        yield group, own.pivot(index="depth", columns="factor", values=["value", "low", "high"]).astype(float)


def draw_networks(axes, table, looks):
    """The layers of networks, with the intervals of the last ones."""
    for group, layers in networks_of(table):
        look, last = looks[group], layers.iloc[-1:]
        static, dynamic = (layers["value", factor] for factor in FACTORS)
        axes.plot(static, dynamic, linewidth=0.5, markerfacecolor="white", markeredgewidth=0.6, alpha=0.7, **look)
        across, up = ([abs(last[end, f] - last["value", f]) for end in ("low", "high")] for f in FACTORS)
        axes.errorbar(static[-1:], dynamic[-1:], up, across, fmt="none", ecolor="0.6", elinewidth=0.6, zorder=1)
        axes.plot(static[-1:], dynamic[-1:], linestyle="none", markersize=4, zorder=3, **look)


def beyond(table, *ends):
    """A line on each network with layers beyond the ends of the axes, (static, dynamic): where its last one lies, if beyond too."""
    for group, layers in networks_of(table):
        static, dynamic = (layers["value", factor] for factor in FACTORS)
        inside = static.between(*ends[0]) & dynamic.between(*ends[1]) | static.isna() | dynamic.isna()
        place = f"{group}, its last layer at {fixed(static.iloc[-1], 2)},\u00a0{fixed(dynamic.iloc[-1], 2)}"
        if not inside.all():
            yield wrapped("beyond: " + (f"layers of {group}" if inside.iloc[-1] else place), 55)
