"""Where the panels of a figure stand: rows of small ones, or lists of names one above the other."""

from itertools import groupby

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from workflow.parts.figure_style import COLOURS, COLUMN, LETTER, LINE, MARKERS, TEXT, wrapped
from workflow.parts.layer_names import UPRIGHT, fitting, label_layers, upright_names

PAGE = 8.875  # inches: height of the text on a page of CVPR
LEFT, RIGHT, GAP = 0.52, 0.08, 0.14  # inches: beside the panels, between them
FOOT = 0.33  # below a panel: numbers, and what they count
AROUND = 0.42  # above and below a list of names: its title, numbers, and what they count


def lines_of(factors):
    """The legend of curves: name -> what it looks like."""
    return {f.replace("_", "-"): Line2D([], [], color=COLOURS[f], marker=MARKERS.get(f, "o")) for f in factors}


def looks_once(legend):
    """The legend of lines with those that look alike as one, under the names of all."""
    names = {}
    for name, line in legend.items():
        names.setdefault((line.get_color(), line.get_marker()), []).append(name)
    return {", ".join(own): legend[own[0]] for own in names.values()}


def patches_of(factors):
    """The legend of bars: name -> what it looks like."""
    return {factor: Patch(color=COLOURS[factor]) for factor in factors}


def blocks_of(table, heading="metric", name="model"):
    """The panels that a table needs: each heading -> the names that it has, in the order of the table."""
    return {key: list(dict.fromkeys(own[name])) for key, own in table.groupby(heading, sort=False)}


def in_columns(legend, width):
    """How many entries of a legend fit side by side, and the rows that makes."""
    wide = [LETTER * len(name) + 0.27 for name in legend]
    columns = len(wide) if sum(wide) <= width - 0.1 else max(1, int((width - 0.1) / max(wide)))
    return max(1, columns), -(-len(wide) // max(1, columns))


def kin(name):
    """What panels share that stand side by side: the data set where their names tell one, else the network, whatever its stream."""
    return name.rpartition("\n")[2] if "\n" in name else name.rpartition(" ")[0] or name


def across_of(blocks, fit):
    """How many panels stand side by side, at most `fit`: so that rows are alike, and kin are not parted where all are as many."""
    sizes = {len(list(own)) for names in blocks.values() for _, own in groupby(names, kin)}
    together = max(sizes) if len(sizes) == 1 and max(sizes) <= fit else 1
    groups = max(map(len, blocks.values())) // together
    return -(-groups // -(-groups // (fit // together))) * together


def around(names, titles, upright):
    """Inches that a row of panels needs above them, for their titles, and below them, for what stands along their axes."""
    letters = max(upright.get(name, (0, 0))[1] for name in names)
    lines = max(titles[name].count("\n") + 1 for name in names)
    return LINE * lines + 0.05, FOOT + max(0, LETTER * letters - LINE)


def panels(blocks, legend, ylabel="{}", height=0.85, layers=None):
    """Small panels in rows, each block of them from a new row on, its panels on one scale: figure, {(heading, name): axes}.

    blocks: heading -> names of the panels; legend: name -> handle; ylabel: says what a heading, {}, means; layers: name -> what
    stands below a panel at 0, 1, ..., see `layers_of`. The figure is one column wide, and two only where one column would be longer
    than a page; where two are, layers' names have fewer letters, and then panels may be too narrow for all of them.
    """
    long, short = UPRIGHT
    for width, most, letters, all_named in ((COLUMN, 3, long, 1), (TEXT, 6, long, 1), (TEXT, 6, short, 1), (TEXT, 6, short, 0)):
        upright = upright_names(layers or {}, letters)
        n_named = all_named * max((n for n, _ in upright.values()), default=0)
        side_by_side = {n: (width - LEFT - RIGHT - GAP * (n - 1)) / n for n in range(1, most + 1)}
        across = across_of(blocks, max((n for n, wide in side_by_side.items() if fitting(wide) >= n_named), default=1))
        wide = side_by_side[across]
        titles = {name: wrapped(name, int(wide / LETTER)) for names in blocks.values() for name in names}
        columns, legend_rows = in_columns(legend, width)
        rows = [(heading, names[i : i + across]) for heading, names in blocks.items() for i in range(0, len(names), across)]
        top = 1.25 * LINE * legend_rows + 0.06
        tall = top + sum(height + sum(around(names, titles, upright)) for _, names in rows)
        if tall <= PAGE:
            break
    figure, grid, bottom = plt.figure(figsize=(width, tall)), {}, tall - top
    for heading, names in rows:
        above, below = around(names, titles, upright)
        bottom -= above + height + below
        for i, name in enumerate(names):
            box = (LEFT + i * (wide + GAP)) / width, (bottom + below) / tall, wide / width, height / tall
            axes = figure.add_axes(box, sharey=grid.get((heading, blocks[heading][0])))
            axes.set_title(titles[name])
            axes.tick_params(labelleft=i == 0)
            if layers:
                label_layers(axes, layers[name], letters)
            if i == 0:
                axes.set_ylabel(ylabel.format(heading))
            grid[heading, name] = axes
    figure.legend(legend.values(), legend.keys(), loc="upper center", ncols=columns, borderaxespad=0.3)
    return figure, grid


def list_height(names, height=0.15, letters=24):
    """Inches that a panel of named rows takes with what is around it; lines of names hold so many letters."""
    lines = max(wrapped(name, letters).count("\n") for name in names)
    return max(height, LINE * (lines + 1.7)) * len(names) + 0.1 + AROUND


def lists(rows, across=1, legend=(), height=0.15, letters=24):
    """Panels of named rows: figure, [axes in the order of `rows`]; rows: a list of the row names of each panel, in order.

    With `across`, so many panels have the same rows: two stand side by side in a column, and all of them over two columns where one
    would be longer than a page.
    """
    for width, fit in ((COLUMN, 2), (TEXT, across)):
        side = min(across, fit)
        tall = [list_height(own, height, letters) for own in rows[::side]]
        columns, legend_rows = in_columns(legend, width)
        total = sum(tall) + 0.14 * legend_rows
        if across <= 2 or total <= PAGE:
            break
    figure = plt.figure(figsize=(width, total), layout="constrained")
    grid = figure.subplots(len(tall), side, squeeze=False, height_ratios=[own - AROUND for own in tall]).flatten()
    for i, (axes, own) in enumerate(zip(grid, rows, strict=False)):
        axes.set_yticks(range(len(own)), [wrapped(name, letters) if i % side == 0 else "" for name in own])
        axes.set_ylim(len(own) - 0.5, -0.5)
    for axes in grid[len(rows) :]:
        axes.remove()
    if legend:
        figure.legend(legend.values(), legend.keys(), loc="outside upper center", ncols=columns)
    return figure, list(grid[: len(rows)])
