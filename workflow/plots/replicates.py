"""What the last layers encode, network by network, its replicates of other seeds side by side."""

import matplotlib.pyplot as plt

from workflow.parts.figure_style import COLOURS, named, note, of_last_layers, replicate_groups

SHOWN = {"percent": ["dynamic", "static"], "share": ["order_dependence", "dynamics", "appearance"]}


def draw(scores, settings):
    """One panel per metric, one row per network, a point with its interval over videos per replicate and factor.

    Replicates are networks whose names differ only by a last number; bars are the means of several.
    """
    table = named(of_last_layers(scores[scores["unit"].isna()]))
    table = table[[factor in SHOWN.get(quantity, []) for quantity, factor in table[["quantity", "factor"]].to_numpy()]]
    table = table.dropna(subset=["value"])
    if table.empty:
        return note("no metric of this experiment gives percentages or shares")
    table = table.assign(group=replicate_groups(table["model"]))
    groups, panels = list(dict.fromkeys(table["group"])), list(table.groupby("metric", sort=False))
    size = (2.6 * len(panels) + 2.6, 0.34 * len(groups) + 0.9)
    figure, grid = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axes, (metric, own) in zip(grid[0], panels, strict=True):
        draw_panel(axes, own, groups)
        axes.set_title(metric)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.6 / size[1]), ncols=3, frameon=False, fontsize=7, handlelength=1)
    grid[0, 0].set_yticks(range(len(groups)), groups)
    grid[0, 0].set_ylim(len(groups) - 0.5, -0.5)
    return figure


def draw_panel(axes, table, groups):
    """The points of one metric; factors stand a little above each other."""
    quantity = table["quantity"].iloc[0]
    factors = [factor for factor in SHOWN[quantity] if factor in set(table["factor"])]
    for k, factor in enumerate(factors):
        own = table[table["factor"] == factor]
        shift = 0.5 * ((k + 0.5) / len(factors) - 0.5)
        rows = own["group"].map(groups.index) + shift
        axes.hlines(rows, own["low"], own["high"], color=COLOURS[factor], linewidth=1, alpha=0.35)
        axes.plot(own["value"], rows, "o", color=COLOURS[factor], markersize=3, alpha=0.8, label=factor.replace("_", " "))
        means = own.groupby("group")["value"].agg(["mean", "size"]).query("size > 1")
        axes.plot(
            means["mean"],
            [groups.index(group) + shift for group in means.index],
            "|",
            color=COLOURS[factor],
            markersize=9,
            markeredgewidth=2,
        )
    axes.set_xlabel("percent" if quantity == "percent" else "share of variance")
