"""Units of every layer by class (dynamic, joint, static, residual, dead), as in Kowal et al. (CVPR 2022), Figs. 3 and 6."""

import matplotlib.pyplot as plt

from workflow.parts.figure_style import COLOURS, named, note, slant_layers, wrapped

ORDER = ["dynamic", "joint", "static", "residual", "dead"]


def draw(scores, settings):
    """Stacked bars per layer, one panel per metric and network; the number of units stands above each bar."""
    table = named(scores[scores["quantity"] == "units"])
    if table.empty:
        return note("no metric of this experiment sorts units into classes")
    metrics, models = list(dict.fromkeys(table["metric"])), list(dict.fromkeys(table["model"]))
    figure, grid = plt.subplots(
        len(metrics),
        len(models),
        figsize=(2.1 * len(models) + 1, 1.9 * len(metrics) + 0.4),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes_row, metric in zip(grid, metrics, strict=True):
        for axes, model in zip(axes_row, models, strict=True):
            own = table[(table["metric"] == metric) & (table["model"] == model)]
            if len(own):
                draw_bars(axes, own)
            axes.set_title(f"{wrapped(model)}\n{metric}" if metric == metrics[0] else metric)
        axes_row[0].set_ylabel(f"% of units (λ = {settings['lambda']})")
    handles = {label: h for axes in grid.flat for h, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False)
    return figure


def draw_bars(axes, table):
    """Stack the classes of one network's layers."""
    percent = table.groupby(["depth", "factor"])["value"].mean().unstack()[ORDER]
    layers, n_units = (table.groupby("depth")[column].first() for column in ("layer", "n_units"))
    bottom = 0 * percent["dynamic"]
    for name in ORDER:
        axes.bar(layers, percent[name], bottom=bottom, color=COLOURS[name], label=name, width=0.8, edgecolor="white", linewidth=0.3)
        bottom = bottom + percent[name]
    for position, n in enumerate(n_units):
        axes.text(position, 101, n, ha="center", va="bottom", fontsize=6, color="0.4")
    axes.set_ylim(0, 110)
    slant_layers(axes)
    axes.grid(False)
