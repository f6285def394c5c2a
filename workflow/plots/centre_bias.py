"""Centre bias: where the objects of a data set stand, as the mean of its masks; as Kowal et al. (CVPR 2022), Fig. 7."""

import matplotlib.pyplot as plt
import numpy as np

from workflow.parts.figure_style import COLUMN, note

TABLE = "centre_bias"
BAR, TEXT = 0.75, 0.65  # inches: the bar of grey values beside the maps, the lines above and below each


def draw(table, settings):
    """One map per data set, scaled to 0–1, every video counted alike; below it how far foreground is from the centre.

    Root of the mean squared distance, with its interval, in half diagonals of the frame; objects everywhere alike would give .577.
    """
    if table.empty:
        return note("no data set of this experiment has masks")
    across = min(2, len(table))
    rows, side = -(-len(table) // across), (COLUMN - BAR) / across * (table["height"] / table["width"]).max()
    figure, grid = plt.subplots(rows, across, figsize=(COLUMN, (side + TEXT) * rows), squeeze=False, layout="constrained")
    for axes, row in zip(grid.flat, table.itertuples(), strict=False):
        shown = axes.imshow(np.reshape(row.map, (row.height, row.width)), cmap="gray", vmin=0, vmax=1)
        bounds = "" if np.isnan(row.low) else f" ({row.low:.3f}–{row.high:.3f})"
        value = "no foreground" if np.isnan(row.spread) else f"spread {row.spread:.3f}{bounds}"
        axes.set(title=row.dataset, xlabel=f"{value}\n{row.n_videos} videos, {row.n_frames} masks,\n{row.n_empty} empty")
        axes.set(xticks=[], yticks=[])
    for axes in grid.flat[len(table) :]:
        axes.set_axis_off()
    figure.colorbar(shown, ax=grid.ravel().tolist(), shrink=0.5, aspect=15, label="share of the highest")
    return figure
