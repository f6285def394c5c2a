"""What is lost when only the order of the frames changes, layer by layer: dynamics and interaction, as a share of the variance."""

import numpy as np
from matplotlib.lines import Line2D

from workflow.parts.figure_panels import blocks_of, panels
from workflow.parts.figure_style import COLOURS, MARKERS, draw_curve, named, note
from workflow.parts.layer_names import layers_of
from workflow.parts.numbers import ROUNDING

FACTOR = "order_dependence"
SMALL = 0.02  # least greatest share of a network that can be read on a scale from 0 to 1
NONE = {"marker": MARKERS[FACTOR], "markerfacecolor": "white"}


def draw(scores, settings):
    """One panel per data set and network; bands are intervals over videos, and white points are 0: order changes nothing.

    Where a network has small shares only, the scale is logarithmic above its lowest mark and linear from there to 0.
    """
    table = named(scores[scores["quantity"].eq("share") & scores["unit"].isna() & scores["factor"].eq(FACTOR)])
    table = table.astype({end: float for end in ("value", "low", "high")}).dropna(subset=["value"])
    if table.empty:
        return note("no score of this experiment is an order-dependence: the metric 'shares' gives it")
    colour = COLOURS[FACTOR]
    legend = {
        "share of variance": Line2D([], [], color=colour, marker=MARKERS[FACTOR]),
        "0": Line2D([], [], color=colour, linestyle="none", **NONE),
    }
    layers = layers_of(table)
    figure, grid = panels(blocks_of(table, "dataset"), legend, ylabel="order-dependence", layers=layers)
    for (dataset, model), axes in grid.items():
        own = table[(table["dataset"] == dataset) & (table["model"] == model)].sort_values("depth")
        places = np.array([layers[model].index(layer) for layer in own["layer"]])
        draw_curve(axes, places, own, FACTOR)
        zeros = (own["value"].abs() < ROUNDING).to_numpy()
        axes.plot(places[zeros], own["value"][zeros], color=colour, linestyle="none", **NONE)
    for axes in grid.values():  # when all curves of a scale are there
        set_scale(axes, table)
    return figure


def set_scale(axes, table):
    """Linear, or logarithmic from the power of ten below the least share on: with 0 in any case, and room for its points."""
    shares = table.loc[table["value"].abs() >= ROUNDING]
    greatest = shares["value"].abs().groupby([shares["dataset"], shares["model"]]).max()
    ends = table[["value", "low", "high"]]
    top = 1.1 * ends.max().max() if len(shares) else 1.1  # of zeros alone, rounding is not to be magnified
    unit = top
    if (greatest < SMALL).any():
        least = int(np.floor(np.log10(shares["value"].abs().min())))
        unit, top = 10.0**least, max(1.2, top)
        marks = {"0": 0, "1": 1} | {f"1e{power}": 10.0**power for power in range(0, least - 1, -max(1, -least // 3)) if power}
        axes.set_yscale("symlog", linthresh=unit, linscale=1)
        axes.set_yticks(list(marks.values()), list(marks))
        axes.minorticks_off()
    axes.set_ylim(min(-unit / 10, 1.1 * ends.min().min()), top)
