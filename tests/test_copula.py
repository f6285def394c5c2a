"""Mutual information by a Gaussian copula: closed form, invariance, ties, bias."""

import numpy as np
import pandas as pd
import pytest

from workflow.lib.errors import BadInput
from workflow.metrics import copula


def gaussian(rho, n, units, seed=0):
    a, e = np.random.default_rng(seed).standard_normal((2, n, units))
    return a, rho * a + np.sqrt(1 - rho**2) * e


@pytest.mark.parametrize("rho", [0, 0.3, 0.6, 0.9, -0.9, 0.99])
def test_closed_form(rho):
    layer, units = copula.score({"static": gaussian(rho, 5000, 40)})
    truth = -0.5 * np.log2(1 - rho**2)
    assert layer["static"] == pytest.approx(truth, abs=0.01)
    # The spread of -log2(1 - r^2) / 2 is |rho| / sqrt(n) / ln 2, as r spreads by (1 - rho^2) / sqrt(n).
    assert np.abs(units["static"] - truth).max() < 4 * abs(rho) / 5000**0.5 / np.log(2) + 0.02


def test_monotone_transforms_change_nothing():
    a, b = gaussian(0.7, 500, 6)
    plain = copula.score({"dynamic": (a, b)})[1]["dynamic"]
    assert (copula.score({"dynamic": (np.exp(a), b**3 * 7 - 2)})[1]["dynamic"] == plain).all()
    np.testing.assert_allclose(copula.score({"dynamic": (a, -np.arctan(b))})[1]["dynamic"], plain, rtol=1e-9)  # falling


@pytest.mark.parametrize("n", [12, 40])
def test_the_bias_of_few_pairs_is_taken_off(n):
    assert copula.score({"static": gaussian(0, n, 20_000)})[0]["static"] == pytest.approx(0, abs=0.005)  # plain: .07, .019


def test_normal_scores_of_ties_are_those_of_their_mean_rank():
    values = np.array([[3.0, 0], [1, 0], [3, 5], [2, 0], [9, 0]])
    from statistics import NormalDist

    ranks = np.array([[3.5, 2.5], [1, 2.5], [3.5, 5], [2, 2.5], [5, 2.5]])
    expected = np.vectorize(NormalDist().inv_cdf)(ranks / 6)
    np.testing.assert_allclose(copula.normal_scores(values), expected, atol=1e-12)


def test_identical_sides_stop_at_what_ranks_can_tell():
    a, _ = gaussian(0, 64, 3)
    np.testing.assert_allclose(copula.score({"static": (a, a.copy())})[1]["static"], 6)


def test_dead_units_are_nan_and_left_out():
    a, b = gaussian(0.5, 300, 3)
    a[:, 1] = 1 / 3
    layer, units = copula.score({"static": (a, b)})
    assert np.isnan(units["static"]).tolist() == [False, True, False]
    assert layer["static"] == pytest.approx(np.nanmean(units["static"]))
    assert np.isnan(copula.score({"static": (np.ones((9, 2)), b[:9, :2])})[0]["static"])


def test_weights_of_one_reproduce_the_plain_score_and_draws_spread_as_resamples_do():
    a, b = gaussian(0.6, 400, 4)
    pairs = {"static": pd.DataFrame({"video": [f"v{i:03d}" for i in range(400)]})}
    rng = np.random.default_rng(2)
    weights = np.concatenate([np.ones((1, 400)), rng.multinomial(400, [1 / 400] * 400, 2000)])
    layer, units = copula.score({"static": (a, b)}, pairs, weights)
    plain = copula.score({"static": (a, b)})
    assert layer["static"][0] == pytest.approx(plain[0]["static"], rel=1e-12)
    np.testing.assert_allclose(units["static"][0], plain[1]["static"], rtol=1e-10)
    truth = np.std([copula.score({"static": gaussian(0.6, 400, 50, seed)})[1]["static"] for seed in range(10, 20)])
    assert units["static"][1:].std(0).mean() == pytest.approx(truth, rel=0.15)


def test_no_pairs_are_refused():
    with pytest.raises(BadInput, match="no pairs of factor 'static'"):
        copula.score({"static": (np.zeros((0, 2)),) * 2})
