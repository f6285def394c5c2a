"""Intervals cover what they claim, q-values hold the false discovery rate, and neither depends on how the work is cut up."""

import multiprocessing

import numpy as np
import pandas as pd
import pytest

from tests.crossed_pairs import by_factor, crossed_pairs, some_clips
from workflow.lib.plugins import load_plugin
from workflow.metrics import copula, pearson, ratio, shares
from workflow.parts.repairing import p_values, places_of, q_values, shifted_products
from workflow.parts.resampling import (
    PART,
    bootstrap_parts,
    bootstrap_weights,
    interval,
    names_digest,
    resamples,
    subset_weights,
    t_quantile,
)
from workflow.parts.seeding import generator
from workflow.parts.similarity import CLASSES, class_draws, class_percentages, percentages
from workflow.parts.video_sums import videos_of

LIVE = CLASSES[:-1]
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


def score_with_draws(sides, videos, draws=600, metric=pearson):
    """Plain and resampled unit scores: factor -> [unit], factor -> [draw, unit]."""
    pairs = {factor: pd.DataFrame({"video": videos}) for factor in sides}
    weights = bootstrap_weights(sorted(set(videos)), draws, 0)
    return metric.score(sides)[1], metric.score(sides, pairs, weights)[1]


def covered(draws, value, truth, n, quantity=None):
    low, high = interval(draws, value, 0.95, n, quantity)
    return np.mean((low <= truth) & (truth <= high))


@pytest.mark.parametrize(("n", "rho"), [(12, 0.5), (40, 0.0), (40, 0.9), (150, 0.5)])
def test_intervals_of_correlations_cover_the_truth(n, rho):
    sides = {"static": correlated(rho, n, 3, 2500, np.random.default_rng(n))}
    plain, drawn = score_with_draws(sides, names(n, 3))
    assert covered(drawn["static"], plain["static"], rho, n) == NOMINAL
    if n == 40:  # pairs of one video are not independent: resampling pairs claims too much
        plain, drawn = score_with_draws(sides, names(3 * n))
        assert covered(drawn["static"], plain["static"], rho, 3 * n) < 0.90


@pytest.mark.parametrize(("n", "rho"), [(12, 0.5), (30, 0.3), (40, 0.9)])
def test_intervals_of_units_by_ratio_cover_the_truth(n, rho):
    sides = {factor: correlated(rho, n, 2, 2500, np.random.default_rng(n)) for factor in ("static", "dynamic")}
    plain, drawn = score_with_draws(sides, names(n, 2), metric=ratio)
    assert covered(drawn["static"], plain["static"], rho, n) == NOMINAL


def test_intervals_of_information_cover_the_truth_where_there_is_some_and_are_careful_where_there_is_none():
    for n, rho, expected in ((100, 0.6, NOMINAL), (300, 0.5, NOMINAL), (300, 0.8, NOMINAL), (100, 0.0, pytest.approx(1, abs=0.02))):
        sides = {"static": correlated(rho, n, 1, 2500, np.random.default_rng(n))}
        plain, drawn = score_with_draws(sides, names(n), draws=400, metric=copula)
        assert covered(drawn["static"], plain["static"], -np.log2(1 - rho**2) / 2, n, "bits") == expected, (n, rho)


def layer_sides(n, rho, alike, rng):
    """Sides [video, unit] of both factors with side a in common, units correlating by rho [factor, unit].

    alike: part of every unit's variance that five sources shared by the units make up.
    """
    n_units = rho.shape[1]
    loadings = rng.standard_normal((5, n_units))
    shared = rng.standard_normal((3, n, 5)) @ (loadings / np.linalg.norm(loadings, axis=0))
    a, *noise = np.sqrt(alike) * shared + np.sqrt(1 - alike) * rng.standard_normal((3, n, n_units))
    return {f: (a, r * a + np.sqrt(1 - r**2) * e) for f, r, e in zip(("static", "dynamic"), rho, noise, strict=True)}


def side_by_side(simulate, *cases):
    """Results of simulate(*case) for every case, two at a time in processes of one thread each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENBLAS_NUM_THREADS", "1")  # read when numpy is imported, in each new process
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            return pool.starmap(simulate, cases, chunksize=1)


def test_intervals_of_layers_and_percentages_cover_the_truth():
    for inside in side_by_side(layers_covered, ("copula", 300, 32), ("pearson", 30, 64), ("ratio", 30, 64)):
        assert np.mean(inside, 0) == pytest.approx(0.95, abs=0.02)


def layers_covered(metric, n, n_units):
    """Whether the intervals of S, and of its percentage where it has one, hold the true ones [layer, score]."""
    metric, rng, inside = load_plugin("metrics", metric), np.random.default_rng(0), []
    for _ in range(1000):
        rho = np.tanh(0.3 + 0.4 * rng.standard_normal((2, n_units)))
        layer, draws = (scored[0] for scored in both_scores(metric, layer_sides(n, rho, 0.3, rng), n, 400))
        bits = metric.QUANTITY == "bits"
        truth = dict(zip(("static", "dynamic"), (-np.log2(1 - rho**2) / 2 if bits else rho).mean(1), strict=True))
        checks = [(draws["static"], layer["static"], truth["static"])]
        if not bits:
            checks.append([percentages(each)["dynamic"] for each in (draws, layer, truth)])
        inside.append([covered(*check, n, metric.QUANTITY) for check in checks])
    return inside


def both_scores(metric, sides, n, draws):
    """What a metric gives for sides of n videos, plain and resampled: two (layer, units)."""
    pairs = {factor: pd.DataFrame({"video": names(n)}) for factor in sides}
    return metric.score(sides), metric.score(sides, pairs, bootstrap_weights(names(n), draws, 0))


def classes_covered(n, n_units, alike, repetitions, draws, seed):
    """Whether the intervals of class percentages hold those of the true scores [layer, class], as made and by plain counts."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(repetitions):
        rho = 1.2 * rng.beta(2, 2, (2, n_units)) - 0.2
        plain, drawn = (scored[1] for scored in both_scores(pearson, layer_sides(n, rho, rng.choice(alike), rng), n, draws))
        truth = class_percentages({"static": rho[0], "dynamic": rho[1]}, 0.5)
        counts, counts_drawn = class_percentages(plain, 0.5), class_percentages(drawn, 0.5)
        own = class_draws(plain, drawn, 0.5)
        row = [[covered(own[c], counts[c], truth[c], n, "units"), covered(counts_drawn[c], counts[c], truth[c], n)] for c in LIVE]
        found.append(row)
    return np.moveaxis(found, 2, 0)


def test_intervals_of_class_percentages_cover_the_truth():
    for inside, _ in side_by_side(classes_covered, *((n, 64, (0.2, 0.8), 1000, 300, n) for n in (300, 100, 30))):
        assert inside.mean(0) == pytest.approx(0.95, abs=0.02), inside.mean(0)


def test_intervals_of_class_percentages_cover_the_truth_in_large_layers_where_plain_counts_do_not():
    halves = side_by_side(classes_covered, *((30, 512, (0.2,), 250, 400, seed) for seed in (0, 1)))
    inside, by_counts = (np.concatenate(parts) for parts in zip(*halves, strict=True))
    assert inside.mean() == NOMINAL and inside.mean(0) == pytest.approx(0.95, abs=0.035)
    assert by_counts.mean(0).min() < 0.8


def test_class_draws_of_layers_without_noise_are_the_counts():
    rng = np.random.default_rng(0)
    units = {"static": np.where(np.arange(50) < 5, np.nan, 1.0), "dynamic": rng.choice([0.1, 0.9], 50)}
    draws = {factor: np.tile(value, (7, 1)) for factor, value in units.items()}
    for name, percent in class_percentages(units, 0.5).items():
        np.testing.assert_allclose(class_draws(units, draws, 0.5)[name], percent)
    empty = {factor: np.full(9, np.nan) for factor in units}
    none = class_draws(empty, {factor: np.full((7, 9), np.nan) for factor in units}, 0.5)
    assert (none["dead"] == 100).all() and (none["joint"] == 0).all()


def test_class_draws_stay_percentages():
    """Few videos, and units some of whose draws have no score: the classes of no draw are beyond 0 or 100 %."""
    rng = np.random.default_rng(0)
    units = {factor: np.r_[np.nan, rng.uniform(0.3, 0.7, 19)] for factor in ("static", "dynamic")}
    draws = {factor: value + rng.normal(0, 0.3, (50, 20)) for factor, value in units.items()}
    draws["static"][:40, 1:] = np.nan
    drawn = np.stack(list(class_draws(units, draws, np.array([-0.5, 0.5])).values()))
    assert drawn.shape == (5, 2, 50) and drawn.min() >= 0 and drawn.max() <= 100


WEIGHT = {"content": 0.4, "appearance": 0.3, "dynamics": 0.2, "interaction": 0.1}


def crossed_cells_of(n, variance, alike, rng):
    """Activations [video, style, dynamics, unit] made of the four parts; variance: part -> [unit]; alike as in `layer_sides`."""
    shapes, n_units = {"content": (1, 1), "appearance": (2, 1), "dynamics": (1, 2), "interaction": (2, 2)}, len(variance["content"])
    loadings = rng.standard_normal((5, n_units))
    loadings /= np.linalg.norm(loadings, axis=0)
    cells = np.zeros((n, 2, 2, n_units))
    for name, shape in shapes.items():
        own, shared = rng.standard_normal((n, *shape, n_units)), rng.standard_normal((n, *shape, 5)) @ loadings
        cells += np.sqrt(variance[name]) * (np.sqrt(alike) * shared + np.sqrt(1 - alike) * own)
    return cells


def two_styles(n):
    """Crossed pairs of n clips, one per video, in two styles: factor -> rows, and cells -> sides."""
    clips = some_clips(n)
    pairs = crossed_pairs(clips, [["oil", "ink"]] * n)
    row, style, order = {c[0]: i for i, c in enumerate(clips)}, {"oil": 0, "ink": 1}, {"natural": 0, "shuffle0": 1}
    tables = by_factor(pairs)

    def cell(variant):
        clip, shown, dynamics = variant.rsplit("/", 2)
        return row[clip], style[shown], order[dynamics]

    index = {f: [tuple(np.transpose([cell(v) for v in own[f"variant_{x}"]])) for x in "ab"] for f, own in tables.items()}
    return tables, lambda cells: {f: tuple(cells[each] for each in both) for f, both in index.items()}


def test_intervals_of_shares_cover_the_truth():
    n, rng = 80, np.random.default_rng(1)
    tables, sides_in = two_styles(n)
    sides = sides_in(crossed_cells_of(n, {name: np.full(1200, w) for name, w in WEIGHT.items()}, 0, rng))
    plain, drawn = shares.score(sides, tables)[1], shares.score(sides, tables, bootstrap_weights(videos_of(tables), 500, 0))[1]
    for name, truth in (WEIGHT | {"order_dependence": 0.3}).items():
        assert covered(drawn[name], plain[name], truth, n) == NOMINAL, name


def test_intervals_of_the_shares_of_layers_cover_the_truth_at_thirty_videos():
    for inside in side_by_side(layer_shares_covered, (0.2,), (0.8,)):
        assert np.mean(inside, 0) == pytest.approx(0.95, abs=0.02), np.mean(inside, 0)


def layer_shares_covered(alike, n=30):
    """Whether the intervals of a layer's shares hold the true ones [layer, share]; units differ in scale."""
    rng, inside = np.random.default_rng(2), []
    tables, sides_in = two_styles(n)
    weights = bootstrap_weights(videos_of(tables), 400, 0)
    for _ in range(1000):
        variance = rng.dirichlet([4, 3, 2, 1], 64) * np.exp(rng.standard_normal((64, 1)))
        parts = dict(zip(WEIGHT, variance.T, strict=True))
        sides = sides_in(crossed_cells_of(n, parts, alike, rng))
        plain, drawn = shares.score(sides, tables)[0], shares.score(sides, tables, weights)[0]
        truth = {name: part.sum() / variance.sum() for name, part in parts.items()}
        truth["order_dependence"] = truth["dynamics"] + truth["interaction"]
        inside.append([covered(drawn[name], plain[name], truth[name], n) for name in truth])
    return inside


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


def test_differences_of_networks_on_other_pairs_cover_the_truth_and_on_other_videos_are_wide():
    """Two networks of one true score; the second lacks a third of the pairs, at most one of a video, or a quarter of the videos."""
    n, repetitions, rng = 60, 2000, np.random.default_rng(3)
    a, b = correlated(0.6, n, 2, repetitions, rng)
    one, one_drawn = score_with_draws({"one": (a, b + 0.4 * rng.standard_normal(b.shape))}, names(n, 2))
    noisy = b + 0.4 * rng.standard_normal(b.shape)
    inside = []
    for kept in (np.arange(2 * n) % 6 != 1, np.arange(2 * n) >= n / 2):
        videos = np.array(names(n, 2))[kept]
        two, two_drawn = score_with_draws({"two": (a[kept], noisy[kept])}, videos)
        draws = one_drawn["one"] - two_drawn["two"]
        inside.append(covered(draws, one["one"] - two["two"], 0, len(set(videos))))
    assert inside[0] == NOMINAL and inside[1] > 0.95


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


@pytest.mark.parametrize("draws", [1, PART, PART + 1, 1000])
def test_draws_made_in_parts_are_those_made_at_once(draws):
    videos, values = names(333), np.random.default_rng(0).random(333)
    at_once = generator(3, "bootstrap", *videos).multinomial(333, np.full(333, 1 / 333), draws)
    parts = list(bootstrap_parts(videos, draws, 3))
    assert np.array_equal(np.concatenate(parts), at_once) and np.array_equal(bootstrap_weights(videos, draws, 3), at_once)
    assert max(map(len, parts)) <= PART
    sums = np.concatenate([part @ values for part in parts])
    assert np.allclose(sums, at_once @ values, rtol=1e-12, atol=0)


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
