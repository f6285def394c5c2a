"""How well the networks trained here do on held-out clips when training ends, shown as they were in training."""

import matplotlib.pyplot as plt
import numpy as np

from workflow.parts.figure_style import note, replicate_groups
from workflow.parts.proportions import wilson

TABLE = "training_curve"
SHOWN = {"top1": "top-1 accuracy", "J": "region similarity J"}


def draw(curves, settings):
    """One panel per measure, one row per network, a point per replicate; small points: clips that it was trained on.

    Lines are intervals of accuracies over held-out videos (Wilson); J has none here, see the table of segmentation.
    """
    ends = curves[curves["quantity"].isin(SHOWN)].sort_values("step")
    ends = ends.groupby(["model", "split", "quantity"], sort=False).last().reset_index()
    if ends.empty:
        return note("no network of this experiment was trained here")
    ends = ends.assign(group=replicate_groups(ends["model"]))
    panels = {name: ends[ends["quantity"] == name] for name in SHOWN if (ends["quantity"] == name).any()}
    heights = [own["group"].nunique() for own in panels.values()]
    size = (5.2, 0.26 * sum(heights) + 0.75 * len(panels))
    figure, grid = plt.subplots(len(panels), 1, figsize=size, squeeze=False, height_ratios=heights, layout="constrained")
    for axes, (quantity, own) in zip(grid[:, 0], panels.items(), strict=True):
        draw_panel(axes, own, settings.get("confidence", 0.95) if quantity == "top1" else None)
        axes.set_xlabel(SHOWN[quantity])
    handles = dict(zip(*reversed(grid[0, 0].get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=2, frameon=False, fontsize=7)
    return figure


def draw_panel(axes, ends, confidence):
    """The points of one measure, with intervals where a confidence is given."""
    groups = list(dict.fromkeys(ends.sort_values("model")["group"]))
    for row in ends.itertuples():
        place = groups.index(row.group)
        if row.split == "train":
            axes.plot(row.value, place + 0.2, ".", color="0.7", markersize=4, label="training clips")
            continue
        low, high = wilson(row.value, row.n_videos, confidence) if confidence else (np.nan, np.nan)
        axes.hlines(place, low, high, color="#2c7bb6", linewidth=1, alpha=0.4)
        axes.plot(row.value, place, "o", color="#2c7bb6", markersize=3.5, label="held-out clips")
    axes.set_yticks(range(len(groups)), groups)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_xlim(0, 1)
