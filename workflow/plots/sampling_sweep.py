"""What the last layers encode when a network is shown other numbers of frames at other strides (Kowal et al., supplement)."""

import matplotlib.pyplot as plt

from workflow.parts.figure_panels import PAGE
from workflow.parts.figure_style import COLUMN, SMALLEST, TEXT, named, note, of_last_layers

SHOWN = {("percent", "dynamic"): "percent dynamic", ("percent", "static"): "percent static"}
SHOWN |= {("share", "order_dependence"): "share that depends on order"}


def draw(scores, settings):
    """One panel per network, metric and quantity: frames across, strides down, each cell its value and interval.

    Networks that are one but for their sampling have names that end in frames x stride, as in slowonly-8x2. They stand where what
    they were shown belongs; those of several streams where their name says, as SlowFast-8x8, which counts the slow one's frames.
    """
    table = named(of_last_layers(scores[scores["unit"].isna()]))
    table = table.assign(shown=[SHOWN.get(key) for key in table[["quantity", "factor"]].itertuples(index=False, name=None)])
    sampled = table["model"].str.extract(
        r"^(?P<before>.*?)-(?P<frames>\d+)x(?P<stride>\w+)(?P<after>.*)$", flags=16
    )  # 16: . is any sign
    by_name = table["stream"].notna()
    stride, frames = sampled["stride"].where(by_name, table["stride"]), sampled["frames"].where(by_name, table["frames"])
    table = table.assign(network=sampled["before"].str.cat(sampled["after"]), stride=stride, frames=frames.astype(float))
    table = table.dropna(subset=["shown", "network", "value"])
    if table.empty:
        return note("no network of this experiment has a name that ends in frames x stride, such as slowonly-8x2")
    panels = list(table.groupby(["metric", "shown", "network"], sort=False))
    bounds = table.groupby(["metric", "shown"])["value"].agg(["min", "max"])
    figure, grid = placed([0.27 * own["stride"].nunique() + 0.45 for _, own in panels])
    for axes, ((metric, shown, network), own) in zip(grid.flat, panels, strict=False):
        draw_cells(axes, own, *bounds.loc[(metric, shown)])
        axes.set_title(f"{network.replace(chr(10), ', ')}\n{metric}: {shown}")
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    return figure


def placed(heights):
    """Figure and axes of panels of these heights, inches, in one column of a page, or in both where one would be longer."""
    across, width = (1, COLUMN) if sum(heights) <= PAGE else (2, TEXT)
    rows = [max(heights[k : k + across]) for k in range(0, len(heights), across)]
    size = width, sum(rows)
    return plt.subplots(len(rows), across, figsize=size, squeeze=False, height_ratios=rows, layout="constrained")


def draw_cells(axes, table, low, high):
    """One panel: a cell per number of frames and stride, white where none was measured."""
    digits = 1 if high > 1 else 2
    frames, strides = sorted(set(table["frames"])), sorted(set(table["stride"]), key=lambda s: (len(s), s))
    cells = table.pivot_table(index="stride", columns="frames", values="value").reindex(index=strides, columns=frames)
    axes.imshow(cells, cmap="cividis", vmin=low, vmax=max(high, low + 1e-9), aspect="auto")
    for row in table.itertuples():
        text = f"{row.value:.{digits}f}" + (f"\n[{row.low:.{digits}f}, {row.high:.{digits}f}]" if row.low == row.low else "")
        colour = "black" if row.value > (low + high) / 2 else "white"
        place = frames.index(row.frames), strides.index(row.stride)
        axes.text(*place, text, ha="center", va="center", fontsize=SMALLEST, color=colour, linespacing=1)
    axes.set_xticks(range(len(frames)), [f"{n:g}" for n in frames])
    axes.set_yticks(range(len(strides)), strides)
    axes.set_xlabel("frames")
    axes.set_ylabel("stride")
    axes.grid(False)
