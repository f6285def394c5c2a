"""Intervals cover what they claim, q-values hold the false discovery rate, and neither depends on how the work is cut up."""

import numpy as np
import pandas as pd
import pytest

from tests.crossed_pairs import by_factor, crossed_pairs, sides_from, some_clips
from workflow.metrics import pearson, shares
from workflow.parts.repairing import p_values, places_of, q_values, shifted_products
from workflow.parts.resampling import bootstrap_weights, interval, names_digest, resamples, subset_weights, t_quantile
from workflow.parts.similarity import class_percentages, percentages

NOMINAL = pytest.approx(0.95, abs=0.02)


def names(n, each=1):
    """Video of every pair, `each` pairs per video."""
    return [f"v{i:05d}" for i in range(n) for _ in range(each)]


def correlated(rho, n, each, repetitions, rng, shared=None):
    """Sides [pair, repetition] that correlate by rho; 70 % of their variance is the video's own, as clips of a video are alike.

    shared [2, video or pair, repetition]: noise to build on, for two networks on the same videos.
    """

    def sides(shape):
        a, e = rng.standard_normal((2, *shape, repetitions))
        return np.stack([a, rho * a + np.sqrt(1 - rho**2) * e])

    video, pair = sides((n, 1)), sides((n, each))
    a, b = (np.sqrt(0.7) * video + np.sqrt(0.3) * pair).reshape(2, n * each, repetitions)
    return a, b


def score_with_draws(sides, videos, draws=600):
    """Plain and resampled unit scores of pearson: factor -> [unit], factor -> [draw, unit]."""
    pairs = {factor: pd.DataFrame({"video": videos}) for factor in sides}
    weights = bootstrap_weights(sorted(set(videos)), draws, 0)
    return pearson.score(sides)[1], pearson.score(sides, pairs, weights)[1]


def covered(draws, value, truth, n):
    low, high = interval(draws, value, 0.95, n)
    return np.mean((low <= truth) & (truth <= high))


@pytest.mark.parametrize(("n", "rho"), [(12, 0.5), (40, 0.0), (40, 0.9), (150, 0.5)])
def test_intervals_of_correlations_cover_the_truth(n, rho):
    sides = {"static": correlated(rho, n, 3, 2500, np.random.default_rng(n))}
    plain, drawn = score_with_draws(sides, names(n, 3))
    assert covered(drawn["static"], plain["static"], rho, n) == NOMINAL
    if n == 40:  # pairs of one video are not independent: resampling pairs claims too much
        plain, drawn = score_with_draws(sides, names(3 * n))
        assert covered(drawn["static"], plain["static"], rho, 3 * n) < 0.90


def test_intervals_of_layers_percentages_and_classes_cover_the_truth():
    n, repetitions, rho = 60, 3000, np.array([0.1, 0.3, 0.45, 0.6, 0.8, 0.9])
    rng, sides = np.random.default_rng(0), {}
    for factor in ("static", "dynamic"):
        common, own = rng.standard_normal((2, n, repetitions, 1)), rng.standard_normal((2, n, repetitions, len(rho)))
        a, e = np.sqrt(0.5) * common + np.sqrt(0.5) * own  # units of a layer are alike
        sides[factor] = a.reshape(n, -1), (rho * a + np.sqrt(1 - rho**2) * e).reshape(n, -1)
    plain, drawn = score_with_draws(sides, names(n))
    units, units_drawn = ({f: x.reshape(*x.shape[:-1], repetitions, -1) for f, x in each.items()} for each in (plain, drawn))
    layer, layer_drawn = ({f: x.mean(-1) for f, x in each.items()} for each in (units, units_drawn))
    assert covered(layer_drawn["static"], layer["static"], rho.mean(), n) == NOMINAL
    truth = percentages({"static": rho.mean(), "dynamic": rho.mean()})["static"]
    assert covered(percentages(layer_drawn)["static"], percentages(layer)["static"], truth, n) == NOMINAL
    plain, drawn = (class_percentages(each, 0.5)["joint"] for each in (units, units_drawn))
    assert covered(drawn, plain, 50, n) >= 0.93  # counts of six units move in steps: no interval is exact


def test_intervals_of_shares_cover_the_truth():
    n, repetitions, rng = 80, 1200, np.random.default_rng(1)
    clips = some_clips(n)
    pairs = crossed_pairs(clips, [["oil", "ink"]] * n)
    weight = {"content": 0.4, "appearance": 0.3, "dynamics": 0.2, "interaction": 0.1}
    row, style, order = {c[0]: i for i, c in enumerate(clips)}, {"oil": 0, "ink": 1}, {"natural": 0, "shuffle0": 1}
    shapes = {"content": (1, 1), "appearance": (2, 1), "dynamics": (1, 2), "interaction": (2, 2)}
    parts = [np.sqrt(weight[k]) * rng.standard_normal((n, *s, repetitions)) for k, s in shapes.items()]
    cells = sum(np.broadcast_to(part, (n, 2, 2, repetitions)) for part in parts)
    sides = sides_from(pairs, lambda variants: np.stack([cells[row[c], style[s], order[d]] for c, s, d in variants]))
    tables = by_factor(pairs)
    weights = bootstrap_weights(sorted(set(pairs["video"])), 500, 0)
    plain, drawn = shares.score(sides, tables)[1], shares.score(sides, tables, weights)[1]
    for name, truth in (weight | {"order_dependence": 0.3}).items():
        assert covered(drawn[name], plain[name], truth, n) == NOMINAL, name


def test_paired_differences_cover_the_truth_and_are_shorter_than_unpaired_ones():
    n, repetitions, rng = 60, 2000, np.random.default_rng(2)
    a, b = correlated(0.6, n, 2, repetitions, rng)
    noise = 0.4 * rng.standard_normal((4, *a.shape))
    sides = {"one": (a + noise[0], b + noise[1]), "two": (a + noise[2], b + 2 * noise[3])}
    plain, drawn = score_with_draws(sides, names(n, 2))
    truth = 0.6 / 1.16 - 0.6 / np.sqrt(1.16 * 1.64)
    paired = drawn["one"] - drawn["two"]
    assert covered(paired, plain["one"] - plain["two"], truth, n) == NOMINAL
    assert paired.std(0).mean() < 0.8 * (drawn["one"] - drawn["two"][::-1]).std(0).mean()


def test_draws_depend_on_the_videos_and_the_seed_alone():
    videos = names(20)
    assert np.array_equal(bootstrap_weights(videos, 5, 0), bootstrap_weights(list(videos), 5, 0))
    assert not np.array_equal(bootstrap_weights(videos, 5, 0), bootstrap_weights(videos, 5, 1))
    assert names_digest(videos) != names_digest(videos[:-1]) and (bootstrap_weights(videos, 5, 0).sum(1) == 20).all()
    assert (subset_weights(videos, 8, 30, 0).sum(1) == 8).all()
    assert [(r.kind, r.n_videos, len(r.weights)) for r in resamples(videos, 9, 2, 0)] == [
        ("bootstrap", 20, 9),
        ("subset", 4, 2),
        ("subset", 8, 2),
    ]
    assert resamples(videos, 0, 0, 0) == []


def test_t_quantiles_are_those_of_the_tables():
    for freedom, tabled in ((4, 2.776), (9, 2.262), (30, 2.042), (1000, 1.962)):
        assert t_quantile(0.975, freedom) == pytest.approx(tabled, rel=0.005)


def test_q_values_of_a_worked_example():
    p = np.array([0.01, 0.04, 0.03, np.nan, 0.005, 0.8])
    # sorted .005 .01 .03 .04 .8, times 5 / rank: .025 .025 .05 .05 .8
    np.testing.assert_allclose(q_values(p), [0.025, 0.05, 0.05, np.nan, 0.025, 0.8])


def test_repaired_products_are_those_of_shifted_videos():
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 4, 3, 7))  # [unit, place, video]
    slow = np.stack([(a * np.roll(b, -shift, axis=-1)).sum((1, 2)) for shift in range(7)], axis=-1)
    np.testing.assert_allclose(shifted_products(a, b), slow, atol=1e-12)
    assert places_of(["b", "a", "b", "c"]).tolist() == [[1, 0, 3], [-1, 2, -1]]


@pytest.mark.parametrize("ragged", [False, True])
def test_p_values_are_uniform_when_videos_are_unrelated(ragged):
    rng, videos = np.random.default_rng(4), np.array(names(50, 3))
    a, b = correlated(0.0, 50, 3, 4000, rng)
    kept = rng.random(len(videos)) < (0.7 if ragged else 1)
    p = p_values(np.exp(a[kept]), np.exp(2 * b[kept]), videos[kept], 1000, 0)  # skewed, as activations are
    assert p.min() >= 1 / 1000
    for level in (0.01, 0.05, 0.2):
        error = 4 * np.sqrt(level / 4000)
        assert np.mean(p <= level) <= level + error
        assert ragged or np.mean(p <= level) >= level - error  # pairs without a partner make the test careful


@pytest.mark.parametrize("planted", [0, 30])
def test_the_false_discovery_rate_is_held(planted):
    repetitions, units, n, rng = 300, 150, 40, np.random.default_rng(5)
    a, b = (x.reshape(n, repetitions, units) for x in correlated(0.0, n, 1, repetitions * units, rng))
    b[..., :planted] += 1.2 * a[..., :planted]
    p = p_values(a.reshape(n, -1), b.reshape(n, -1), names(n), 1000, 0).reshape(repetitions, units)
    found = np.stack([q_values(row) for row in p]) < 0.05
    false = found[:, planted:].sum(1) / np.maximum(found.sum(1), 1)
    assert false.mean() <= 0.05 + 3 * false.std() / np.sqrt(repetitions)
    assert not planted or found[:, :planted].mean() > 0.8


def test_a_unit_that_never_varies_has_no_p_value():
    a, b = np.random.default_rng(6).standard_normal((2, 20, 3))
    a[:, 1] = 600.1
    p = p_values(a, b, names(20), 100, 0)
    assert np.isnan(p[1]) and np.isfinite(p[[0, 2]]).all()
