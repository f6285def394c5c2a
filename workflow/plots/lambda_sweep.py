"""Units by class at every threshold: does a finding hang on lambda?"""

from workflow.parts.figure_panels import blocks_of, lines_of, panels
from workflow.parts.figure_style import draw_curve, named, note, of_last_layers

TABLE = "lambda_sweep"
ORDER = ["dynamic", "joint", "static", "residual"]
EVERY = 6  # thresholds from one mark of a curve to the next


def draw(sweep, settings):
    """Percent of the last layer's units per class, one panel per metric and network; the dotted line is the lambda in use.

    Bands are intervals over videos. What is missing to 100 are dead units.
    """
    if sweep.empty:
        return note("no metric of this experiment sorts units into classes")
    table = named(of_last_layers(sweep[sweep["factor"].isin(ORDER)])).sort_values("lambda", kind="stable")
    figure, grid = panels(blocks_of(table), lines_of(ORDER), ylabel="% of units,\nlast layer, {}")
    for (metric, model), axes in grid.items():
        own = table[(table["metric"] == metric) & (table["model"] == model)]
        for k, factor in enumerate(ORDER):
            curve = own[own["factor"] == factor]
            draw_curve(axes, curve["lambda"], curve, factor, markevery=(k, EVERY))
        axes.axvline(settings["lambda"], color="black", linestyle=":", linewidth=0.8)
        axes.set(xlabel="λ", ylim=(-2, 102), xlim=(own["lambda"].min(), own["lambda"].max()), xticks=[0, 0.5])
    return figure
