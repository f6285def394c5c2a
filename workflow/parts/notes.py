"""What to know before reading the numbers of an experiment, in sentences generated from them."""

from workflow.parts.at_chance import at_chance, segments_at_chance
from workflow.parts.figure_style import named, of_last_layers
from workflow.parts.numbers import REACHABLE
from workflow.parts.share_notes import near_zero, opposed, styled
from workflow.parts.unlike_pooling import pooled_apart
from workflow.parts.wording import listed

FEWEST_VIDEOS = 30  # with which the tests of intervals begin


def outside(scores):
    """Which percentages of last layers no S between 0 and 1 can give: a list of one sentence or none."""
    percent = of_last_layers(scores[scores["quantity"].eq("percent") & scores["factor"].isin(["static", "dynamic"])])
    found = percent[~percent["value"].round(1).between(*REACHABLE) & percent["value"].notna()]
    if found.empty:
        return []
    inside = "{:g} to {:g}, which is all that S static and S dynamic between 0 and 1 can give".format(*REACHABLE)
    return [f"Percentages of last layers outside {inside}, for one S at least is not: those of {listed(named_once(found))}."]


def named_once(rows):
    """Networks of some rows, with what they are, each once."""
    return dict.fromkeys(named(rows)["model"].str.split("\n").str[0])


def notes(scores, accuracy=None, segmentation=None, confidence=0.95, models=None):
    """What to know before reading the numbers of the last layers: a list of sentences."""
    sentences = outside(scores)
    if (scores["n_videos"] < FEWEST_VIDEOS).any():
        few = f"Some numbers rest on {scores['n_videos'].min()} videos"
        sentences.append(f"{few}; that their intervals hold what they promise was tested from {FEWEST_VIDEOS} videos on.")
    known = scores[scores["unit"].isna() & scores["value"].notna()]
    has_interval = known["low"].notna().groupby(known["metric"], sort=False).any()
    if has_interval.any() and not has_interval.all():
        without = listed(has_interval.index[~has_interval])
        sentences.append(f"Numbers by {without} have no intervals: they cannot be had of videos drawn anew, some of them twice.")
    sentences += [*near_zero(scores), *styled(scores), *opposed(scores)]
    for dataset, own in scores.groupby("dataset", sort=False) if models is not None else ():
        sentences += pooled_apart(dataset, models[models["model"].isin(own["model"])])
    if untrained := [name for name in named_once(scores[scores["unit"].isna()]) if name.endswith("(untrained)")]:
        sentences.append(f"Networks with random weights, which say nothing about trained ones: {', '.join(untrained)}.")
    for precision, own in scores.groupby("precision"):
        if " and " in precision:
            names = (own["model"] + " on " + own["dataset"]).unique()
            sentences.append(f"Computed in {precision}, each shard in what came out right: {', '.join(names)}.")
    sentences += at_chance(accuracy) if accuracy is not None else []
    return sentences + (segments_at_chance(segmentation, confidence) if segmentation is not None else [])
