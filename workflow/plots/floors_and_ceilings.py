"""Similarities of every layer between what chance and what the network itself set as limits."""

import numpy as np
from matplotlib.lines import Line2D

from workflow.parts.figure_panels import blocks_of, lines_of, panels
from workflow.parts.figure_style import COLOURS, draw_curve, named, note
from workflow.parts.layer_names import layers_of

LINES = {"random_weights": "--", "c2d_twin": ":"}


def draw(scores, settings):
    """One panel per metric and network; broken lines are its floors, the grey line its ceiling.

    Floors: the same network with random weights, and its C2D twin, which sees no order; one whose network was not scored by the
    metric on the data set has a panel of its own. Ceiling: similarity of identical pairs, which share appearance and dynamics.
    """
    table = scores[scores["quantity"].eq("S") & scores["unit"].isna() & scores["factor"].isin(["static", "dynamic", "identical"])]
    scored = set(zip(table["dataset"], table["metric"], table["model"], strict=True))
    is_floor = [source in scored for source in zip(table["dataset"], table["metric"], table["derived_from"], strict=True)]
    own = table[np.logical_not(is_floor)]
    floors, own = table[is_floor], named(own).assign(name=own["model"])
    if own.empty:
        return note("no metric of this experiment gives similarities")
    legend = lines_of([factor for factor in ("dynamic", "static", "identical") if factor in set(own["factor"])])
    drawn = {name: line for name, line in LINES.items() if name in set(floors["derivation"])}
    legend |= {f"floor: {name.replace('_', ' ')}": Line2D([], [], color="0.3", linestyle=line) for name, line in drawn.items()}
    layers = layers_of(own)
    figure, grid = panels(blocks_of(own), legend, ylabel="similarity S\n{}", layers=layers)
    for (metric, model), axes in grid.items():
        panel = own[(own["metric"] == metric) & (own["model"] == model)].sort_values("depth")
        dataset, name = panel["dataset"].iloc[0], panel["name"].iloc[0]
        below = floors[(floors["metric"] == metric) & (floors["dataset"] == dataset) & (floors["derived_from"] == name)]
        draw_panel(axes, panel, below[below["layer"].isin(panel["layer"])], layers[model])
    return figure


def draw_panel(axes, table, floors, layers):
    """Curves of one network with their intervals, its floors and its ceiling."""
    for factor, own in table.groupby("factor", sort=False):
        draw_curve(axes, [layers.index(layer) for layer in own["layer"]], own, factor)
    for (derivation, factor), own in floors[floors["factor"] != "identical"].sort_values("depth").groupby(["derivation", "factor"]):
        places = [layers.index(layer) for layer in own["layer"]]
        axes.plot(places, own["value"], color=COLOURS[factor], linestyle=LINES[derivation])
        axes.vlines(places, own["low"], own["high"], color=COLOURS[factor], linewidth=0.5)
