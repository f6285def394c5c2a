"""What to know before reading the numbers of an experiment, in sentences generated from them."""

from workflow.parts.figure_style import named, of_last_layers
from workflow.parts.numbers import fixed, leaves_zero_out
from workflow.parts.report_tables import segmentation_values
from workflow.parts.wording import listed

FEWEST_VIDEOS = 30  # with which the tests of intervals begin
MOST_APPEARANCE = 0.9
KEEPING = (
    "styles that need no training, `styles: {colours: {apply: colour_matrix}, texture: {apply: static_texture, "
    "options: {opacity: 0.3}}}` with `pairs: {styles: [original, colours, texture]}`, under another name of the data set if these "
    "results are to stay, may"
)
LESS = "styles that change less, as `hue` with `pairs: {styles: [original, hue]}` alone, may"
UNLEARNED = ["untrained", "control"]  # trainings of networks that are not to have learned anything


def at_chance(accuracy):
    """Which networks' top-1 does not show that they have learned their labels: a sentence per data set."""
    top1 = accuracy[accuracy["quantity"].eq("top1") & accuracy["style"].eq("original") & accuracy["perturbation"].isna()]
    low = top1[(top1["low"] <= top1["chance"]) & ~top1["training"].isin(UNLEARNED)]
    return [
        f"Networks that have not been shown to have learned their labels, for the interval of their top-1 on original clips of "
        f"{dataset} in natural order is not above chance: {', '.join(own['model'])}."
        for dataset, own in low.groupby("dataset", sort=False)
    ]


def segments_at_chance(segmentation, confidence):
    """Which networks' masks do not show that they have learned to segment: a sentence per data set."""
    plain = segmentation[segmentation["style"].eq("original") & segmentation["perturbation"].isna()]
    found = segmentation_values(plain[~plain["training"].isin(UNLEARNED)], confidence)
    low = found[found["low"] <= found["chance"]]  # F has no chance
    return [
        f"Networks that have not been shown to have learned to segment, for the interval of their {quantity} on original clips of "
        f"{dataset} is not above that of a mask of everything ({span(own['chance'], 3)}): {', '.join(own['model'])}."
        for (dataset, quantity), own in low.groupby(["dataset", "quantity"], sort=False)
    ]


def span(values, digits):
    """The least and the most of some numbers, once where they print alike."""
    return " to ".join(dict.fromkeys(fixed(value, digits) for value in (values.min(), values.max())))


def near_zero(scores):
    """Networks none of whose last layers is shown to depend on order: a sentence per data set.

    Controls, whose answer is known, are left out; of several streams and perturbations all must meet 0.
    """
    last = last_shares(scores, "order_dependence").query("training != 'control'").dropna(subset=["low"])
    none = (~leaves_zero_out(last["low"], last["high"])).groupby([last["dataset"], last["model"]], sort=False).all()
    networks = none[none].index.to_frame().groupby(level=0, sort=False)["model"].unique()
    said = "are not shown to depend on order in their last layers, for the intervals of their order-dependence meet 0"
    return [f"Networks that on {dataset} {said}: {listed(models)}." for dataset, models in networks.items()]


def last_shares(scores, factor):
    """Rows of one of the shares of whole last layers."""
    return of_last_layers(scores[scores["unit"].isna() & (scores["quantity"] == "share") & (scores["factor"] == factor)])


def drowned(scores, styles):
    """On which data sets the styles leave next to nothing for what clips show and how they move: a sentence per data set.

    styles: those of the config.
    """
    shares = last_shares(scores, "appearance").query("training != 'control'")  # one of which sees no colours
    least = shares.groupby("dataset", sort=False)["value"].min()
    others = LESS if any("apply" in own for own in styles.values()) else KEEPING
    return [
        f"On {dataset} style makes up over {MOST_APPEARANCE:g} of the variance of every network's last layer (controls aside): "
        "numbers there speak of the styles more than of the networks; dynamic S, of pairs that never share a style, falls below 0. "
        f"The gallery shows why; {others} keep more of a clip."
        for dataset in least.index[least > MOST_APPEARANCE]
    ]


def pooled_apart(scores, models):
    """On which data sets some networks are read in class tokens or frame by frame and others not: a sentence per data set.

    models: that table; `mean` and `patches` are alike: of most layers they are the same, of others but for the class token.
    """
    pooling = models[models["training"] != "control"].groupby("model", sort=False)["pooling"].first()
    for dataset, own in scores.groupby("dataset", sort=False):
        found = pooling[pooling.index.isin(own["model"])]
        if found.replace("patches", "mean").nunique() > 1:
            ways = "; ".join(f"`{way}` of {listed(names.index)}" for way, names in found.groupby(found, sort=False))
            yield f"On {dataset} layers are not pooled alike, which by itself can make numbers differ: {ways}."


def notes(scores, accuracy=None, segmentation=None, confidence=0.95, models=None):
    """What to know before reading the numbers of the last layers: a list of sentences."""
    sentences = []
    if (scores["quantity"] == "percent").any():
        inside = "Percentages lie between 15.5 and 42.2 where S static and S dynamic both lie between 0 and 1"
        sentences.append(f"{inside}; where one does not, they can lie outside.")
    if (scores["n_videos"] < FEWEST_VIDEOS).any():
        few = f"Some numbers rest on {scores['n_videos'].min()} videos"
        sentences.append(f"{few}; that their intervals hold what they promise was tested from {FEWEST_VIDEOS} videos on.")
    known = scores[scores["unit"].isna() & scores["value"].notna()]
    has_interval = known["low"].notna().groupby(known["metric"], sort=False).any()
    if has_interval.any() and not has_interval.all():
        without = listed(has_interval.index[~has_interval])
        sentences.append(f"Numbers by {without} have no intervals: they cannot be had of videos drawn anew, some of them twice.")
    sentences += near_zero(scores)
    sentences += pooled_apart(scores, models) if models is not None else []
    labels = dict.fromkeys(named(scores[scores["unit"].isna()])["model"].str.split("\n").str[0])
    if untrained := [name for name in labels if name.endswith("(untrained)")]:
        sentences.append(f"Networks with random weights, which say nothing about trained ones: {', '.join(untrained)}.")
    for precision, own in scores.groupby("precision"):
        if " and " in precision:
            names = (own["model"] + " on " + own["dataset"]).unique()
            sentences.append(f"Computed in {precision}, each shard in what came out right: {', '.join(names)}.")
    sentences += at_chance(accuracy) if accuracy is not None else []
    return sentences + (segments_at_chance(segmentation, confidence) if segmentation is not None else [])
