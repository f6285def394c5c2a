"""Scores within classes: what only classes share is gone, what clips share stays."""

import numpy as np
import pandas as pd
import pytest

from workflow.lib.errors import BadInput
from workflow.metrics import pearson, within_class


def labelled(classes):
    """Pair table of one clip and one video per row."""
    names = [f"v{i:04d}" for i in range(len(classes))]
    return pd.DataFrame({"clip": names, "video": names, "label": [f"k{c:02d}" for c in classes]})


def class_and_clip(classes, within, units, seed=0):
    """Sides that share their class means, and within classes correlate by `within`."""
    rng = np.random.default_rng(seed)
    means = 3 * rng.standard_normal((classes.max() + 1, units))[classes]
    a, e = rng.standard_normal((2, len(classes), units))
    return means + a, means + within * a + np.sqrt(1 - within**2) * e


CLASSES = np.arange(2000) % 20


def test_a_correlation_of_class_means_alone_is_gone():
    sides, pairs = {"static": class_and_clip(CLASSES, 0, 50)}, {"static": labelled(CLASSES)}
    assert pearson.score(sides)[0]["static"] > 0.8
    layer, units = within_class.score(sides, pairs)
    assert layer["static"] == pytest.approx(0, abs=0.01)  # standard error .022 / sqrt(50) = .003
    assert np.abs(units["static"]).max() < 0.1


def test_a_correlation_within_classes_stays():
    layer, _ = within_class.score({"static": class_and_clip(CLASSES, 0.6, 50)}, {"static": labelled(CLASSES)})
    assert layer["static"] == pytest.approx(0.6, abs=0.01)


def test_equals_pearson_of_residuals_written_out():
    classes = np.random.default_rng(1).permutation(np.arange(90) % 7)
    a, b = class_and_clip(classes, 0.4, 3)
    residual = [pd.DataFrame(x) - pd.DataFrame(x).groupby(classes).transform("mean") for x in (a, b)]
    _, units = within_class.score({"dynamic": (a, b)}, {"dynamic": labelled(classes)})
    for unit in range(3):
        assert units["dynamic"][unit] == pytest.approx(np.corrcoef(residual[0][unit], residual[1][unit])[0, 1], abs=1e-12)


def test_a_unit_that_is_constant_within_classes_is_nan():
    a, b = class_and_clip(CLASSES, 0.5, 2)
    a[:, 1] = np.array([1 / (c + 3) for c in CLASSES])
    _, units = within_class.score({"static": (a, b)}, {"static": labelled(CLASSES)})
    assert np.isnan(units["static"]).tolist() == [False, True]


def test_classes_of_one_clip_are_left_out_in_draws_too():
    classes = np.concatenate([[8], np.arange(60) % 3, [9]])  # first and last video are alone in their class
    a, b = class_and_clip(classes, 0.5, 4)
    pairs = {f: labelled(classes) for f in ("static", "dynamic")}
    assert within_class.kept(pairs["static"]).sum() == 60
    sides = {"static": (a, b), "dynamic": (b, a + b)}
    alone = {f: (x[1:-1], y[1:-1]) for f, (x, y) in sides.items()}
    expected = within_class.score(alone, {f: own[1:-1] for f, own in pairs.items()})
    weights = np.random.default_rng(0).integers(0, 3, (3, 62)).astype(float)
    weights[0] = 1
    layer, units = within_class.score(sides, pairs, weights)
    inner = within_class.score(alone, {f: own[1:-1] for f, own in pairs.items()}, weights[:, 1:-1])
    for factor in sides:
        np.testing.assert_allclose(within_class.score(sides, pairs)[1][factor], expected[1][factor], atol=1e-12)
        np.testing.assert_allclose(units[factor][0], expected[1][factor], atol=1e-12)
        np.testing.assert_allclose(units[factor], inner[1][factor], atol=1e-12)
        np.testing.assert_allclose(layer[factor], inner[0][factor], atol=1e-12)


def test_two_pairs_of_one_clip_are_still_one_clip():
    pairs = labelled([0, 0, 1, 1]).assign(clip=["a", "b", "c", "c"])
    assert within_class.kept(pairs).tolist() == [True, True, False, False]


def test_missing_labels_are_refused():
    a, b = class_and_clip(CLASSES[:40], 0.5, 2)
    pairs = labelled(CLASSES[:40])
    with pytest.raises(BadInput, match="none came"):
        within_class.score({"static": (a, b)})
    with pytest.raises(BadInput, match="none of the 40 classes"):
        within_class.score({"static": (a, b)}, {"static": pairs.assign(label=pairs["clip"])})
    pairs.loc[3, "label"] = None
    with pytest.raises(BadInput, match="1 clips have no label, the first is v0003"):
        within_class.score({"static": (a, b)}, {"static": pairs})
