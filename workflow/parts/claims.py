"""What an experiment expects of its networks, held against what they did."""

from typing import NamedTuple

import numpy as np

from workflow.lib.errors import BadInput
from workflow.lib.experiment import members
from workflow.parts.resampling import interval
from workflow.parts.seeding import generator
from workflow.parts.video_means import FEWEST, mean_draws

DRAWS = 1000  # of an accuracy
MORE, EQUAL = "more", "equal"


class Measured(NamedTuple):
    """A network's value, its draws, the videos it rests on, and what was drawn: equal `drawn` are the same draws of videos."""

    value: float
    draws: np.ndarray  # [draw]
    n_videos: int
    drawn: str


def score_values(draws, claim):
    """Value and bootstrap draws of every network's last layer: model -> Measured; the mean of several streams.

    Networks that sample clips differently can have been scored on different crossings (what was too near natural order is left
    out); their draws are then independent, and the interval of a difference is wide rather than narrow.
    """
    wanted = {"dataset": claim["dataset"], "kind": "bootstrap", **claim["score"]}  # of one stream, where it says so
    own = draws[np.logical_and.reduce([draws[key] == value for key, value in wanted.items()])]
    own = own[own["perturbation"] == own["perturbation"].iloc[0]] if len(own) else own
    found = {}
    for model in members(claim):
        layers = own[own["model"] == model]
        if layers.empty:
            raise BadInput(f"claims: {model} has no {claim['score']} on {claim['dataset']}; an analysis must name them")
        streams = layers["stream"].fillna("")
        last = layers[layers["depth"] == layers.groupby(streams)["depth"].transform("max")]
        mean = np.stack(last["draws"]).astype(float).mean(0)
        found[model] = Measured(last["value"].mean(), mean, last["n_videos"].iloc[0], last["crossings"].iloc[0])
    return found


def shares_right(rows, claim, key):
    """Value and draws of every network's accuracy: model -> Measured; rows: model -> (value, videos).

    Draws are of Jeffreys' posterior, each network's by itself: that two networks err on the same clips is not used, so
    intervals of differences are wide rather than narrow.
    """
    found = {}
    for model in members(claim):
        if model not in rows or np.isnan(rows[model][0]):
            raise BadInput(f"claims: there is no {key} of {model}")
        value, n = rows[model]
        draws = generator("claim", key, model).beta(value * n + 0.5, (1 - value) * n + 0.5, DRAWS)
        found[model] = Measured(value, draws, n, model)
    return found


def accuracy_values(accuracy, claim):
    """Values and draws of accuracies in natural order on original clips."""
    if accuracy is None:
        raise BadInput(f"claims: there is no accuracy of {', '.join(members(claim))}: they name no classes")
    own = accuracy[(accuracy["dataset"] == claim["dataset"]) & (accuracy["style"] == "original") & accuracy["perturbation"].isna()]
    own = own[own["quantity"] == claim["accuracy"]]
    return shares_right({row.model: (row.value, row.n_videos) for row in own.itertuples()}, claim, claim["accuracy"])


def segmentation_values(segmentation, claim):
    """Values and bootstrap draws of J or F on the clips as they are: the mean over videos that all networks have segmented."""
    wanted = {"dataset": claim["dataset"], "quantity": claim["segmentation"], "style": "original"}
    if segmentation is None:
        raise BadInput(f"claims: nothing was segmented on {claim['dataset']}: networks that segment and masks are needed")
    own = segmentation[np.logical_and.reduce([segmentation[key] == value for key, value in wanted.items()])]
    own = own[own["perturbation"].isna()].pivot(index="video", columns="model", values="value")
    if absent := [model for model in members(claim) if model not in own]:
        raise BadInput(f"claims: there is no {claim['segmentation']} of {absent[0]} on {claim['dataset']}")
    own = own[members(claim)].dropna()
    if len(own) < FEWEST:
        raise BadInput(f"claims: {', '.join(own)} have {len(own)} videos of {claim['dataset']} in common; {FEWEST} are needed")
    means, draws = mean_draws(own.to_numpy(), own.index)
    return {model: Measured(means[k], draws[:, k], len(own), "videos") for k, model in enumerate(own)}


def learned_values(curves, claim):
    """Values and draws of the accuracy on held-out clips at the end of training, shown as they were in training."""
    if curves is None:
        raise BadInput(f"claims: {', '.join(members(claim))} were not trained here, so nothing was learned")
    own = curves[(curves["split"] != "train") & (curves["quantity"] == claim["learned"])].sort_values("step")
    own = own.groupby("model").last()
    shares = {model: (row["value"], row["n_videos"]) for model, row in own.iterrows()}  # clips of a video are not independent
    return shares_right(shares, claim, f"learned {claim['learned']}")


def side(values, named):
    """Mean value and draws of a group of networks; a number is itself."""
    if not isinstance(named, list):
        return named, named
    return (np.mean([values[model][i] for model in named], 0) for i in (0, 1))


def contrast(values, claim):
    """Value and draws of `of` less `than`, and less the same of `beyond` where there is one."""
    (of, of_draws), (than, than_draws) = (side(values, claim[key]) for key in ("of", "than"))
    value, draws = of - than, of_draws - than_draws
    if claim.get("beyond"):
        other, other_draws = contrast(values, claim["beyond"])
        value, draws = value - other, draws - other_draws
    return value, draws


def weigh(claim, values, confidence):
    """Row of table `claims`: the difference, its interval, in how many pairs of networks it goes that way, and the verdict."""
    value, draws = contrast(values, claim)
    n_videos = int(min(own.n_videos for own in values.values()))
    tails = (1 - confidence) / 2, (1 + confidence) / 2  # a posterior's own; resampled videos need more, see `interval`
    resampled = "score" in claim or "segmentation" in claim
    ends = interval(draws, value, confidence, n_videos) if resampled else np.quantile(draws, tails)
    low, high = map(float, ends)
    expect = claim["expect"]
    if expect == EQUAL:
        verdict = "fits" if low <= 0 <= high else "contradicted"
    else:
        verdict = "holds" if low > 0 else "contradicted" if high < 0 else "undecided"
    row = {
        "claim": claim["says"],
        "measure": measure_of(claim),
        "dataset": claim.get("dataset"),
        "expect": expect,
        "value": value,
        "low": low,
        "high": high,
    }
    row["paired"] = len({own.drawn for own in values.values()}) == 1
    return row | {"n_networks": len(members(claim)), "n_videos": n_videos, "agree": agreement(values, claim), "verdict": verdict}


def measure_of(claim):
    """What a claim is about, in words."""
    if "score" in claim:
        return " ".join(claim["score"][key] for key in ("metric", "quantity", "factor", "stream") if key in claim["score"])
    return next(f"{kind} {claim[kind]}" for kind in ("accuracy", "learned", "segmentation") if kind in claim)


def agreement(values, claim):
    """Share of pairs of one network of `of` and one of `than` whose difference is above zero; None where there are no pairs."""
    if claim["expect"] == EQUAL or claim.get("beyond"):
        return None
    than = [values[model][0] for model in claim["than"]] if isinstance(claim["than"], list) else [claim["than"]]
    return float(np.mean([values[model][0] > other for model in claim["of"] for other in than]))
