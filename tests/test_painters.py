"""The painters of the keyframes: repeatable, of the right shape, unlike their source and unlike each other."""

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from moving_scene import scene

from workflow.lib.plugins import load_plugin
from workflow.parts.style_quality import luminance_correlation

NAMES = ["watercolour", "oil", "ink", "quilt"]
SCENES = np.stack([scene(seed, frames=1, size=80)[0] for seed in range(2)])
REAL = Path(__file__).parents[2] / "shared/assets/davis16/JPEGImages"


@pytest.fixture(scope="module")
def paintings():
    return {name: np.stack([load_plugin("perturbations", name).paint(f, 1) for f in SCENES]) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_painter_keeps_shape_and_type_and_repeats_itself(name, paintings):
    painter = load_plugin("perturbations", name)
    assert painter.CHANGES == "appearance"
    assert paintings[name].shape == SCENES.shape and paintings[name].dtype == np.uint8
    assert np.array_equal(painter.paint(SCENES[0], 1), paintings[name][0])
    assert not np.array_equal(painter.paint(SCENES[0], 2), paintings[name][0])


@pytest.mark.parametrize("name", NAMES)
def test_a_painter_takes_any_size_and_flat_frames(name):
    paint = load_plugin("perturbations", name).paint
    for grey in (0, 90, 255):
        frame = np.full((34, 41, 3), grey, np.uint8)
        assert paint(frame, 0).shape == frame.shape


@pytest.mark.parametrize("name", NAMES)
def test_a_painter_changes_colour_and_intensity(name, paintings):
    assert np.abs(paintings[name].astype(int) - SCENES).mean() > 40  # grey levels
    assert luminance_correlation(SCENES, paintings[name]) < 0.95


def test_quilt_inverts_luminance(paintings):
    assert luminance_correlation(SCENES, paintings["quilt"]) < -0.5


@pytest.mark.parametrize("pair", list(combinations(NAMES, 2)), ids="-".join)
def test_styles_differ(pair, paintings):
    a, b = (paintings[name] for name in pair)
    assert luminance_correlation(a, b) < 0.9
    assert np.abs(a.astype(int) - b).mean() > 30  # grey levels


def test_styles_differ_on_natural_frames():
    if not REAL.is_dir():
        pytest.skip(f"no natural frames: {REAL} is absent")
    frames = [cv2.resize(cv2.imread(str(p)), (114, 64))[..., ::-1].copy() for p in sorted(REAL.glob("*/00020.jpg"))[:3]]
    shown = {name: np.stack([load_plugin("perturbations", name).paint(f, 0) for f in frames]) for name in NAMES}
    for a, b in combinations(NAMES, 2):
        assert luminance_correlation(shown[a], shown[b]) < 0.9, (a, b)
        means = [shown[name].mean((0, 1, 2)) for name in (a, b)]
        assert np.abs(means[0] - means[1]).max() > 25, (a, b)  # other mean colours, grey levels
