"""What the variance between clips is made of, layer by layer: content, appearance, dynamics and their interaction."""

import matplotlib.pyplot as plt

from workflow.parts.figure_style import COLOURS, named, note, slant_layers, wrapped

ORDER = ["dynamics", "interaction", "appearance", "content"]


def draw(scores, settings):
    """Stacked bars per layer, one panel per data set and network; negative shares hang below zero.

    Black marks are the intervals over videos of the lowest bar, dynamics.
    """
    whole = scores["quantity"].eq("share") & scores["unit"].isna() & scores["factor"].isin(ORDER)
    table = named(scores[whole])
    if table.empty:
        return note("no metric of this experiment gives shares")
    datasets, models = list(dict.fromkeys(table["dataset"])), list(dict.fromkeys(table["model"]))
    size = (2.1 * len(models) + 1, 2.1 * len(datasets) + 0.4)
    figure, grid = plt.subplots(len(datasets), len(models), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axes_row, dataset in zip(grid, datasets, strict=True):
        for axes, model in zip(axes_row, models, strict=True):
            own = table[(table["dataset"] == dataset) & (table["model"] == model)]
            axes.set_visible(len(own) > 0)
            if len(own):
                draw_shares(axes, own)
                axes.set_title(wrapped(model))
        axes_row[0].set_ylabel("share of variance")
    handles = {label: h for axes in grid.flat for h, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False)
    return figure


def draw_shares(axes, table):
    """Stack the shares of one network's layers, positive ones upwards and negative ones downwards from zero."""
    wide = table.pivot(index=["depth", "layer"], columns="factor", values=["value", "low", "high"])  # sorted by depth
    layers = wide.index.get_level_values("layer")
    value = wide["value"].reindex(columns=ORDER)
    above, below = value.clip(lower=0).fillna(0), value.clip(upper=0).fillna(0)
    for part in (above, below):
        bottom = part.cumsum(axis=1) - part
        for name in ORDER:
            label = name if part is above else None
            axes.bar(layers, part[name], bottom=bottom[name], color=COLOURS[name], label=label, width=0.8, linewidth=0)
    axes.vlines(layers, wide["low", "dynamics"], wide["high", "dynamics"], color="black", linewidth=1)
    axes.axhline(0, color="0.2", linewidth=0.8)
    slant_layers(axes)
    axes.grid(False)
