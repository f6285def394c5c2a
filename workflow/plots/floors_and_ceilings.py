"""Similarities of every layer between what chance and what the network itself set as limits."""

import matplotlib.pyplot as plt
import numpy as np

from workflow.parts.figure_style import COLOURS, named, note, slant_layers, wrapped

LINES = {"random_weights": "--", "c2d_twin": ":"}


def draw(scores, settings):
    """One panel per metric and network; broken lines are its floors, the grey line its ceiling.

    Floors: the same network with random weights, and its C2D twin, which sees no order; one whose network was not scored on
    the data set has a panel of its own. Ceiling: similarity of identical pairs, which share appearance and dynamics.
    """
    table = scores[scores["quantity"].eq("S") & scores["unit"].isna() & scores["factor"].isin(["static", "dynamic", "identical"])]
    scored = set(zip(table["dataset"], table["model"], strict=True))
    is_floor = [source in scored for source in zip(table["dataset"], table["derived_from"], strict=True)]
    own = table[np.logical_not(is_floor)]
    floors, own = table[is_floor], named(own).assign(name=own["model"])
    if own.empty:
        return note("no metric of this experiment gives similarities")
    panels = own.groupby(["metric", "dataset", "name", "model"], sort=False)
    columns = own.drop_duplicates(["dataset", "name"]).shape[0]
    rows = -(-panels.ngroups // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(2.6 * columns + 1.2, 1.9 * rows + 0.4), sharey=True, squeeze=False, layout="constrained"
    )
    for axes, ((metric, dataset, name, model), panel) in zip(grid.flat, panels, strict=False):
        below = floors[(floors["metric"] == metric) & (floors["dataset"] == dataset) & (floors["derived_from"] == name)]
        draw_panel(axes, panel, below)
        axes.set_title(f"{wrapped(model)}\n{metric}")
    handles = {label: h for axes in grid.flat for h, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False)
    grid[0, 0].set_ylabel("similarity S")
    return figure


def draw_panel(axes, table, floors):
    """Curves of one network with their intervals, its floors and its ceiling."""
    for factor, own in table.sort_values("depth").groupby("factor", sort=False):
        label = "ceiling: identical" if factor == "identical" else factor
        axes.plot(own["layer"], own["value"], color=COLOURS[factor], label=label, marker="o", markersize=3)
        axes.fill_between(own["layer"], own["low"], own["high"], color=COLOURS[factor], alpha=0.2, linewidth=0)
    for (derivation, factor), own in floors[floors["factor"] != "identical"].sort_values("depth").groupby(["derivation", "factor"]):
        label = f"floor: {factor}, {derivation.replace('_', ' ')}"
        axes.plot(own["layer"], own["value"], color=COLOURS[factor], linestyle=LINES[derivation], label=label, linewidth=1)
    slant_layers(axes)
