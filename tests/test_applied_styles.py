"""Styles that are one function of a frame: no flicker, what each leaves alone, what is refused."""

import colorsys

import numpy as np
import pytest
from moving_scene import scene

from workflow.lib.errors import BadInput
from workflow.perturbations import colour_matrix, gamma, hue, static_texture
from workflow.scripts.apply_style import apply_style, function_of
from workflow.scripts.paint_keyframes import painted

NAMES = ["hue", "gamma", "colour_matrix", "static_texture"]
CLIP = scene(3, frames=4, size=48)


@pytest.mark.parametrize("name", NAMES)
def test_a_style_is_the_same_function_of_every_frame(name):
    function = function_of(name, {}, "mine", 0)
    shown = function(CLIP)
    assert shown.shape == CLIP.shape and shown.dtype == np.uint8 and np.abs(shown.astype(int) - CLIP).mean() > 10
    assert np.array_equal(shown, np.stack([function(frame) for frame in CLIP]))
    assert np.array_equal(shown, function_of(name, {}, "mine", 0)(CLIP))
    still = function(np.repeat(CLIP[:1], 7, 0))
    assert (still == still[0]).all()


def test_what_is_drawn_belongs_to_seed_and_style():
    for name in ("colour_matrix", "static_texture"):
        mine, yours, other = (function_of(name, {}, style, seed)(CLIP) for style, seed in (("a", 0), ("b", 0), ("a", 1)))
        assert not np.array_equal(mine, yours) and not np.array_equal(mine, other)


def test_hue_turns_hue_alone():
    colours = np.random.default_rng(0).integers(0, 256, (200, 1, 3), np.uint8)
    for turn in (0.25, 1 / 3, 0.5, 0.9):
        shown = hue.apply(colours, 0, turn)[:, 0]
        for old, new in zip(colours[:, 0] / 255, shown / 255, strict=True):
            h, s, v = colorsys.rgb_to_hsv(*old)
            assert np.allclose(colorsys.hsv_to_rgb((h + turn) % 1, s, v), new, atol=0.501 / 255)
    assert np.array_equal(hue.apply(CLIP, 0, 0), CLIP) and np.array_equal(hue.apply(CLIP, 0, 1), CLIP)
    third = hue.apply(CLIP, 0, 1 / 3)
    assert np.abs(third.astype(int) - np.roll(CLIP, 1, -1)).max() <= 1  # red becomes green


def test_gamma_is_a_curve():
    levels = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, 2)
    assert np.array_equal(gamma.apply(levels, 0, 1), levels)
    assert gamma.apply(levels, 0, 0.5)[0, 64].tolist() == [128] * 3  # 255 sqrt(64 / 255)
    assert (np.diff(gamma.apply(levels, 0)[0, :, 0].astype(int)) >= 0).all()


def test_a_colour_matrix_is_a_rotation_about_grey():
    for seed in range(20):
        matrix = colour_matrix.rotation(seed)
        assert np.allclose(matrix @ matrix.T, np.eye(3)) and np.linalg.det(matrix) == pytest.approx(1)
        corners = np.array(np.meshgrid([0, 255], [0, 255], [0, 255]), np.uint8).reshape(3, 1, 8).transpose(1, 2, 0)
        centred = colour_matrix.apply(corners, seed).astype(float)[0] - 127.5
        lengths = np.linalg.norm(centred, axis=1)
        assert np.ptp(lengths) < 2 and lengths.min() > 125  # nothing is clipped, at most shrunk by the root of three
    assert abs(int(colour_matrix.apply(np.full((2, 2, 3), 128, np.uint8), 0).mean()) - 128) <= 1


def test_a_static_texture_leaves_what_changes_over_time_at_its_share():
    shown = static_texture.apply(CLIP, 0, opacity=0.25)
    change = np.diff(CLIP.astype(float), axis=0)
    assert np.abs(np.diff(shown.astype(float), axis=0) - 0.75 * change).max() <= 1
    assert np.array_equal(static_texture.apply(CLIP, 0, opacity=0), CLIP)
    cover = static_texture.apply(CLIP, 0, opacity=1)
    assert (cover == cover[0]).all() and cover.min() == 0 and cover.max() == 255


def test_a_store_keeps_shape_and_order(tmp_path):
    clips = np.stack([scene(seed, frames=3, size=32) for seed in range(3)])
    for name, part in {"all": clips, "none": clips[:0]}.items():
        np.save(tmp_path / f"{name}.npy", part)
        apply_style(tmp_path / f"{name}.npy", function_of("hue", {"turn": 0.25}, "hue90", 0), tmp_path / "out.npy")
        assert np.array_equal(np.load(tmp_path / "out.npy"), hue.apply(part, 0, 0.25))


def test_styles_that_cannot_be_applied_are_refused():
    with pytest.raises(BadInput, match="'oil' has no apply"):
        function_of("oil", {}, "mine", 0)
    with pytest.raises(BadInput, match="unexpected keyword argument 'angle'"):
        function_of("hue", {"angle": 90}, "mine", 0)
    with pytest.raises(BadInput, match="'hue' has no paint"):
        painted([], "hue", 0)
