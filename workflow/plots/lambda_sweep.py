"""Units by class at every threshold: does a finding hang on lambda?"""

from workflow.parts.figure_panels import blocks_of, panels, patches_of
from workflow.parts.figure_style import COLOURS, named, note, of_last_layers

TABLE = "lambda_sweep"
ORDER = ["dynamic", "joint", "static", "residual"]


def draw(sweep, settings):
    """Percent of the last layer's units per class, one panel per metric and network; the dotted line is the lambda in use.

    Classes are stacked as in the bars of units, which they are at the dotted line; what is missing to 100 are dead units.
    """
    if sweep.empty:
        return note("no metric of this experiment sorts units into classes")
    table = named(of_last_layers(sweep[sweep["factor"].isin(ORDER)]))
    figure, grid = panels(blocks_of(table), patches_of(ORDER), ylabel="% of units,\nlast layer, {}")
    for (metric, model), axes in grid.items():
        own = table[(table["metric"] == metric) & (table["model"] == model)]
        wide = own.pivot(index="lambda", columns="factor", values="value").reindex(columns=ORDER).fillna(0)
        axes.stackplot(wide.index, wide.T, colors=[COLOURS[name] for name in ORDER])
        axes.axvline(settings["lambda"], color="black", linestyle=":", linewidth=0.8)
        axes.set(xlabel="λ", ylim=(0, 100), xlim=(wide.index.min(), wide.index.max()), xticks=[0, 0.5])
    return figure
