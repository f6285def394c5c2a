"""How the networks trained here learned: loss and top-1 accuracy against the step of training."""

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from workflow.parts.figure_panels import blocks_of, panels
from workflow.parts.figure_style import NETWORKS, note

TABLE = "training_curve"
LOOKS = {"train": {"color": "0.6"}, "val": {"color": NETWORKS[0], "marker": "o"}, "test": {"color": NETWORKS[1], "marker": "s"}}


def draw(curves, settings):
    """One panel per network and quantity; held-out clips are shown as they are, training clips as they were augmented."""
    if curves.empty:
        return note("no network of this experiment was trained here")
    several = curves["dataset"].nunique() > 1
    table = curves.assign(network=curves["model"] + "\n" + curves["dataset"] if several else curves["model"])
    legend = {split: Line2D([], [], **look) for split, look in LOOKS.items() if split in set(curves["split"])}
    figure, grid = panels(blocks_of(table, "quantity", "network"), legend)
    for (quantity, network), axes in grid.items():
        own = table[(table["quantity"] == quantity) & (table["network"] == network)].sort_values("step")
        for split, line in own.groupby("split"):
            axes.plot(line["step"], line["value"], **LOOKS[split])
        if quantity == "loss":  # losses of a first step can dwarf all others
            axes.set_yscale("symlog", linthresh=1)
            axes.yaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_major_locator(MaxNLocator(2, integer=True))
        axes.set_xlabel("training step")
    return figure
