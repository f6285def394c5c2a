"""How figures look: one palette, one way of naming networks, the sizes of a page of two columns."""

import re
from textwrap import fill

import matplotlib
import matplotlib.pyplot as plt
import seaborn

from workflow.lib.files import atomic

matplotlib.use("Agg")

# Static red and dynamic blue as in Kowal et al. (CVPR 2022), the rest told apart by colour-blind readers too.
COLOURS = {
    "dynamic": "#2c7bb6",
    "static": "#d7301f",
    "joint": "#c994c7",
    "residual": "#bdbdbd",
    "dead": "#e8e8e8",
    "identical": "#8c8c8c",
    "dynamics": "#2c7bb6",
    "appearance": "#d7301f",
    "content": "#bdbdbd",
    "interaction": "#c994c7",
    "order_dependence": "#1b9e77",
}
# Others are circles.
MARKERS = {"static": "s", "appearance": "s", "identical": "^", "order_dependence": "D", "joint": "^", "residual": "v"}
# Okabe & Ito, Color Universal Design (2008), black and yellow aside: for networks, which have no colour of their own.
NETWORKS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]

COLUMN, TEXT = 3.25, 6.875  # inches: widths of one column and of the text on a page of CVPR
SMALLEST = 6  # points, of any text
LETTER = 0.049  # inches that a letter of this size takes in the widest of the usual fonts


def set_style():
    """Text that stays legible in one column, a light grid, and SVG whose text is text: to be searched, read aloud and edited."""
    sizes = {"font.size": 7, "axes.titlesize": SMALLEST, "axes.labelsize": SMALLEST, "legend.fontsize": SMALLEST}
    sizes |= {"xtick.labelsize": SMALLEST, "ytick.labelsize": SMALLEST, "axes.titlepad": 2.5, "axes.labelpad": 1.5}
    lines = {"lines.linewidth": 1, "lines.markersize": 2.5, "axes.linewidth": 0.6, "grid.linewidth": 0.4, "patch.linewidth": 0}
    ticks = {f"{axis}tick.major.{what}": size for axis in "xy" for what, size in (("size", 0), ("pad", 1.5))}
    legend = {"legend.frameon": False, "legend.handlelength": 1, "legend.columnspacing": 0.8, "legend.handletextpad": 0.4}
    svg = {"svg.fonttype": "none", "svg.hashsalt": "figures", "grid.color": "0.9"}
    names = {"text.parse_math": False}  # between two dollars of a name or a claim stands no formula
    seaborn.set_theme(context="paper", style="whitegrid", rc=sizes | lines | ticks | legend | svg | names)


def named(scores):
    """Copy of the score table whose `model` also says its stream, which weights are not learned and, of several, which data set."""
    note = scores["training"].where(scores["training"].isin(["untrained", "control"]), "")
    model = scores["model"] + scores["stream"].astype("object").map(" {}".format, na_action="ignore").fillna("").astype("str")
    model = model.where(note == "", model + " (" + note + ")")
    return scores.assign(model=model + "\n" + scores["dataset"] if scores["dataset"].nunique() > 1 else model)


def replicate_groups(models):
    """Names of networks without a last number that tells replicates apart, as in net-1, net-2: a Series; others stay."""
    stems = models.str.replace(r"-\d(?=$| |\n)", "", n=1, regex=True)
    return stems.where(models.groupby(stems).transform("nunique") > 1, models)


def of_last_layers(scores):
    """The rows of the last layer of every network, of every stream where it has several."""
    keys = [*(scores[key] for key in ("dataset", "metric", "model")), scores["stream"].fillna("")]
    return scores[scores["depth"] == scores.groupby(keys)["depth"].transform("max")]


def wrapped(title, width=20):
    """A title whose lines are no longer than a panel is wide."""
    return "\n".join(fill(line, width) for line in title.split("\n"))


def layer_names(layers):
    """What stands below the layers of a panel, in depth order: (a list, what it has in common).

    Numbers alone where names differ by a number only; ranks where names are long.
    """
    numbers = [re.search(r"\d+$", layer) for layer in layers]
    if len({re.sub(r"\d+$", "", layer) for layer in layers}) == 1 and all(numbers):
        return [str(int(number[0])) for number in numbers], re.sub(r"\W*_?\d+$", "", layers[0])
    if len(" ".join(layers)) <= 14:
        return list(layers), ""
    return [str(rank) for rank in range(1, len(layers) + 1)], "layer, by depth"


def label_layers(axes, layers, most=6):
    """Name the layers 0, 1, ... of an axis; where they are many, only every second, third, ..."""
    names, common = layer_names(list(layers))
    step = -(-len(names) // most)
    axes.set_xticks(range(0, len(names), step), names[::step])
    axes.set_xlabel(common)
    axes.set_xlim(-0.6, len(names) - 0.4)


def draw_curve(axes, places, table, factor, **options):
    """Values of one factor at some places, with the band of their intervals."""
    look = {"marker": MARKERS.get(factor, "o"), "color": COLOURS[factor], "label": factor} | options
    axes.plot(places, table["value"], **look)
    ends = (table[end].astype(float) for end in ("low", "high"))
    axes.fill_between(places, *ends, color=look["color"], alpha=0.25, linewidth=0)


def note(text):
    """A figure that says why there is nothing to draw."""
    figure = plt.figure(figsize=(COLUMN, 0.6))
    figure.text(0.5, 0.5, wrapped(text, 55), ha="center", va="center", fontsize=SMALLEST)
    return figure


def save_figure(figure, png, svg):
    """Write a figure as PNG and as SVG, the same bytes every time."""
    with atomic(png) as temporary:
        figure.savefig(temporary, dpi=300)
    with atomic(svg) as temporary:
        figure.savefig(temporary, metadata={"Date": None})
    plt.close(figure)
