"""Units by class at every threshold: does a finding hang on lambda?"""

import seaborn

from workflow.parts.figure_style import COLOURS, named, note, of_last_layers, wrap_titles

TABLE = "lambda_sweep"
ORDER = ["dynamic", "joint", "static", "residual"]


def draw(sweep, settings):
    """Percent of the last layer's units per class, one panel per metric and network; the dotted line is the lambda in use."""
    if sweep.empty:
        return note("no metric of this experiment sorts units into classes")
    table = named(of_last_layers(sweep[sweep["factor"].isin(ORDER)])).rename(columns={"lambda": "λ"})
    grid = seaborn.relplot(
        table, x="λ", y="value", hue="factor", style="dataset", row="metric", col="model", kind="line", errorbar=None,
        palette=COLOURS, hue_order=ORDER, height=1.9, aspect=1.1, facet_kws={"margin_titles": True},
    )  # fmt: skip
    for axes in grid.axes.flat:
        axes.axvline(settings["lambda"], color="0.5", linestyle=":", linewidth=1)
    grid.set_axis_labels("λ", "% of units, last layer").set_titles(row_template="{row_name}", col_template="{col_name}")
    wrap_titles(grid)
    return grid.figure
