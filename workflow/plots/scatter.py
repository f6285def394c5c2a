"""Static against dynamic similarity of every layer, as in Kowal et al. (CVPR 2022), Fig. 1."""

import seaborn

from workflow.parts.figure_style import named


def draw(scores, settings):
    """One point per layer, one panel per metric; deeper layers are larger, layers of a network are joined in depth order."""
    table = named(scores[(scores["quantity"] == "S") & scores["unit"].isna() & scores["factor"].isin(["static", "dynamic"])])
    keys = ["metric", "dataset", "model", "layer", "depth"]
    table = table.pivot(index=keys, columns="factor", values="value").reset_index().sort_values(["model", "depth"])
    grid = seaborn.relplot(
        table, x="static", y="dynamic", hue="model", style="model", size="depth", sizes=(20, 120), col="metric",
        palette="colorblind", height=3, aspect=1.1, facet_kws={"sharex": False, "sharey": False},
    )  # fmt: skip
    for axes, metric in zip(grid.axes.flat, grid.col_names, strict=True):
        for _, own in table[table["metric"] == metric].groupby("model", sort=False):
            axes.plot(own["static"], own["dynamic"], color="0.8", linewidth=0.8, zorder=0)
        low, high = min(axes.get_xlim()[0], axes.get_ylim()[0]), max(axes.get_xlim()[1], axes.get_ylim()[1])
        axes.plot([low, high], [low, high], color="0.6", linestyle=":", linewidth=1)  # as static as dynamic
    grid.set_axis_labels("static similarity S", "dynamic similarity S").set_titles("{col_name}")
    return grid.figure
