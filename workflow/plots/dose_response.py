"""How similarity falls as order is destroyed: S against the window within which frames keep their order."""

import re

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from workflow.parts.figure_panels import blocks_of, panels
from workflow.parts.figure_style import named, note

PERTURBATIONS = "all"
SHADES = plt.get_cmap("viridis")


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
    shades = {"first layer": 0.0, "middle": 0.45, "last layer": 0.9}
    legend = {name: Line2D([], [], color=SHADES(shade), marker="o") for name, shade in shades.items()}
    figure, grid = panels(blocks_of(table), legend, ylabel="static S\n{}")
    windows = sorted(set(table["window"]))
    for (metric, model), axes in grid.items():
        own = table[(table["metric"] == metric) & (table["model"] == model)].sort_values("window")
        for depth, layer in own.groupby("depth"):
            colour = SHADES(0.9 * depth / max(1, own["depth"].max()))
            axes.vlines(layer["window"], layer["low"], layer["high"], color=colour, linewidth=0.6, alpha=0.6)
            axes.plot(layer["window"], layer["value"], marker="o", color=colour)
        axes.set_xscale("log", base=2)
        axes.set_xticks(windows, [f"{window:.0f}" for window in windows])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("frames kept together")
    return figure
