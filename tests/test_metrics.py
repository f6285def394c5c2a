"""Estimators give back what was planted."""

import numpy as np
import pandas as pd
import pytest

from workflow.lib.errors import BadInput
from workflow.metrics import pearson, ratio
from workflow.parts.similarity import class_percentages, percentages, truncated, unit_classes


def planted(correlations, n, seed, gain=1.0):
    """Sides whose units correlate as told: a, b [pair, unit]."""
    rng = np.random.default_rng(seed)
    a, e = rng.standard_normal((2, n, len(correlations)))
    rho = np.asarray(correlations)
    return gain * a, gain * (rho * a + np.sqrt(1 - rho**2) * e)


@pytest.fixture
def sides():
    rho = np.linspace(-0.2, 0.95, 12)
    return {"static": planted(rho, 5000, 0), "dynamic": planted(rho[::-1], 5000, 1)}


def test_planted_correlations_come_back(sides):
    rho = np.linspace(-0.2, 0.95, 12)
    error_of_one = (1 - rho**2) / 5000**0.5  # standard error of a correlation
    many = {"static": planted(np.repeat(rho, 50), 5000, 2), "dynamic": planted(np.repeat(rho, 50), 5000, 3)}
    for metric in (pearson, ratio):
        layer, units = metric.score(sides)
        assert (np.abs(units["static"] - rho) < 4 * error_of_one).all()
        assert layer["dynamic"] == pytest.approx(rho.mean(), abs=0.02)
        assert np.abs(metric.score(many)[1]["static"].reshape(12, 50).mean(1) - rho).max() < 0.006


def test_pearson_equals_numpy(sides):
    _, units = pearson.score({f: (a.astype("float32") + 600, b.astype("float32") + 600) for f, (a, b) in sides.items()})
    for factor, (a, b) in sides.items():
        for unit in range(a.shape[1]):
            a32, b32 = (x.astype("float32")[:, unit] + np.float32(600) for x in (a, b))
            assert units[factor][unit] == pytest.approx(np.corrcoef(a32.astype(float), b32.astype(float))[0, 1], abs=1e-9)


def test_ratio_is_the_closed_form_for_unequal_numbers_of_pairs():
    rng = np.random.default_rng(3)
    sides = {
        "static": (rng.normal(2, 3, (40, 7)), rng.normal(-1, 1, (40, 7))),
        "dynamic": (rng.normal(0, 9, (25, 7)), rng.normal(5, 1, (25, 7))),
    }
    total = np.concatenate([x for pair in sides.values() for x in pair]).var(0).sum()
    layer, units = ratio.score(sides)
    for factor, (a, b) in sides.items():
        mean, variance = np.concatenate([a, b]).mean(0), np.concatenate([a, b]).var(0)
        covariance = ((a - mean) * (b - mean)).mean(0)
        assert layer[factor] == pytest.approx(covariance.sum() / total, rel=1e-9)
        np.testing.assert_allclose(units[factor], covariance / variance, rtol=1e-9)


@pytest.mark.parametrize(("n_units", "n_static", "n_dynamic"), [(2048, 300, 210), (8, 61, 90)])
def test_ratio_is_the_closed_form_in_float32(n_units, n_static, n_dynamic):
    rng = np.random.default_rng(4)
    gain, offset = 10.0 ** rng.uniform(-3, 3, n_units), rng.normal(0, 5, n_units)

    def side(n, shared):
        return (gain * (offset + shared + rng.uniform(0.1, 3) * rng.standard_normal((n, n_units)))).astype(np.float32)

    sides = {
        factor: tuple(side(n, shared) for _ in "ab")
        for factor, n in (("static", n_static), ("dynamic", n_dynamic))
        for shared in [rng.standard_normal((n, n_units))]
    }
    rows = np.concatenate([x for pair in sides.values() for x in pair]).astype(np.float64)
    layer, units = ratio.score(sides)
    for factor, (a, b) in sides.items():
        a, b = a.astype(np.float64), b.astype(np.float64)
        mean, variance = np.concatenate([a, b]).mean(0), np.concatenate([a, b]).var(0)
        covariance = ((a - mean) * (b - mean)).mean(0)
        assert layer[factor] == pytest.approx(covariance.sum() / rows.var(0).sum(), abs=1e-6)
        np.testing.assert_allclose(units[factor], covariance / variance, atol=1e-6)


def test_ratio_of_sides_that_are_constant():
    a = np.random.default_rng(0).standard_normal((50, 4))
    b = a.copy()
    a[:, 0], b[:, 0] = 1 / 3, 1 / 3  # dead
    a[:, 1], b[:, 1] = 0.1, 0.7  # one constant each
    a[:, 2] = 0.3  # one constant side
    layer, units = ratio.score({"static": (a, b), "dynamic": (a, b)})
    assert np.isnan(units["static"][0]) and units["static"][1] == pytest.approx(-1) and -1 < units["static"][2] <= 0
    assert units["static"][3] == pytest.approx(1) and np.isfinite(layer["static"])


@pytest.mark.parametrize("metric", [pearson, ratio])
def test_a_constant_layer_scores_nan(metric):
    flat = {"static": (np.full((31, 5), 1 / 3),) * 2, "dynamic": (np.full((17, 5), 1 / 3),) * 2}
    pairs = {f: pd.DataFrame({"video": [f"v{i % 9}" for i in range(len(a))]}) for f, (a, _) in flat.items()}
    for layer, units in (metric.score(flat), metric.score(flat, pairs, np.full((2, 9), 3))):
        assert all(np.isnan(value).all() for value in [*layer.values(), *units.values()])


def test_an_absent_factor_is_refused(sides):
    one = {"static": sides["static"]}
    for metric, given in ((ratio, one), (ratio, {**one, "dynamic": (np.zeros((0, 12)),) * 2}), (pearson, {"dynamic": ([], [])})):
        with pytest.raises(BadInput, match="no pairs of factor 'dynamic'"):
            metric.score(given)
    with pytest.raises(BadInput, match="no pairs of factor 'dynamic'"):
        percentages(pearson.score(one)[0])


@pytest.mark.parametrize("metric", [pearson, ratio])
def test_a_unit_that_varies_in_no_video_of_a_draw_is_nan_there(metric, sides):
    videos = [f"v{i // 10:03d}" for i in range(5000)]
    for a, b in sides.values():
        a[10:, 0] = b[10:, 0] = 0.1
    weights = np.ones((2, 500))
    weights[1, 0] = 0
    _, units = metric.score(sides, {f: pd.DataFrame({"video": videos}) for f in sides}, weights)
    assert np.isnan(units["static"][:, 0]).tolist() == [False, True]


def test_ratio_feels_an_offset_between_the_sides_and_pearson_does_not():
    a, b = planted([0.9], 4000, 5)
    offset = {"static": (a, b + 5), "dynamic": (a, b + 5)}
    assert pearson.score(offset)[1]["static"][0] == pytest.approx(0.9, abs=0.02)
    assert ratio.score(offset)[1]["static"][0] == pytest.approx((0.9 - 6.25) / (1 + 6.25), abs=0.02)


@pytest.mark.parametrize("metric", [pearson, ratio])
def test_a_unit_that_never_varies_scores_nan_and_is_dead(metric, sides):
    for a, b in sides.values():
        a[:, 4] = b[:, 4] = 1 / 3
    layer, units = metric.score(sides)
    assert np.isnan(units["static"][4]) and np.isfinite(np.delete(units["static"], 4)).all()
    assert np.isfinite(layer["static"])
    assert class_percentages(units, 0.5)["dead"] == pytest.approx(100 / 12)


@pytest.mark.parametrize("metric", [pearson, ratio])
def test_weights_resample_videos(metric, sides):
    videos = np.arange(5000) // 10
    pairs = {f: pd.DataFrame({"video": [f"v{v:04d}" for v in videos]}) for f in sides}
    weights = np.random.default_rng(7).multinomial(500, [1 / 500] * 500, 3)
    layer, units = metric.score(sides, pairs, weights)
    for draw in range(3):
        rows = np.repeat(np.arange(5000), weights[draw][videos])
        plain_layer, plain_units = metric.score({f: (a[rows], b[rows]) for f, (a, b) in sides.items()})
        for factor in sides:
            assert layer[factor][draw] == pytest.approx(plain_layer[factor], rel=1e-9)
            np.testing.assert_allclose(units[factor][draw], plain_units[factor], rtol=1e-8)


def test_percentages_invert_the_published_table():
    # Kowal et al. (CVPR 2022), Table 1: FusionSeg on DAVIS, fusion layer 5: S .585 and .664 print as 27.8 and 30.1 %.
    percent = percentages({"dynamic": 0.585, "static": 0.664})
    assert percent["dynamic"] == pytest.approx(27.8, abs=0.05) and percent["static"] == pytest.approx(30.1, abs=0.05)
    assert sum(percent.values()) == pytest.approx(100)


def test_unit_classes_at_the_threshold():
    units = {"dynamic": np.array([0.5, 0.6, 0.1, 0.1, np.nan]), "static": np.array([0.5, 0.1, 0.6, 0.1, 0.9])}
    assert unit_classes(units, 0.5).tolist() == ["joint", "dynamic", "static", "residual", "dead"]


def test_truncated_percentages_are_whole_units():
    percent = {"dynamic": 27.83, "static": 30.11, "identical": 42.06}
    assert truncated(percent, 8) == {"dynamic": 25.0, "static": 25.0, "identical": 50.0}  # 2.23 and 2.41 units
    of_2048 = truncated(percent, 2048)
    assert of_2048 == {"dynamic": 100 * 569 / 2048, "static": 100 * 616 / 2048, "identical": 100 * 863 / 2048}
    assert truncated({"dynamic": 25.0, "static": 50.0, "identical": 25.0}, 64) == {"dynamic": 25, "static": 50, "identical": 25}
    draws = truncated({"dynamic": np.array([27.83, np.nan]), "static": np.array([30.11, 30.11])}, 8)
    np.testing.assert_array_equal(draws["identical"], [50, np.nan])
