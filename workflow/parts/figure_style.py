"""How figures look: one palette, one way of naming networks."""

from textwrap import fill

import matplotlib
import matplotlib.pyplot as plt
import seaborn

from workflow.lib.files import atomic

matplotlib.use("Agg")

# Static red and dynamic blue as in Kowal et al. (CVPR 2022), the rest from a palette safe for colour-blind readers.
COLOURS = {
    "dynamic": "#2c7bb6",
    "static": "#d7301f",
    "joint": "#7b5ea7",
    "residual": "#bdbdbd",
    "dead": "#dddddd",
    "identical": "#8c8c8c",
    "dynamics": "#2c7bb6",
    "appearance": "#d7301f",
    "content": "#bdbdbd",
    "interaction": "#7b5ea7",
    "order_dependence": "#1b9e77",
}


def set_style():
    """Text that stays legible in one column, light grid."""
    seaborn.set_theme(context="paper", style="whitegrid", font_scale=1.0, rc={"svg.hashsalt": "figures", "axes.titlesize": 9})


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


def wrap_titles(grid):
    """Wrap the titles of a seaborn grid's panels."""
    for axes in grid.axes.flat:
        axes.set_title(wrapped(axes.get_title()))


def slant_layers(axes, most=8):
    """Layer names below a panel, aslant; where they are many, only every second, third, ..."""
    ticks = axes.get_xticks()
    axes.set_xticks(ticks[:: -(-len(ticks) // most) or 1])
    axes.tick_params(axis="x", rotation=45)


def note(text):
    """A figure that says why there is nothing to draw."""
    figure = plt.figure(figsize=(5, 1))
    figure.text(0.5, 0.5, text, ha="center", va="center")
    return figure


def save_figure(figure, png, svg):
    """Write a figure as PNG and as SVG, the same bytes every time."""
    with atomic(png) as temporary:
        figure.savefig(temporary, dpi=200, bbox_inches="tight")
    with atomic(svg) as temporary:
        figure.savefig(temporary, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
