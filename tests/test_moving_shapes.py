"""Moving shapes: the truth that the rest of the pipeline is tested against must itself be true."""

import resource

import cv2
import numpy as np
import pandas as pd
import pytest

from workflow.lib.errors import BadInput
from workflow.parts.moving_shapes import MOTIONS, REVERSAL, draw, poses, render
from workflow.parts.scenes import SCENES, background
from workflow.parts.seeding import generator
from workflow.scripts.render_videos import COLUMNS, render_shard, split_of, write_video

FRAMES, SIZE = 12, 96
OPTIONS = {
    "videos": 4,
    "frames": FRAMES,
    "fps": 12,
    "size": SIZE,
    "label": "motion",
    "scene_bias": 0.0,
    "codec": "mp4v",
    "first": 0,
}


def parameters(motion, video=3):
    """Parameters of a video with the motion given, a texture that shows any turn and a sprite of some size."""
    fixed = {"motion": motion, "shape": "hexagon", "texture": "checker", "colour": "white", "size": 0.32 * SIZE}
    return {**draw(1, video, FRAMES, SIZE, 0.0), **fixed}


def decode(path):
    """Frames of a video file: uint8 [frame, height, width, rgb]."""
    capture, frames = cv2.VideoCapture(str(path)), []
    while (frame := capture.read()[1]) is not None:
        frames.append(frame[..., ::-1])
    return np.stack(frames)


@pytest.mark.parametrize("motion", MOTIONS[::2])
def test_a_class_is_its_partner_in_reverse(motion):
    forward, mask, _ = render(parameters(motion), FRAMES, SIZE)
    backward, backward_mask, _ = render(parameters(REVERSAL[motion]), FRAMES, SIZE)
    assert np.array_equal(forward, backward[::-1])
    assert np.array_equal(mask, backward_mask[::-1])
    assert not np.array_equal(forward, backward)


def test_motions_go_where_their_names_say():
    change = {m: np.diff(poses(parameters(m), FRAMES, SIZE), axis=0).mean(axis=0) for m in MOTIONS}  # (x, y, angle, radius)
    assert change["right"][0] > 0 > change["left"][0]
    assert change["down"][1] > 0 > change["up"][1]
    assert change["clockwise"][2] > 0 > change["counter_clockwise"][2]  # y points down
    assert change["grow"][3] > 0 > change["shrink"][3]
    for motion in MOTIONS[:6]:
        fine = draw(1, 3, 200, SIZE, 0.0) | {"motion": motion}
        centre = poses(fine, 200, SIZE)[:, :2]
        expected = fine["speed"] * 199
        assert np.linalg.norm(np.diff(centre, axis=0), axis=1).sum() == pytest.approx(expected, rel=1e-3)


def warp_error(video, mask, flow, nudge=(0.0, 0.0)):
    """Mean difference, of 255, of frame t+1 fetched back along flow plus `nudge` pixels from frame t, well inside the mask."""
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    errors = []
    for before, after, covered, move in zip(video, video[1:], mask, flow.astype(np.float32), strict=False):
        inner = cv2.erode(covered, np.ones((5, 5))) > 0
        source = columns + move[..., 0] + nudge[0], rows + move[..., 1] + nudge[1]
        back = cv2.remap(after.astype(np.float32), *source, cv2.INTER_CUBIC)
        errors.append(np.abs(back - before)[inner].mean())
    return np.mean(errors)


@pytest.mark.parametrize("motion", MOTIONS)
def test_flow_carries_every_pixel_to_its_place_in_the_next_frame(motion):
    video, mask, flow = render(parameters(motion), FRAMES, SIZE)
    error = warp_error(video, mask, flow)
    assert error < 2.5  # of 255: interpolation and rounding
    assert error < warp_error(video, mask, np.zeros_like(flow)) / 3
    for nudge in [(0.15, 0), (-0.15, 0), (0, 0.15), (0, -0.15)]:
        assert error < 0.8 * warp_error(video, mask, flow, nudge)
    assert (flow[mask[:-1] == 0] == 0).all()


def test_flow_of_whole_pixels_is_exact():
    given = {**parameters("right"), "speed": 2.0}
    assert warp_error(*render(given, FRAMES, SIZE)) == 0


def test_mask_is_where_the_video_differs_from_the_scene():
    for motion in MOTIONS[::2]:
        given = {**parameters(motion), "shape": "disc"}
        video, mask, _ = render(given, FRAMES, SIZE)
        scene = background(given["scene"], generator(*given["detail"], "scene"), SIZE)
        differs = np.abs(video - scene).max(axis=-1) > 1
        for shown, covered in zip(differs, mask, strict=True):
            assert not (shown & (cv2.dilate(covered, np.ones((3, 3))) == 0)).any()
            assert (shown | (covered == 0)).mean() > 0.999  # a sprite pixel can have the scene's colour by chance


def test_sprite_stays_wholly_inside():
    for video in range(300):
        x, y, _, radius = poses(draw(5, video, 8, 64, 0.0), 8, 64).T
        for centre in (x, y):
            assert (centre - radius).min() >= -0.5 and (centre + radius).max() <= 63.5


def test_factors_are_independent_without_bias_and_tied_with_it():
    free = pd.DataFrame([draw(0, v, FRAMES, SIZE, 0.0) for v in range(1500)])
    for a, b in [("motion", "scene"), ("motion", "shape"), ("motion", "colour"), ("scene", "texture")]:
        seen = pd.crosstab(free[a], free[b]).to_numpy()
        expected = seen.sum(1, keepdims=True) * seen.sum(0) / seen.sum()
        freedom = (seen.shape[0] - 1) * (seen.shape[1] - 1)
        assert ((seen - expected) ** 2 / expected).sum() < freedom + 3.5 * np.sqrt(2 * freedom)
    for factor in ("x", "y", "size", "speed", "angle"):  # means of a class within 4 standard errors
        groups = free.groupby("motion")[factor]
        error = (groups.mean() - free[factor].mean()) / (free[factor].std() / np.sqrt(groups.size()))
        assert error.abs().max() < 4
    tied = [draw(0, v, FRAMES, SIZE, 1.0) for v in range(100)]
    assert all(list(SCENES).index(p["scene"]) == MOTIONS.index(p["motion"]) for p in tied)
    half = [draw(0, v, FRAMES, SIZE, 0.5) for v in range(1500)]
    match = np.mean([list(SCENES).index(p["scene"]) == MOTIONS.index(p["motion"]) for p in half])
    assert match == pytest.approx(0.5 + 0.5 / 8, abs=0.05)


def test_shards_hold_the_same_videos(tmp_path):
    whole = render_shard(tmp_path / "whole", 7, OPTIONS, 0, 4)
    part = render_shard(tmp_path / "part", 7, OPTIONS, 2, 4)
    empty = render_shard(tmp_path / "empty", 7, OPTIONS, 4, 4)
    assert list(whole.columns) == list(empty.columns) == COLUMNS and len(empty) == 0
    assert whole["path"][2] == str(tmp_path / "whole" / "000002.mp4")
    drawn = [c for c in COLUMNS if c not in ("path", "masks")]
    pd.testing.assert_frame_equal(whole[2:][drawn].reset_index(drop=True), part[drawn])
    assert np.array_equal(decode(whole["path"][2]), decode(part["path"][0]))
    assert (whole["label"] == whole["motion"]).all()


def test_a_video_is_what_its_number_says(tmp_path):
    whole, later = (render_shard(tmp_path / str(n), 7, {**OPTIONS, "first": n}, 0, 4 - n) for n in (0, 2))
    assert list(later["video"]) == ["000002.mp4", "000003.mp4"]
    drawn = [c for c in COLUMNS if c not in ("path", "masks")]
    pd.testing.assert_frame_equal(whole[2:][drawn].reset_index(drop=True), later[drawn])
    assert np.array_equal(decode(whole["path"][2]), decode(later["path"][0]))


def test_split_is_about_70_15_15():
    share = pd.Series([split_of(0, v) for v in range(1000)]).value_counts(normalize=True)
    assert share["train"] == pytest.approx(0.7, abs=0.05)
    assert share["val"] == pytest.approx(0.15, abs=0.04) and share["test"] == pytest.approx(0.15, abs=0.04)


def test_files_decode_to_what_was_rendered(tmp_path):
    manifest = render_shard(tmp_path / "videos", 2, {**OPTIONS, "label": "scene"}, 0, 8)
    assert (manifest["label"] == manifest["scene"]).all()
    for video, path in enumerate(manifest["path"]):
        frames, mask, flow = render(draw(2, video, FRAMES, SIZE, 0.0), FRAMES, SIZE)
        decoded = decode(path)
        assert decoded.shape == frames.shape
        assert 10 * np.log10(255**2 / np.mean((decoded.astype(float) - frames) ** 2)) > 30
        truth = np.load(path.replace(".mp4", ".npz"))
        assert truth["mask"].dtype == np.uint8 and np.array_equal(truth["mask"], mask)
        assert truth["flow"].dtype == np.float16 and np.array_equal(truth["flow"], flow)


def test_independent_frames_keep_the_reversal_exact_after_decoding(tmp_path):
    for motion in ("left", "right"):
        write_video(tmp_path / f"{motion}.mp4", render(parameters(motion), FRAMES, SIZE)[0], 12, "MJPG")
    assert np.array_equal(decode(tmp_path / "left.mp4"), decode(tmp_path / "right.mp4")[::-1])


def test_a_video_that_cannot_be_written_whole_is_said(tmp_path):
    """Files are limited to fewer bytes than the video has; OpenCV says nothing of it."""
    frames, limits = render(parameters("left"), FRAMES, SIZE)[0], resource.getrlimit(resource.RLIMIT_FSIZE)
    write_video(tmp_path / "whole.mp4", frames, 12, "MJPG")
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "whole.mp4").stat().st_size // 2, limits[1]))
    try:
        with pytest.raises(BadInput, match=r"only \d+ of 12 frames could be written to .*cut.mp4; is the disk full"):
            write_video(tmp_path / "cut.mp4", frames, 12, "MJPG")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize(
    "wrong", [{"label": "colour"}, {"scene_bias": 1.5}, {"size": 16}, {"size": 97}, {"frames": 1}, {"fps": 0}, {"codec": "zzzz"}]
)
def test_bad_options_are_one_sentence(tmp_path, wrong):
    with pytest.raises(BadInput, match=str(next(iter(wrong.values())))):
        render_shard(tmp_path / "videos", 0, {**OPTIONS, **wrong}, 0, 1)
    assert not list(tmp_path.iterdir())
