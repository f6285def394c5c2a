"""How many videos are enough: the interval of every network's last layer against the number of videos."""

from matplotlib.ticker import NullLocator

from workflow.parts.figure_panels import blocks_of, lines_of, looks_once, panels
from workflow.parts.figure_style import COLOURS, MARKERS, named, note, of_last_layers

TABLE = "stability"
NAMES = {"dynamic": "S dynamic", "static": "S static", "dynamics": "share of dynamics", "appearance": "share of appearance"}
SHOWN = {"S": ["dynamic", "static"], "share": ["dynamics", "appearance"]}


def draw(stability, settings):
    """Half the interval's width of S, or of a share, over sets of so many videos, one panel per metric and network.

    The rightmost point is the bootstrap's interval over all videos; the others come from subsets.
    """
    shown = [stability["factor"].isin(SHOWN.get(q, [])) & (stability["quantity"] == q) for q in SHOWN]
    table = named(of_last_layers(stability[shown[0] | shown[1]]))
    table = table.assign(half=(table["high"] - table["low"]) / 2).dropna(subset=["half"])
    if table.empty:
        return note("no score of this experiment has an interval: it has no draws, or too few videos")
    there = set(table["factor"])
    lines = {name: lines_of([factor])[factor] for factor, name in NAMES.items() if factor in there}
    figure, grid = panels(blocks_of(table), looks_once(lines), ylabel="± around the value\n{}")
    for (metric, model), axes in grid.items():
        own = table[(table["metric"] == metric) & (table["model"] == model)].sort_values("n_videos")
        for factor, line in own.groupby("factor"):
            axes.plot(line["n_videos"], line["half"], marker=MARKERS.get(factor, "o"), color=COLOURS[factor])
        axes.set_xscale("log", base=2)
        counts = sorted(set(own["n_videos"]))
        axes.set_xticks(counts[:: -(-len(counts) // 4)], [f"{n:.0f}" for n in counts[:: -(-len(counts) // 4)]])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("videos")
    for axes in grid.values():  # when all curves of a scale are there
        axes.set_ylim(bottom=0)
    return figure
