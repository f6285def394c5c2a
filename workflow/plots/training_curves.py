"""How the networks trained here learned: loss and top-1 accuracy against the step of training."""

import seaborn
from matplotlib.ticker import ScalarFormatter

from workflow.parts.figure_style import note

TABLE = "training_curve"


def draw(curves, settings):
    """One column per network; held-out clips are shown as they are, training clips as they were augmented."""
    if curves.empty:
        return note("no network of this experiment was trained here")
    named = curves.assign(network=curves["model"] + "\n" + curves["dataset"])
    splits = sorted(set(curves["split"]), key=["train", "val", "test"].index)
    grid = seaborn.relplot(
        named, x="step", y="value", hue="split", style="split", row="quantity", col="network", kind="line", markers=True,
        markersize=3, dashes=False, palette="colorblind", hue_order=splits, style_order=splits, height=1.9, aspect=1.3,
        facet_kws={"sharex": "col", "sharey": "row", "margin_titles": True},
    )  # fmt: skip
    grid.set_axis_labels("training step", "").set_titles(row_template="{row_name}", col_template="{col_name}")
    for axes in grid.axes[0]:  # losses of a first step can dwarf all others
        axes.set_yscale("symlog", linthresh=1)
        axes.yaxis.set_major_formatter(ScalarFormatter())
    return grid.figure
