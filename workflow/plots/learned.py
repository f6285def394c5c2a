"""How well the networks trained here name their held-out clips when training ends, shown as they were in training."""

import matplotlib.pyplot as plt

from workflow.parts.figure_style import note, replicate_groups
from workflow.parts.proportions import wilson

TABLE = "training_curve"
CONFIDENCE = 0.95


def draw(curves, settings):
    """One row per network, a point with its 95 % interval (Wilson, of videos) per replicate; small points: clips trained on."""
    own = curves[curves["quantity"] == "top1"].sort_values("step").groupby(["model", "split"], sort=False).last().reset_index()
    if own.empty:
        return note("no network of this experiment was trained here")
    own = own.assign(group=replicate_groups(own["model"]))
    groups = list(dict.fromkeys(curves["model"].pipe(replicate_groups)))
    figure, axes = plt.subplots(figsize=(5.2, 0.26 * len(groups) + 0.8), layout="constrained")
    for row in own.itertuples():
        place = groups.index(row.group)
        if row.split == "train":
            axes.plot(row.value, place + 0.2, ".", color="0.7", markersize=4, label="training clips")
            continue
        low, high = wilson(row.value, row.n_videos, CONFIDENCE)
        axes.hlines(place, low, high, color="#2c7bb6", linewidth=1, alpha=0.4)
        axes.plot(row.value, place, "o", color="#2c7bb6", markersize=3.5, label="held-out clips")
    axes.set_yticks(range(len(groups)), groups)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xlabel("top-1 accuracy")
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=2, frameon=False, fontsize=7)
    return figure
