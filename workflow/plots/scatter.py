"""Static against dynamic similarity of every layer, as in Kowal et al. (CVPR 2022), Fig. 1."""

import seaborn

from workflow.parts.figure_style import named, note

FACTORS = ["static", "dynamic"]


def draw(scores, settings):
    """One point per layer, one panel per metric; deeper layers are larger, layers of a network are joined in depth order.

    Grey crosses are intervals over videos. Metrics without a similarity S are left out.
    """
    table = named(scores[(scores["quantity"] == "S") & scores["unit"].isna() & scores["factor"].isin(FACTORS)])
    keys = ["metric", "dataset", "model", "layer", "depth"]
    if table["value"].isna().all():
        return note("no metric of this experiment gives a similarity S")
    table["depth"] = table.groupby(["dataset", "model"])["depth"].rank("dense").astype(int)  # of each stream by itself
    wide = table.pivot(index=keys, columns="factor", values=["value", "low", "high"]).sort_values(["model", "depth"])
    table = wide["value"].reset_index()
    reach = {f: [abs(wide[end, f] - wide["value", f]).to_numpy() for end in ("low", "high")] for f in FACTORS}
    grid = seaborn.relplot(
        table, x="static", y="dynamic", hue="model", style="model", size="depth", sizes=(20, 120), col="metric",
        palette="colorblind", height=3, aspect=1.1, facet_kws={"sharex": False, "sharey": False},
    )  # fmt: skip
    for axes, metric in zip(grid.axes.flat, grid.col_names, strict=True):
        for _, own in table[table["metric"] == metric].groupby(["dataset", "model"], sort=False):
            axes.plot(own["static"], own["dynamic"], color="0.8", linewidth=0.8, zorder=0)
            across, up = ([ends[own.index] for ends in reach[factor]] for factor in FACTORS)
            axes.errorbar(own["static"], own["dynamic"], up, across, fmt="none", ecolor="0.6", elinewidth=0.7, zorder=1)
        low, high = min(axes.get_xlim()[0], axes.get_ylim()[0]), max(axes.get_xlim()[1], axes.get_ylim()[1])
        axes.plot([low, high], [low, high], color="0.6", linestyle=":", linewidth=1)  # as static as dynamic
    grid.set_axis_labels("static similarity S", "dynamic similarity S").set_titles("{col_name}")
    return grid.figure
