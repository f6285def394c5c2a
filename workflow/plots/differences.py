"""Which networks differ: dynamic and static of the last layers of one network less those of another, with paired intervals."""

import matplotlib.pyplot as plt

from workflow.parts.figure_style import COLOURS, named, note

TABLE = "differences"
SHOWN = {"percent": {"dynamic": "dynamic", "static": "static"}, "share": {"dynamics": "dynamic", "appearance": "static"}}


def draw(differences, settings):
    """One row per pair of networks, one panel per metric; intervals away from zero are differences that videos do not explain."""
    networks = differences[differences["comparison"].eq("networks") & differences["reason"].isna()]
    table = networks[[factor in SHOWN.get(quantity, {}) for quantity, factor in networks[["quantity", "factor"]].to_numpy()]]
    if table.empty:
        return note("no two networks of this experiment can be compared")
    a, b = (named(table.assign(**{c: table[f"{c}_{s}"] for c in ("model", "training", "stream")}))["model"] for s in "ab")
    table = table.assign(pair=a.str.split("\n").str[0] + " − " + b.str.split("\n").str[0])
    panels = list(table.groupby(["dataset", "metric"], sort=False))
    pairs = list(dict.fromkeys(table["pair"]))
    size = (2.6 * len(panels) + 1.5 + 0.075 * max(map(len, pairs)), 0.28 * len(pairs) + 1)
    figure, grid = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axes, (names, own) in zip(grid[0], panels, strict=True):
        draw_panel(axes, own, pairs)
        axes.set_title(" · ".join(names))
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    return figure


def draw_panel(axes, table, pairs):
    """Points and intervals of one data set and metric, the two factors a little apart."""
    shown = {factor: name for factors in SHOWN.values() for factor, name in factors.items()}
    for offset, name in ((-0.15, "dynamic"), (0.15, "static")):
        own = table[table["factor"].map(shown) == name]
        rows = [pairs.index(pair) + offset for pair in own["pair"]]
        axes.hlines(rows, own["low"], own["high"], color=COLOURS[name], linewidth=1.5)
        axes.plot(own["value"], rows, "o", color=COLOURS[name], markersize=3, label=name)
    axes.axvline(0, color="0.4", linewidth=0.8)
    axes.set_yticks(range(len(pairs)), pairs)
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.set_xlabel("percentage points" if table["quantity"].eq("percent").all() else "share of variance")
