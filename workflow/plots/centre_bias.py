"""Centre bias: where the objects of a data set stand, as the mean of its masks."""

import matplotlib.pyplot as plt
import numpy as np

from workflow.parts.figure_style import note

TABLE = "centre_bias"


def draw(table, settings):
    """One map per data set, scaled to 0–1, every video counted alike; below it how far foreground is from the centre.

    Root of the mean squared distance, with its interval, in half diagonals of the frame; objects everywhere alike would give .577.
    """
    if table.empty:
        return note("no data set of this experiment has masks")
    figure, grid = plt.subplots(1, len(table), figsize=(2.6 * len(table) + 0.6, 2.8), squeeze=False, layout="constrained")
    for axes, row in zip(grid[0], table.itertuples(), strict=True):
        shown = axes.imshow(np.reshape(row.map, (row.height, row.width)), cmap="gray", vmin=0, vmax=1)
        bounds = "" if np.isnan(row.low) else f" ({row.low:.3f}–{row.high:.3f})"
        value = "no foreground" if np.isnan(row.spread) else f"spread {row.spread:.3f}{bounds}"
        axes.set(title=row.dataset, xlabel=f"{value}\n{row.n_videos} videos, {row.n_frames} masks, {row.n_empty} empty")
        axes.set(xticks=[], yticks=[])
    figure.colorbar(shown, ax=grid[0].tolist(), shrink=0.7, label="share of the highest")
    return figure
