"""What training on shuffled frames costs, as in Kowal et al. (CVPR 2022), Fig. 5 right: the relative change of top-1."""

import re

from workflow.parts.figure_panels import lists
from workflow.parts.figure_style import NETWORKS, note, replicate_groups
from workflow.parts.proportions import relative_change

TABLE = "training_curve"


def natural_name(model, models):
    """Name of the network that differs from `model`, trained on shuffled frames, by its frame order alone; None without one."""
    if not re.search(r"-shuffled(?=-|$)", model):
        return None
    names = (re.sub(r"-shuffled(?=-|$)", order, model, count=1) for order in ("-natural", ""))
    return next((name for name in names if name in models), None)


def draw(curves, settings):
    """One row per network and a point per replicate: by how many percent top-1 on held-out clips changes when a network is trained
    and held out on shuffled frames. The numbers beside it are the two accuracies, of one replicate.

    Such networks are named as their twins with -shuffled for -natural or for nothing. Lines are what the intervals of both networks
    (Wilson, over videos) allow together: never too short. Where natural order has a top-1 of 0, no change is relative to
    it: there is no point.
    """
    held_out = curves[curves["split"].ne("train") & curves["quantity"].eq("top1")]
    ends = held_out.sort_values("step").groupby("model", sort=False).last()
    pairs = {model: natural_name(model, ends.index) for model in ends.index if natural_name(model, ends.index)}
    if not pairs:
        return note("no network of this experiment was trained on shuffled and, with a name like its, on natural frames")
    names = replicate_groups(ends.index.to_series()[list(pairs)])
    rows = list(dict.fromkeys(names.sort_values()))
    figure, (axes,) = lists([rows], height=0.2)
    for model, natural in pairs.items():
        (new, n_new), (old, n_old) = (ends.loc[name, ["value", "n_videos"]] for name in (model, natural))
        place = rows.index(names[model])
        if old:
            change = relative_change(new, n_new, old, n_old, settings.get("confidence", 0.95))
            axes.hlines(place, change["low"], change["high"], color=NETWORKS[0], alpha=0.5)
            axes.plot(change["value"], place, "o", color=NETWORKS[0])
        if (names == names[model]).sum() == 1:
            where = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 6}
            axes.annotate(f"{old:.0%} → {new:.0%}", (1.02, place), **where)
    axes.axvline(0, color="0.4", linewidth=0.6)
    axes.set_xlabel("change of top-1, percent of that of natural order")
    return figure
