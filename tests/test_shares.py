"""The crossed decomposition gives back what was planted, sums to 1, and refuses tables that are not crossed."""

import numpy as np
import pandas as pd
import pytest
from crossed_pairs import by_factor, crossed_pairs, sides_from, some_clips, some_styles

from workflow.lib.errors import BadInput
from workflow.metrics import shares

FOUR = ("content", "appearance", "dynamics", "interaction")


def numbered(keys):
    """Number of each key among the distinct ones."""
    return pd.factorize(pd.Series(list(keys)))[0]


def noise(keys, units, seed):
    """Standard normal values that are equal where the keys are: [key, unit]."""
    codes = numbered(keys)
    return np.random.default_rng(seed).standard_normal((codes.max() + 1, units))[codes]


def planted(weights, units, seed=0):
    """activation(variants) = sqrt(w_c) C + sqrt(w_a) A + sqrt(w_d) D + sqrt(w_i) I, of unit variances."""

    def activation(variants):
        keys = ([c for c, _, _ in variants], [(c, s) for c, s, _ in variants], [(c, d) for c, _, d in variants], variants)
        return sum(np.sqrt(w) * noise(k, units, seed * 10 + i) for i, (w, k) in enumerate(zip(weights, keys, strict=True)))

    return activation


def scored(activation, n=600, per_video=1, drawn=2, perturbed=("shuffle0",), dtype=np.float32, seed=0):
    pairs = crossed_pairs(some_clips(n, per_video), some_styles(n, 4, drawn, seed), perturbed)
    return shares.score(sides_from(pairs, lambda v: activation(v).astype(dtype)), by_factor(pairs))


@pytest.mark.parametrize("weights", [(0.25, 0.25, 0.25, 0.25), (0.6, 0.1, 0.2, 0.1), (0, 0.5, 0, 0.5), (0.1, 0, 0.9, 0)])
def test_planted_shares_come_back_from_600_clips(weights):
    layer, units = scored(planted(weights, 32))
    for name, weight in zip(FOUR, weights, strict=True):
        assert layer[name] == pytest.approx(weight, abs=0.03)
        assert units[name].mean() == pytest.approx(weight, abs=0.03)
        assert np.abs(units[name] - weight).max() < 0.2  # one unit: standard error below .05
    assert layer["order_dependence"] == pytest.approx(weights[2] + weights[3], abs=0.03)
    assert layer["style_dependence"] == pytest.approx(weights[1] + weights[3], abs=0.03)


def test_shares_sum_to_one_exactly():
    layer, units = scored(planted((0.4, 0.3, 0.2, 0.1), 16), n=30, per_video=3)
    assert sum(layer[name] for name in FOUR) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(sum(units[name] for name in FOUR), 1, atol=1e-12)
    np.testing.assert_allclose(units["dynamics"] + units["interaction"], units["order_dependence"], atol=1e-12)
    np.testing.assert_allclose(units["appearance"] + units["interaction"], units["style_dependence"], atol=1e-12)


def test_shares_are_the_formulas_written_out():
    clips, styles = some_clips(40, 2), some_styles(40, 4, 3)
    pairs = crossed_pairs(clips, styles, ("shuffle0", "shuffle1"))
    activation = planted((0.3, 0.3, 0.2, 0.2), 5)
    names = sorted(set(pairs["variant_a"]) | set(pairs["variant_b"]))
    z = dict(zip(names, activation([tuple(n.rsplit("/", 2)) for n in names]) + 7, strict=True))
    cell = {name: (name.split("/")[-2], name.endswith("natural")) for name in names}
    tables, members = by_factor(pairs), {}
    for pair in tables["neither"].itertuples():
        for variant in (pair.variant_a, pair.variant_b):
            members.setdefault(cell[variant], []).append(z[variant])
    mean = {c: np.mean(values, axis=0) for c, values in members.items()}
    product = {f: np.mean([z[p.variant_a] * z[p.variant_b] for p in t.itertuples()], axis=0) for f, t in tables.items()}
    q = np.mean([z[v] ** 2 for side in "ab" for v in tables["static"][f"variant_{side}"]], axis=0)
    b = np.mean([mean[cell[p.variant_a]] * mean[cell[p.variant_b]] for p in tables["neither"].itertuples()], axis=0)
    layer, units = shares.score(sides_from(pairs, lambda v: activation(v) + 7), tables)
    np.testing.assert_allclose(units["content"], (product["neither"] - b) / (q - b), atol=1e-10)
    np.testing.assert_allclose(units["dynamics"], (product["dynamic"] - product["neither"]) / (q - b), atol=1e-10)
    np.testing.assert_allclose(units["order_dependence"], (q - product["static"]) / (q - b), atol=1e-10)
    assert layer["appearance"] == pytest.approx((product["static"] - product["neither"]).sum() / (q - b).sum(), abs=1e-10)


@pytest.mark.parametrize("drawn", [2, 4])
def test_a_unit_that_follows_the_style_alone_is_all_appearance(drawn):
    layer, units = scored(lambda variants: noise([s for _, s, _ in variants], 6, 3), drawn=drawn)
    np.testing.assert_allclose(units["appearance"], 1, atol=1e-6)
    for name in ("content", "dynamics", "interaction"):
        np.testing.assert_allclose(units[name], 0, atol=1e-6)
        assert layer[name] == pytest.approx(0, abs=1e-6)


def test_a_mean_shift_under_shuffling_stays_in_dynamics():
    shift = 3.0

    def shuffled(variants):
        return np.array([[d != "natural"] for _, _, d in variants]) * shift

    _, alone = scored(shuffled)
    assert alone["dynamics"][0] == pytest.approx(1, abs=1e-6)
    layer, _ = scored(lambda variants: noise([c for c, _, _ in variants], 32, 5) + shuffled(variants))
    # Natural and perturbed means are -shift/2 and shift/2, so V = 1 + shift^2 / 2.
    assert layer["dynamics"] == pytest.approx(shift**2 / 2 / (1 + shift**2 / 2), abs=0.01)
    assert layer["content"] == pytest.approx(1 / (1 + shift**2 / 2), abs=0.01)


def test_order_blind_activations_have_neither_dynamics_nor_interaction():
    layer, units = scored(lambda variants: 600 + noise([(c, s) for c, s, _ in variants], 8, 2))
    for name in ("dynamics", "interaction", "order_dependence"):
        np.testing.assert_allclose(units[name], 0, atol=1e-5)
        assert layer[name] == pytest.approx(0, abs=1e-5)


def test_interaction_is_never_negative():
    _, units = scored(planted((0.9, 0.05, 0.05, 0), 32), n=12, dtype=np.float64)
    assert units["interaction"].min() > -1e-12


def test_adding_a_constant_changes_nothing():
    activation = planted((0.3, 0.3, 0.2, 0.2), 8)
    plain, shifted = scored(activation, 100, dtype=float), scored(lambda v: activation(v) + 1e4, 100, dtype=float)
    for name in plain[0]:
        assert shifted[0][name] == pytest.approx(plain[0][name], abs=1e-7)
        np.testing.assert_allclose(shifted[1][name], plain[1][name], atol=1e-7)


def test_a_unit_that_never_varies_scores_nan_and_leaves_the_layer_alone():
    activation = planted((0.3, 0.3, 0.2, 0.2), 3)
    layer, units = scored(lambda v: np.concatenate([activation(v), np.full((len(v), 1), 1 / 3)], axis=1))
    assert np.isnan(units["content"]).tolist() == [False, False, False, True]
    assert layer["content"] == pytest.approx(scored(activation)[0]["content"], abs=1e-9)
    layer, _ = scored(lambda v: np.full((len(v), 2), 1 / 3))
    assert all(np.isnan(value) for value in layer.values())


@pytest.mark.parametrize("chunk", [2**21, 1])
def test_weights_equal_literally_resampled_data(chunk, monkeypatch):
    monkeypatch.setattr("workflow.parts.video_sums.VALUES", chunk)
    pairs = crossed_pairs(some_clips(60, 3), some_styles(60, 4, 2), ("shuffle0", "shuffle1"))
    pairs = pairs[~pairs["crossing"].isin(pairs["crossing"].unique()[:5])]  # unequal numbers per video
    activation = planted((0.3, 0.3, 0.2, 0.2), 20)
    sides, tables = sides_from(pairs, activation), by_factor(pairs)
    videos = sorted(pairs["video"].unique())
    weights = np.random.default_rng(1).multinomial(len(videos), [1 / len(videos)] * len(videos), 4)
    weights[3] = np.arange(len(videos)) < 2  # a few videos, in which some styles do not occur
    layer, units = shares.score(sides, tables, weights)
    for draw, counts in enumerate(weights):
        copies = [pairs[pairs["video"] == v].assign(crossing=lambda t, i=i: t["crossing"] + f"#{i}")
                  for v, n in zip(videos, counts, strict=True) for i in range(n)]  # fmt: skip
        resampled = pd.concat(copies, ignore_index=True)
        plain_layer, plain_units = shares.score(sides_from(resampled, lambda v: subset(activation, pairs, v)), by_factor(resampled))
        for name in layer:
            assert layer[name][draw] == pytest.approx(plain_layer[name], abs=1e-9)
            np.testing.assert_allclose(units[name][draw], plain_units[name], atol=1e-9)


def subset(activation, pairs, variants):
    """Activations of some variants, as they are among all variants of `pairs`."""
    everything = sorted(set(pairs["variant_a"]) | set(pairs["variant_b"]))
    values = activation([tuple(v.rsplit("/", 2)) for v in everything])
    row = {tuple(v.rsplit("/", 2)): i for i, v in enumerate(everything)}
    return values[[row[v] for v in variants]]


def drop_one(t):
    return t.drop(index=t.index[5])


def double_one(t):
    return pd.concat([t, t.iloc[[2]]])


def swap_across_crossings(t):
    t.loc[t.index[[0, 6]], "variant_b"] = t["variant_b"].to_numpy()[[6, 0]]
    return t


def relabel_factor(t):
    t["factor"] = t["factor"].map({"static": "dynamic", "dynamic": "static", "neither": "neither"})
    return t


def same_pair_twice(t):
    t.loc[t.index[1], ["variant_a", "variant_b"]] = t.loc[t.index[0], ["variant_a", "variant_b"]].to_numpy()
    return t


def two_perturbed(t):
    for side in "ab":
        t[f"variant_{side}"] = t[f"variant_{side}"].str.replace("/natural", "/shuffle7")
    return t


def no_neither(t):
    return t[t["factor"] != "neither"]


def another_video(t):
    t.loc[t.index[3], "video"] = "elsewhere"
    return t


def a_name_without_parts(t):
    return t.assign(variant_a="x")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (drop_one, "two pairs of each factor"),
        (double_one, "two pairs of each factor"),
        (swap_across_crossings, "another clip"),
        (relabel_factor, "share the style"),
        (same_pair_twice, "same four variants"),
        (two_perturbed, "one natural"),
        (no_neither, "no pairs of factor 'neither'"),
        (another_video, "two videos"),
        (a_name_without_parts, "clip/style/dynamics was needed"),
    ],
)
def test_tables_that_are_not_crossed_are_refused(spoil, says):
    pairs = spoil(crossed_pairs(some_clips(8), some_styles(8)).copy())
    sides = {f: (np.zeros((len(own), 2)),) * 2 for f, own in by_factor(pairs).items()}
    with pytest.raises(BadInput, match=says):
        shares.score(sides, by_factor(pairs))


def test_shares_without_a_pair_table_are_refused():
    with pytest.raises(BadInput, match="pair table"):
        shares.score({f: (np.zeros((4, 2)),) * 2 for f in ("static", "dynamic", "neither")})
