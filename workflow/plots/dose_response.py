"""How similarity falls as order is destroyed: S against the window within which frames keep their order."""

import re

import seaborn

from workflow.parts.figure_style import named, note

PERTURBATIONS = "all"


def window_of(perturbation):
    """Frames that stay together under a perturbation: 1 for shuffle, k for block_shuffle(window=k), nothing for others."""
    block = re.fullmatch(r"block_shuffle\(window=(\d+)\)", perturbation or "")
    return int(block[1]) if block else 1 if perturbation == "shuffle" else None


def draw(scores, settings):
    """Static similarity of every layer against the window, one panel per metric and network; bars are intervals over videos.

    A network that is not shown every frame of the clip sees fewer frames kept together than the axis says.
    """
    table = named(scores[scores["quantity"].eq("S") & scores["unit"].isna() & scores["factor"].eq("static")])
    table = table.assign(window=table["perturbation"].map(window_of)).dropna(subset=["window"])
    if table["window"].nunique() < 2:
        return note("a dose-response needs shuffle and block_shuffle, or block_shuffle with several windows")
    grid = seaborn.relplot(
        table, x="window", y="value", hue="layer", style="layer", row="metric", col="model", kind="line", markers=True,
        dashes=False, palette="viridis", height=1.9, aspect=1.4, facet_kws={"margin_titles": True},
    )  # fmt: skip
    for (metric, model), axes in grid.axes_dict.items():
        own = table[(table["metric"] == metric) & (table["model"] == model)]
        axes.vlines(own["window"], own["low"], own["high"], color="0.6", linewidth=0.8, zorder=0)
        axes.set_xscale("log", base=2)
    grid.set_axis_labels("clip frames kept together", "static similarity S").set_titles(
        row_template="{row_name}", col_template="{col_name}"
    )
    return grid.figure
