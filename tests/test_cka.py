"""Debiased linear CKA: its two ends, its invariances, its formula."""

import numpy as np
import pandas as pd
import pytest

from workflow.lib.errors import BadInput
from workflow.metrics import cka
from workflow.scripts.make_pairs import make_pairs


def independent(n, p, seed=0):
    return tuple(np.random.default_rng(seed).standard_normal((2, n, p)))


def plain_cka(a, b):
    a, b = a - a.mean(0), b - b.mean(0)
    return np.sum((a.T @ b) ** 2) / np.linalg.norm(a.T @ a) / np.linalg.norm(b.T @ b)


@pytest.mark.parametrize("seed", range(3))
def test_independent_data_score_nothing_where_the_plain_one_scores_much(seed):
    a, b = independent(200, 512, seed)
    assert plain_cka(a, b) == pytest.approx(0.72, abs=0.01)
    layer, units = cka.score({"static": (a.astype(np.float32), b.astype(np.float32))})
    assert layer["static"] == pytest.approx(0, abs=0.01) and units == {}


def test_rotation_scale_and_shift_change_nothing():
    a, b = independent(150, 40)
    b = 0.5 * a + b
    rotation = np.linalg.qr(np.random.default_rng(3).standard_normal((40, 40)))[0]
    value = cka.debiased_cka(a, b)
    assert 0.05 < value < 0.5
    assert cka.debiased_cka(a, 7 * b @ rotation + 100) == pytest.approx(value, abs=1e-10)
    assert cka.debiased_cka(a, a) == pytest.approx(1, abs=1e-12)
    assert cka.debiased_cka(a, -3 * a @ rotation) == pytest.approx(1, abs=1e-10)
    assert cka.debiased_cka(a * np.geomspace(1, 1000, 40), b) != pytest.approx(value, abs=0.01)  # not blind to each unit's scale


@pytest.mark.parametrize(("n", "p", "q"), [(30, 7, 7), (12, 90, 90), (600, 5, 900), (1300, 3, 3), (20, 700, 11)])
def test_squared_norms_equal_the_kernel_formula(n, p, q):
    rng = np.random.default_rng(n)
    a, b = rng.standard_normal((n, p)), rng.standard_normal((n, q))
    b[:, 0] += a[:, 0]

    def hsic(x, y):  # Song et al. 2012, Eq. 4, kernels without their diagonals
        k, m = x @ x.T, y @ y.T
        np.fill_diagonal(k, 0)
        np.fill_diagonal(m, 0)
        return np.trace(k @ m) + k.sum() * m.sum() / (n - 1) / (n - 2) - 2 * (k @ m).sum() / (n - 2)

    assert cka.debiased_cka(a, b) == pytest.approx(hsic(a, b) / np.sqrt(hsic(a, a) * hsic(b, b)), abs=1e-10)


def test_what_cannot_be_scored():
    a, b = independent(50, 4)
    assert np.isnan(cka.debiased_cka(np.full((50, 4), 1 / 3), b))
    assert np.isnan(cka.debiased_cka(a[:3], b[:3]))
    with pytest.raises(BadInput, match="no pairs of factor 'dynamic'"):
        cka.score({"static": (a, b), "dynamic": (a[:0], b[:0])})
    with pytest.raises(ValueError, match="RESAMPLES"):
        cka.score({"static": (a, b)}, weights=np.ones((2, 50)))


def test_crossings_of_one_clip_do_not_pass_for_similarity():
    styles = ["oil", "ink", "watercolour", "quilt"]
    cells = [(f"c{i}", style, dynamics) for i in range(80) for style in styles for dynamics in ("natural", "shuffle0")]
    variants = pd.DataFrame(cells, columns=["clip", "style", "dynamics"]).assign(augmentation=None)
    variants["variant"] = variants["clip"] + "/" + variants["style"] + "/" + variants["dynamics"]
    variants["perturbation"] = variants["dynamics"].map({"natural": None, "shuffle0": "shuffle"})
    clips = pd.DataFrame({"clip": variants["clip"].unique()}).assign(video=lambda t: t["clip"], label=None)
    pairs = make_pairs(variants, clips, seed=0)
    pairs = pairs[pairs["primary"]]
    noise = pd.DataFrame(np.random.default_rng(0).standard_normal((len(variants), 256)), index=variants["variant"])

    def static(pairs):
        own = pairs[pairs["factor"] == "static"]
        return cka.score({"static": tuple(noise.loc[own[f"variant_{side}"]].to_numpy() for side in "ab")})[0]["static"]

    assert static(pairs) > 0.2  # six crossings of a clip share variants
    assert abs(static(pairs[cka.kept(pairs)])) < 0.03
    assert cka.kept(pairs).sum() == 3 * 80
