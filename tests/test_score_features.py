"""One feature dump to score tables: what is refused, what does not matter, and the tables made from the scores."""

import numpy as np
import pandas as pd
import pytest

from tests.dumped_features import ABOUT, planted_dump
from workflow.lib.columns import TABLES
from workflow.lib.errors import BadInput
from workflow.lib.features import read_keys
from workflow.lib.tables import read_table, write_table
from workflow.metrics import cka, pearson, ratio, shares, within_class
from workflow.parts.compared_pairs import check_pairs
from workflow.parts.findings import findings
from workflow.scripts.compare_scores import compare_scores
from workflow.scripts.measure_stability import measure_stability
from workflow.scripts.score_features import score_features

SETTINGS = {"lambda": 0.5, "draws": 200, "confidence": 0.95, "permutations": 100, "subsets": 5, "truncate": False}
NEEDED = ["static", "dynamic"]


def scored(pairs, paths, metric=pearson, seed=0, **settings):
    """Tables `scores` and `draws`."""
    return score_features(metric, pairs, paths, SETTINGS | settings, seed, 0.25)[:2]


def named(tables, model, metric="pearson"):
    return [table.assign(dataset="d", model=model, metric=metric) for table in tables]


def test_scores_do_not_depend_on_sharding(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    one, many = scored(*planted_dump(tmp_path / "one")), scored(*planted_dump(tmp_path / "many", shards=5))
    for a, b in zip(one, many, strict=True):
        pd.testing.assert_frame_equal(a, b, check_exact=True)


def test_every_value_lies_in_its_interval_and_every_unit_has_a_q_value(tmp_path):
    scores, draws = scored(*planted_dump(tmp_path))
    assert (scores["low"] <= scores["value"]).all() and (scores["value"] <= scores["high"]).all()
    units = scores["unit"].notna()
    assert scores.loc[units, "q"].between(1 / 108, 1).all() and scores.loc[~units, "q"].isna().all()
    assert (
        set(draws["kind"]) == {"bootstrap", "subset"}
        and (draws["draws"].map(len) == draws["kind"].map({"bootstrap": 200, "subset": 5})).all()
    )
    for name, table in (("scores", scores), ("draws", draws)):
        write_table(tmp_path / f"{name}.parquet", name, table)
        assert list(read_table(tmp_path / f"{name}.parquet", name)) == list(TABLES[name])


def test_metrics_of_other_quantities(tmp_path):
    pairs, paths = planted_dump(tmp_path)
    scores, draws = scored(pairs, paths, shares)
    whole = scores[scores["unit"].isna()]
    assert set(scores["quantity"]) == {"share"} and whole["low"].notna().all() and scores["q"].isna().all() and len(draws)
    assert any("depends on frame order" in sentence for sentence in findings(named([scores], "net", "shares")[0]))
    scores, draws = scored(pairs, paths, cka)
    assert set(scores["quantity"]) == {"cka"} and scores["low"].isna().all() and draws.empty
    for name, table in (("scores", scores), ("draws", draws)):
        write_table(tmp_path / f"{name}.parquet", name, table)
    assert set(scored(pairs, paths, within_class)[0]["quantity"]) == {"S", "percent", "units"}


def test_intervals_and_null_can_be_switched_off_and_percentages_truncated(tmp_path):
    pairs, paths = planted_dump(tmp_path)
    scores, draws = scored(pairs, paths, draws=0, subsets=0, permutations=0, truncate=True)
    assert scores["low"].isna().all() and scores["q"].isna().all() and draws.empty
    percent = scores[(scores["quantity"] == "percent") & (scores["layer"] == "layer1")]
    np.testing.assert_allclose(percent["value"] % 20, 0, atol=1e-9)  # five units
    assert percent["value"].sum() == pytest.approx(100)


def spoil(value):
    def change(layers):
        layers["layer1"][7, 2] = value

    return change


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_activations_that_are_not_finite_are_refused(tmp_path, value):
    pairs, paths = planted_dump(tmp_path, spoil=spoil(value), shards=2)
    variant = read_keys(paths)["variant"][7]
    with pytest.raises(BadInput, match=f"holds {value} at variant {variant}, layer layer1, unit 2"):
        scored(pairs, paths)


def test_pairs_that_cannot_be_compared_are_refused(tmp_path):
    pairs, paths = planted_dump(tmp_path)
    keys = read_keys(paths)
    crossed = pairs.assign(variant_b=pairs["variant_b"].to_numpy()[::-1])
    with pytest.raises(BadInput, match="pairs join different clips, the first is .* with .*; both sides .* from one clip"):
        check_pairs(crossed, keys, NEEDED)
    with pytest.raises(BadInput, match="no pairs of the factor 'dynamic'; static, dynamic are needed"):
        check_pairs(pairs[pairs["factor"] != "dynamic"], keys, NEEDED)
    with pytest.raises(BadInput, match="no pairs of the factor 'neither'"):
        scored(pairs[pairs["factor"] != "neither"], paths, shares)
    with pytest.raises(BadInput, match="lacks 2 variants of the pair table"):
        check_pairs(pairs, keys[2:], NEEDED)


def test_too_few_videos_and_impossible_thresholds_are_refused(tmp_path):
    pairs, paths = planted_dump(tmp_path)
    few = pairs[pairs["video"].isin(sorted(set(pairs["video"]))[:2])]
    with pytest.raises(BadInput, match="2 videos have pairs to compare .* at least 3 are needed"):
        scored(few, paths)
    with pytest.raises(BadInput, match=r"12 crossings|0 videos"):
        score_features(pearson, pairs, paths, SETTINGS, 0, 0.6)
    for threshold in (-1, 1, 1.5):
        with pytest.raises(BadInput, match=f"lambda is {threshold}; a similarity lies between -1 and 1"):
            scored(pairs, paths, **{"lambda": threshold})


def test_shards_of_different_weights_are_refused(tmp_path, monkeypatch):
    pairs, paths = planted_dump(tmp_path, shards=2)
    (tmp_path / "other").mkdir()
    monkeypatch.setitem(ABOUT, "weights_sha256", "1")
    _, others = planted_dump(tmp_path / "other", shards=2)
    with pytest.raises(BadInput, match=r"000.parquet and .*other/001.parquet come of different weights"):
        scored(pairs, [paths[0], others[1]])


@pytest.mark.parametrize("precisions, said", [(["float32", None, "float16"], "float16 and float32"), (["float16"], "float16")])
def test_the_precision_of_all_shards_is_told(precisions, said, tmp_path):
    scores, _ = scored(*planted_dump(tmp_path, shards=len(precisions), precisions=precisions), draws=0, subsets=0, permutations=0)
    assert set(scores["precision"]) == {said}


def test_layers_of_different_widths_are_refused(tmp_path):
    (tmp_path / "other").mkdir()
    pairs, paths = planted_dump(tmp_path, shards=2)
    _, others = planted_dump(tmp_path / "other", units=(3, 6), shards=2)
    with pytest.raises(BadInput, match="layer layer1 has 5 and 6 units"):
        scored(pairs, [paths[0], others[1]])


def test_differences_between_networks_and_layers(tmp_path):
    for name in "abc":
        (tmp_path / name).mkdir()
    draws = []
    for seed, name in enumerate("ab"):
        draws.append(named(scored(*planted_dump(tmp_path / name, seed=seed)), name)[1])
    pairs, paths = planted_dump(tmp_path / "c", seed=2)
    draws.append(named(scored(pairs[pairs["video"] != pairs["video"][0]], paths), "c")[1])
    table = compare_scores(pd.concat(draws), 0.95)
    networks = table[(table["comparison"] == "networks") & (table["quantity"] == "S") & (table["factor"] == "static")]
    assert list(zip(networks["model_a"], networks["model_b"], strict=True)) == [("a", "b"), ("a", "c"), ("b", "c")]
    first, other = networks.iloc[0], networks.iloc[1]
    assert first["low"] <= first["value"] <= first["high"] and first["layer_a"] == "layer1" and "reason" not in networks
    assert first["same_crossings"] and not other["same_crossings"] and (first["n_videos"], other["n_videos"]) == (12, 11)
    assert other["low"] <= other["value"] <= other["high"]
    layers = table[(table["comparison"] == "layers") & (table["quantity"] == "percent") & (table["factor"] == "dynamic")]
    assert list(layers["model_a"]) == ["a", "b", "c"] and layers["value"].notna().all()
    write_table(tmp_path / "differences.parquet", "differences", table)


def test_every_perturbation_has_draws_and_differences_of_its_own(tmp_path):
    pairs, paths = planted_dump(tmp_path)
    both = pd.concat([pairs, pairs[pairs["video"] != pairs["video"][0]].assign(perturbation="reverse")])
    scores, draws = named(scored(both, paths), "net")
    alone, alone_draws = named(scored(pairs, paths), "net")
    keys = ["layer", "quantity", "factor", "kind", "n_videos"]
    for perturbation, n_videos in (("shuffle", 12), ("reverse", 11)):
        assert draws.loc[draws["perturbation"] == perturbation, "n_videos"].max() == n_videos
    own = draws[draws["perturbation"] == "shuffle"].set_index(keys)["draws"]
    assert all(np.array_equal(x, y) for x, y in zip(own, alone_draws.set_index(keys)["draws"].loc[own.index], strict=True))
    table = compare_scores(draws, 0.95)
    assert table.groupby("perturbation").size().to_dict() == {"reverse": len(table) // 2, "shuffle": len(table) // 2}
    assert table["value"].notna().all()


def test_stability_says_how_far_fewer_videos_scatter(tmp_path):
    scores, draws = named(scored(*planted_dump(tmp_path, n_videos=64, units=(2, 20)), subsets=100), "net")
    table = measure_stability(draws, 0.95)
    table = table[(table["quantity"] == "S") & (table["factor"] == "static") & (table["layer"] == "layer1")].set_index("n_videos")
    half = (table["high"] - table["low"]) / 2
    assert list(table.index) == [64, 4, 8, 16, 32] and half[[4, 8, 16, 32, 64]].is_monotonic_decreasing
    assert half[32] == pytest.approx(half[64] * 2**0.5, rel=0.35)  # a root law, joined to the bootstrap's interval


def test_the_lambda_sweep_passes_through_the_scores(tmp_path):
    """At the lambda in use, on the grid of thresholds or off it, classes and their intervals are those of table `scores`."""
    pairs, paths = planted_dump(tmp_path)
    for threshold in (0.5, 0.333):
        scores, _, sweep = score_features(pearson, pairs, paths, SETTINGS | {"lambda": threshold}, 0, 0.25)
        ends = ["value", "low", "high"]
        at = sweep[sweep["lambda"] == threshold].set_index(["layer", "factor"])[ends]
        stored = scores[scores["quantity"] == "units"].set_index(["layer", "factor"])[ends].astype(float)
        pd.testing.assert_frame_equal(at.sort_index(), stored.sort_index())
        assert (sweep.groupby(["layer", "lambda"])["value"].sum().round(9) == 100).all()
        assert (sweep["low"] <= sweep["value"]).all() and (sweep["value"] <= sweep["high"]).all()
        assert (sweep["high"] - sweep["low"]).max() > 1  # near a threshold units may stand on either side of it
        write_table(tmp_path / "sweep.parquet", "lambda_sweep", sweep.assign(dataset="shapes", model="net", metric="pearson"))
    assert sweep["lambda"].nunique() == 31
    plain = score_features(pearson, pairs, paths, SETTINGS | {"draws": 0, "subsets": 0}, 0, 0.25)[2]
    assert plain["value"].notna().all() and plain[["low", "high"]].isna().all(axis=None)
    assert score_features(shares, pairs, paths, SETTINGS, 0, 0.25)[2].empty


def test_a_ratio_beyond_one_lies_within_its_interval(tmp_path):
    """Of an order-blind layer that one of two styles leaves blank: static pairs vary by A, all rows by 3/4 A, and S is 4/3."""

    def spoil(layers):
        answers = np.random.default_rng(0).standard_normal((60, 1, 1, 5))
        blank = np.array([1, 0])[:, None, None]
        layers["layer0"][:] = ((answers - answers.mean(0)) * blank * np.ones((2, 1))).reshape(-1, 5)

    scores, _ = scored(*planted_dump(tmp_path, n_videos=60, units=(5,), spoil=spoil), ratio)
    s = scores[scores["unit"].isna() & scores["quantity"].eq("S") & scores["factor"].eq("static")].iloc[0]
    assert s["value"] == pytest.approx(4 / 3, abs=1e-5) and 1 < s["low"] <= s["value"] <= s["high"]


def test_the_null_within_classes_knows_the_classes(tmp_path):
    """A unit that tells classes apart and nothing else is found by pearson and not within classes."""
    classes = np.repeat(np.arange(60) % 4, 4)[:, None]  # some_clips gives its videos four labels in turn
    rng = np.random.default_rng(0)

    def spoil(layers):
        layers["layer0"][:] = 3 * classes + rng.standard_normal(layers["layer0"].shape)

    pairs, paths = planted_dump(tmp_path, n_videos=60, units=(40,), spoil=spoil)
    for metric, found in ((pearson, True), (within_class, False)):
        scores, _ = scored(pairs, paths, metric, permutations=500)
        q = scores.loc[scores["unit"].notna() & (scores["factor"] == "static"), "q"]
        assert (q < 0.05).all() if found else (q > 0.05).all()
