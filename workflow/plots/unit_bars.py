"""Units of every layer by class (dynamic, joint, static, residual, dead), as in Kowal et al. (CVPR 2022), Figs. 3, 6 and 7."""

from workflow.parts.figure_panels import blocks_of, panels, patches_of
from workflow.parts.figure_style import COLOURS, named, note
from workflow.parts.layer_names import layers_of

ORDER = ["dynamic", "joint", "static", "residual", "dead"]


def draw(scores, settings):
    """Stacked bars per layer, one panel per metric and network; below them how many units the layers have.

    Black lines are the intervals over videos of each class, measured from the foot of its part of the bar.
    """
    table = named(scores[scores["quantity"] == "units"])
    if table.empty:
        return note("no metric of this experiment sorts units into classes")
    layers = layers_of(table)
    figure, grid = panels(blocks_of(table), patches_of(ORDER), ylabel=f"% of units\n{{}}, λ = {settings['lambda']}", layers=layers)
    for (metric, model), axes in grid.items():
        draw_bars(axes, table[(table["metric"] == metric) & (table["model"] == model)], layers[model])
    return figure


def draw_bars(axes, table, layers):
    """Stack the classes of one network's layers."""
    wide = table.pivot(index=["depth", "layer"], columns="factor", values=["value", "low", "high"]).astype(float)  # sorted by depth
    value = wide["value"].reindex(columns=ORDER).fillna(0)
    places, bottom = [layers.index(layer) for layer in wide.index.get_level_values("layer")], value.cumsum(axis=1) - value
    for k, name in enumerate(ORDER):
        axes.bar(places, value[name], bottom=bottom[name], color=COLOURS[name], width=0.85)
        if name in wide["low"]:
            low, high = ((wide[end, name] + bottom[name]).clip(upper=100) for end in ("low", "high"))
            beside = [place + 0.14 * (k - 2) for place in places]
            caps = {"elinewidth": 0.4, "capsize": 0.6, "capthick": 0.4}  # its ends tell it from a border
            middle, reach = ((high + low) / 2).mask(high <= low), ((high - low) / 2).clip(lower=0)
            axes.errorbar(beside, middle, reach, fmt="none", ecolor="black", **caps)
    axes.set_ylim(-3, 103)  # room for the ends of intervals
    least, most = table["n_units"].min(), table["n_units"].max()
    units = f"{least if least == most else f'{least}–{most}'} units"
    axes.set_xlabel(f"{axes.get_xlabel()}\n{units}".strip(), linespacing=1)
    axes.grid(False)
