"""What the last layer encodes at every declared step of a training, from its first step to its last."""

import matplotlib.pyplot as plt

from workflow.parts.figure_style import COLOURS, note, of_last_layers

SHOWN = {"S": ["dynamic", "static"], "share": ["dynamics", "appearance", "order_dependence"]}


def draw(scores, settings):
    """One column per network trained here, or stream of it, and data set shown, one row per metric of similarities S or shares.

    Bands are intervals over videos. Networks without a declared checkpoint are points; those not trained here are left out.
    """
    table = scores[scores["step"].notna() & scores["unit"].isna()]
    listed = [(quantity, factor) for quantity, factors in SHOWN.items() for factor in factors]
    table = table[table.set_index(["quantity", "factor"]).index.isin(listed)]
    table = of_last_layers(table)
    if table.empty:
        return note("no network of this experiment was trained here and scored in similarities or shares")
    network = (table["checkpoint_of"] + " " + table["stream"].fillna("").astype(str)).str.strip()
    metrics, panels = list(dict.fromkeys(table["metric"])), list(table.groupby([network, "dataset"], sort=False))
    size = (2.4 * len(panels) + 1.2, 2 * len(metrics) + 0.4)
    figure, grid = plt.subplots(
        len(metrics), len(panels), figsize=size, sharex="col", sharey="row", squeeze=False, layout="constrained"
    )
    for column, ((model, dataset), own) in zip(grid.T, panels, strict=True):
        column[0].set_title(f"{model}\n{dataset}")
        column[-1].set_xlabel("training step")
        for axes, metric in zip(column, metrics, strict=True):
            draw_steps(axes, own[own["metric"] == metric])
    for axes, metric in zip(grid[:, 0], metrics, strict=True):
        axes.set_ylabel(metric)
    handles = {label: h for axes in grid.flat for h, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False)
    return figure


def draw_steps(axes, table):
    """One line per factor over the steps of one training, with the band of its interval."""
    for factor, own in table.sort_values("step").groupby("factor", sort=False):
        name = factor.replace("_", " ")
        axes.plot(own["step"], own["value"], "o-", markersize=3, color=COLOURS[factor], label=name)
        axes.fill_between(own["step"], own["low"], own["high"], color=COLOURS[factor], alpha=0.2, linewidth=0)
        axes.vlines(own["step"], own["low"], own["high"], color=COLOURS[factor], alpha=0.4, linewidth=1)
    axes.set_xlim(left=min(0, axes.get_xlim()[0]))
