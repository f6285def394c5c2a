"""How figures look: one palette, one way of naming networks, the sizes of a page of two columns."""

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
    "dead": "#737373",
    "identical": "#8c8c8c",
    "dynamics": "#2c7bb6",
    "appearance": "#d7301f",
    "content": "#bdbdbd",
    "interaction": "#c994c7",
    "order_dependence": "#1b9e77",
}
# Others are circles.
MARKERS = {"static": "s", "appearance": "s", "identical": "^", "order_dependence": "D", "joint": "^", "residual": "v"}
# Okabe & Ito, Color Universal Design (2008), yellow aside: for networks, which have no colour of their own.
NETWORKS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"]

COLUMN, TEXT = 3.25, 6.875  # inches: widths of one column and of the text on a page of CVPR
SMALLEST = 6  # points, of any text
DPI = 300  # of the PNGs
LETTER = 0.049  # inches that a letter of this size takes in the widest of the usual fonts
LINE = 0.105  # inches that a line of this text takes


def set_style():
    """Text that stays legible in one column, a light grid, and SVG whose text is text: to be searched, read aloud and edited."""
    sizes = {"font.size": 7, "axes.titlesize": SMALLEST, "axes.labelsize": SMALLEST, "legend.fontsize": SMALLEST}
    sizes |= {"xtick.labelsize": SMALLEST, "ytick.labelsize": SMALLEST, "axes.titlepad": 2.5, "axes.labelpad": 1.5}
    lines = {"lines.linewidth": 1, "lines.markersize": 2.5, "axes.linewidth": 0.6, "grid.linewidth": 0.4, "patch.linewidth": 0}
    ticks = {f"{axis}tick.major.{what}": size for axis in "xy" for what, size in (("size", 0), ("pad", 1.5))}
    legend = {"legend.frameon": False, "legend.handlelength": 1, "legend.columnspacing": 0.8, "legend.handletextpad": 0.4}
    svg = {"svg.fonttype": "none", "svg.hashsalt": "figures", "grid.color": "0.9"}
    names = {"text.parse_math": False}  # two dollars in a clip's or a claim's name are no formula
    seaborn.set_theme(context="paper", style="whitegrid", rc=sizes | lines | ticks | legend | svg | names)


def named(scores):
    """Copy of the score table whose `model` also says its stream, which weights are not learned and, of several, which data set.

    `group` says the same of all replicates of a network, see `replicate_groups`.
    """
    about = scores["stream"].map(" {}".format, na_action="ignore").astype("object").fillna("").astype("str")
    about += scores["training"].map({kind: f" ({kind})" for kind in ("untrained", "control")}).fillna("").astype("str")
    about += "\n" + scores["dataset"] if scores["dataset"].nunique() > 1 else ""
    return scores.assign(model=scores["model"] + about, group=replicate_groups(scores["model"], about))


def replicate_groups(models, about=""):
    """Names of networks without a last number that tells replicates apart: a Series; others stay.

    Replicates are numbered one after the other, as net-1, net-2; net-50 and net-101 are two networks. about: what is added to
    the names, and is the same of replicates.
    """
    stems, numbers = models.str.replace(r"-\d+$", "", regex=True) + about, models.str.extract(r"-(\d+)$")[0].astype(float)
    of_stem = numbers.groupby(stems)
    count = of_stem.transform("nunique")
    return stems.where((count > 1) & (of_stem.transform("max") - of_stem.transform("min") == count - 1), models + about)


def of_last_layers(scores):
    """The rows of the last layer of every network, of every stream where it has several."""
    keys = [*(scores[key] for key in ("dataset", "metric", "model")), scores["stream"].fillna("")]
    return scores[scores["depth"] == scores.groupby(keys)["depth"].transform("max")]


def wrapped(title, width=20):
    """A title whose lines are no longer than a panel is wide."""
    return "\n".join(fill(line, width) for line in title.split("\n"))


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
        figure.savefig(temporary, dpi=DPI)
    with atomic(svg) as temporary:
        figure.savefig(temporary, metadata={"Date": None})
    plt.close(figure)
