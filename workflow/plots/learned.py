"""How well the networks trained here do on held-out clips when training ends, shown as they were in training."""

import numpy as np
from matplotlib.lines import Line2D

from workflow.parts.figure_panels import lists
from workflow.parts.figure_style import NETWORKS, note, replicate_groups
from workflow.parts.proportions import wilson

TABLE = "training_curve"
SHOWN = {"top1": "top-1 accuracy", "J": "region similarity J"}
LOOKS = {
    "held-out clips": {"color": NETWORKS[0], "marker": "o", "linestyle": "none"},
    "training clips": {"color": "0.65", "marker": ".", "linestyle": "none"},
}


def draw(curves, settings):
    """One panel per measure, one row per network, a point per replicate; small points: clips that it was trained on.

    Lines are intervals of accuracies over held-out videos (Wilson); J has none here, see the table of segmentation.
    """
    ends = curves[curves["quantity"].isin(SHOWN)].sort_values("step")
    ends = ends.groupby(["model", "split", "quantity"], sort=False).last().reset_index()
    if ends.empty:
        return note("no network of this experiment was trained here")
    ends = ends.assign(group=replicate_groups(ends["model"])).sort_values("model")
    panels = {name: ends[ends["quantity"] == name] for name in SHOWN if (ends["quantity"] == name).any()}
    groups = [list(dict.fromkeys(own["group"])) for own in panels.values()]
    figure, grid = lists(groups, legend={name: Line2D([], [], **look) for name, look in LOOKS.items()})
    for axes, (quantity, own), names in zip(grid, panels.items(), groups, strict=True):
        draw_panel(axes, own, names, settings.get("confidence", 0.95) if quantity == "top1" else None)
        axes.set(xlabel=SHOWN[quantity], xlim=(0, 1.02))
    return figure


def draw_panel(axes, ends, groups, confidence):
    """The points of one measure, with intervals where a confidence is given."""
    for row in ends.itertuples():
        place, held_out = groups.index(row.group), row.split != "train"
        low, high = wilson(row.value, row.n_videos, confidence) if confidence and held_out else (np.nan, np.nan)
        axes.hlines(place, low, high, color=NETWORKS[0], alpha=0.4)
        axes.plot(row.value, place + (0 if held_out else 0.2), **LOOKS["held-out clips" if held_out else "training clips"])
