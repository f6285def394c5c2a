"""What the variance between clips is made of, layer by layer: content, appearance, dynamics and their interaction."""

from workflow.parts.figure_panels import blocks_of, panels, patches_of
from workflow.parts.figure_style import COLOURS, named, note
from workflow.parts.layer_names import layers_of

ORDER = ["dynamics", "interaction", "appearance", "content"]


def draw(scores, settings):
    """Stacked bars per layer, one panel per data set and network; negative shares hang below zero.

    Black lines are the intervals over videos, each measured from the foot of its part of the bar.
    """
    whole = scores["quantity"].eq("share") & scores["unit"].isna() & scores["factor"].isin(ORDER)
    table = named(scores[whole])
    if table.empty:
        return note("no metric of this experiment gives shares")
    layers = layers_of(table)
    figure, grid = panels(blocks_of(table, "dataset"), patches_of(ORDER), ylabel="share of\nvariance", layers=layers)
    for (dataset, model), axes in grid.items():
        draw_shares(axes, table[(table["dataset"] == dataset) & (table["model"] == model)], layers[model])
    return figure


def draw_shares(axes, table, layers):
    """Stack the shares of one network's layers, positive ones upwards and negative ones downwards from zero."""
    wide = table.pivot(index=["depth", "layer"], columns="factor", values=["value", "low", "high"]).astype(float)  # sorted by depth
    places = [layers.index(layer) for layer in wide.index.get_level_values("layer")]
    value = wide["value"].reindex(columns=ORDER)
    above, below = value.clip(lower=0).fillna(0), value.clip(upper=0).fillna(0)
    foot = (above.cumsum(axis=1) - above).where(value >= 0, below.cumsum(axis=1) - below)
    for k, name in enumerate(ORDER):
        axes.bar(places, value[name], bottom=foot[name], color=COLOURS[name], width=0.85)
        if name in wide["low"]:
            beside = [place + 0.18 * (k - 1.5) for place in places]
            axes.vlines(beside, wide["low", name] + foot[name], wide["high", name] + foot[name], color="black", linewidth=0.5)
    axes.axhline(0, color="0.2", linewidth=0.6)
    axes.grid(False)
