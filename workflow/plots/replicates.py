"""What the last layers encode, network by network, its replicates side by side; as in Kowal et al. (CVPR 2022), Fig. 5 left."""

from workflow.parts.figure_panels import lines_of, lists, looks_once
from workflow.parts.figure_style import COLOURS, MARKERS, named, note, of_last_layers

SHOWN = {"percent": ["dynamic", "static"], "share": ["order_dependence", "dynamics", "appearance"]}


def draw(scores, settings):
    """One panel per metric, one row per network, a point with its interval over videos per replicate and factor.

    Replicates are networks whose names differ only by a last number; bars are the means of several. Blue and red mean dynamics and
    appearance in panels of shares.
    """
    table = named(of_last_layers(scores[scores["unit"].isna()]))
    table = table[[factor in SHOWN.get(quantity, []) for quantity, factor in table[["quantity", "factor"]].to_numpy()]]
    table = table.dropna(subset=["value"])
    if table.empty:
        return note("no metric of this experiment gives percentages or shares")
    groups, panels = list(dict.fromkeys(table["group"])), list(table.groupby("metric", sort=False))
    shown = [factor for factors in SHOWN.values() for factor in factors if factor in set(table["factor"])]
    figure, grid = lists([groups] * len(panels), len(panels), looks_once(lines_of(shown)), height=0.2)
    for axes, (metric, own) in zip(grid, panels, strict=True):
        draw_panel(axes, own, groups)
        axes.set_title(metric)
    return figure


def draw_panel(axes, table, groups):
    """The points of one metric; factors stand a little above each other."""
    quantity = table["quantity"].iloc[0]
    factors = [factor for factor in SHOWN[quantity] if factor in set(table["factor"])]
    for k, factor in enumerate(factors):
        own, colour = table[table["factor"] == factor], COLOURS[factor]
        shift = 0.6 * ((k + 0.5) / len(factors) - 0.5)
        rows = own["group"].map(groups.index) + shift
        axes.hlines(rows, own["low"], own["high"], color=colour, linewidth=0.8, alpha=0.4)
        axes.plot(own["value"], rows, MARKERS.get(factor, "o"), color=colour, alpha=0.8)
        means = own.groupby("group")["value"].agg(["mean", "size"]).query("size > 1")
        places = [groups.index(group) + shift for group in means.index]
        axes.plot(means["mean"], places, "|", color=colour, markersize=6, markeredgewidth=1.5)
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("percent" if quantity == "percent" else "share of variance")
