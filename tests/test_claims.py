"""Claims: planted differences are found, absent ones are not, and what was not measured is refused."""

import numpy as np
import pandas as pd
import pytest

from workflow.lib.errors import BadInput
from workflow.lib.experiment import members
from workflow.scripts.check_claims import check_claims

SCORE = {"metric": "pearson", "quantity": "S", "factor": "dynamic"}


def draws_table(values, sd=0.05, n=200, streams=(None,)):
    """Table `draws` of networks: model -> value of the last layer; earlier layers say nothing."""
    rng = np.random.default_rng(0)
    shared = rng.standard_normal(n) * sd  # the same videos are drawn for all networks
    rows = []
    for model, value in values.items():
        for stream in streams:
            for depth, own in enumerate((9.0, value)):
                row = {"dataset": "probe", "model": model, "depth": depth, "stream": stream, "kind": "bootstrap", **SCORE}
                row |= {"perturbation": "shuffle", "n_videos": 64, "crossings": "x", "value": own}
                rows.append(row | {"draws": own + shared + rng.standard_normal(n) * sd / 10})
    return pd.DataFrame(rows)


def claim(of, than, expect="more", **what):
    return {"says": "as expected", "dataset": "probe", "of": of, "than": than, "expect": expect, **(what or {"score": SCORE})}


def weighed(claims, draws=None, accuracy=None, curves=None, segmentation=None):
    return check_claims(claims, draws, accuracy, curves, segmentation, 0.95)


def test_differences_of_groups_are_paired_over_videos():
    draws = draws_table({"fast0": 0.50, "fast1": 0.54, "c2d0": 0.46, "c2d1": 0.46}, streams=("slow", "fast"))
    groups = (["fast0", "fast1"], ["c2d0", "c2d1"])
    row, other, same = weighed([claim(*groups), claim(*groups[::-1]), claim(["c2d0"], ["c2d1"], "equal")], draws)
    assert row["value"] == pytest.approx(0.06) and row["verdict"] == "holds" and row["agree"] == 1 and row["n_networks"] == 4
    assert row["high"] - row["low"] < 0.03  # single networks scatter by .2: what their videos share has gone
    assert other["verdict"] == "contradicted" and other["agree"] == 0 and same["verdict"] == "fits"


def test_accuracies_are_held_against_chance_and_against_each_other():
    rows = [("c2d", 0.52, 100), ("fast", 0.9, 100), ("weak", 0.55, 100)]
    about = {"dataset": "probe", "style": "original", "perturbation": None, "quantity": "reversal"}
    accuracy = pd.DataFrame([{"model": m, "value": v, "n_videos": n, **about} for m, v, n in rows])
    what = {"accuracy": "reversal"}
    claims = [claim(["c2d"], 0.5, "equal", **what), claim(["fast"], 0.5, "equal", **what), claim(["fast"], ["c2d"], **what)]
    verdicts = [row["verdict"] for row in weighed([*claims, claim(["weak"], 0.5, **what)], accuracy=accuracy)]
    assert verdicts == ["fits", "contradicted", "holds", "undecided"]


def test_what_shuffling_costs_is_compared_between_data_sets():
    values = {"motion": 0.9, "motion-shuffled": 0.5, "scene": 0.95, "scene-shuffled": 0.94}
    curves = [
        {"model": m, "split": "val", "quantity": "top1", "step": step, "value": v if step else 0.1, "n": 400, "n_videos": 200}
        for m, v in values.items()
        for step in (100, 0)
    ]
    beyond = {"beyond": {"of": ["scene"], "than": ["scene-shuffled"]}, "learned": "top1"}
    claims = [claim(["motion"], ["motion-shuffled"], **beyond), claim(["scene"], ["scene-shuffled"], "equal", learned="top1")]
    cost, nothing = weighed(claims, curves=pd.DataFrame(curves))
    assert cost["value"] == pytest.approx(0.39) and cost["verdict"] == "holds" and nothing["verdict"] == "fits"
    assert members(claims[0]) == ["motion", "motion-shuffled", "scene", "scene-shuffled"]


def test_an_equality_is_contradicted_about_as_often_as_said():
    rng, n, wrong = np.random.default_rng(0), 100, 0
    about = {"dataset": "probe", "style": "original", "perturbation": None, "quantity": "top1"}
    for repetition in range(1000):
        accuracy = pd.DataFrame([{"model": f"net{repetition}", "value": rng.binomial(n, 0.5) / n, "n_videos": n, **about}])
        (row,) = weighed([claim([f"net{repetition}"], 0.5, "equal", accuracy="top1")], accuracy=accuracy)
        wrong += row["verdict"] == "contradicted"
    assert wrong / 1000 == pytest.approx(0.05, abs=0.025)


def test_what_was_not_measured_is_refused():
    draws = draws_table({"a": 0.5, "b": 0.4})
    with pytest.raises(BadInput, match="claims: c has no .*'dynamic'.* on probe; an analysis must name them"):
        weighed([claim(["a"], ["c"])], draws)
    accuracy = pd.DataFrame(columns=["model", "dataset", "style", "perturbation", "quantity", "value", "n_videos"])
    with pytest.raises(BadInput, match="there is no reversal of a"):
        weighed([claim(["a"], 0.5, accuracy="reversal")], accuracy=accuracy)


def test_segmentation_is_compared_on_the_same_videos():
    """Differences of .2 on 40 videos whose J varies together by .3 hold; .2 on other videos of one network does not count."""
    rng = np.random.default_rng(0)
    shared, base = 0.3 * rng.standard_normal(40), {"dataset": "probe", "style": "original", "perturbation": None, "quantity": "J"}
    rows = [
        {**base, "model": model, "video": f"v{i}", "value": level + shared[i] + 0.02 * rng.standard_normal()}
        for model, level in (("good", 0.6), ("bad", 0.4))
        for i in range(40)
    ]
    rows += [{**base, "model": "bad", "video": "only bad", "value": 99.0}, {**base, "quantity": "F", **rows[0]} | {"value": 9.0}]
    rows[-1]["quantity"] = "F"
    (row,) = weighed([claim(["good"], ["bad"], segmentation="J")], segmentation=pd.DataFrame(rows))
    assert row["verdict"] == "holds" and row["value"] == pytest.approx(0.2, abs=0.02) and row["n_videos"] == 40
    assert row["high"] - row["low"] < 0.05 and row["measure"] == "segmentation J"
    with pytest.raises(BadInput, match="no J of better"):
        weighed([claim(["better"], ["bad"], segmentation="J")], segmentation=pd.DataFrame(rows))


def test_networks_scored_on_other_crossings_are_told_apart_without_pairs():
    """Independent draws of two networks: the variance of their difference is the sum of theirs."""
    draws = draws_table({"a": 0.5, "b": 0.4})
    (together,) = weighed([claim(["a"], ["b"])], draws)
    rng = np.random.default_rng(1)
    other = draws["model"] == "b"
    draws.loc[other, "crossings"] = "y"
    draws.loc[other, "draws"] = pd.Series([rng.permutation(own) for own in draws.loc[other, "draws"]], draws.index[other])
    (apart,) = weighed([claim(["a"], ["b"])], draws)
    assert together["paired"] and not apart["paired"] and apart["value"] == together["value"]
    spread = [np.std(own) for own in draws.loc[draws["depth"] == 1, "draws"]]
    wide = 2 * 1.96 * np.hypot(*spread)
    assert (
        wide * 0.85 < apart["high"] - apart["low"] < wide * 1.2
        and apart["high"] - apart["low"] > together["high"] - together["low"]
    )
