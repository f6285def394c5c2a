"""Kinematograms: nothing in a single frame tells the shape from its ground, everything in two of them does."""

import cv2
import numpy as np
import pytest

from workflow.lib.errors import BadInput
from workflow.parts.kinematograms import DOT, render
from workflow.parts.moving_shapes import MOTIONS, REVERSAL, draw, poses
from workflow.scripts.decode_clips import decode_clips
from workflow.scripts.render_videos import render_shard

FRAMES, SIZE, VIDEOS, PATCH = 8, 96, 120, 8
OPTIONS = {"frames": FRAMES, "fps": 12, "size": SIZE, "label": "motion", "scene_bias": 0.0, "first": 0, "kinematogram": True}


def parameters(motion, video=3):
    """Parameters of a video with the motion given and a shape of some size."""
    return draw(1, video, FRAMES, SIZE, 0.0) | {"motion": motion, "shape": "hexagon", "size": 0.3 * SIZE}


@pytest.fixture(scope="module")
def videos():
    """(brightness bool [frame, height, width], mask) of many videos; their frames are independent across videos only."""
    drawn = []
    for video in range(VIDEOS):
        frames, mask, _ = render(draw(0, video, FRAMES, SIZE, 0.0), FRAMES, SIZE)
        drawn.append((frames.max(axis=3) > 30, mask))
    return drawn


def on_grid(pixels):
    """One value per dot of [height, width]."""
    return pixels[::DOT, ::DOT]


def test_dots_inside_outside_and_across_are_fair_and_independent(videos):
    counts, pairs = {0: [0, 0], 1: [0, 0]}, {}  # inside or not -> bright, all; which neighbours -> equal, all
    for video, (bright, mask) in enumerate(videos):
        dots, inside = on_grid(bright[video % FRAMES]), on_grid(mask[video % FRAMES])
        for side in counts:
            counts[side][0] += dots[inside == side].sum()
            counts[side][1] += (inside == side).sum()
        for axis in (0, 1):
            for lag in (1, 2):
                first, second = (np.moveaxis(a, axis, 0) for a in (dots, inside))
                equal, kind = first[:-lag] == first[lag:], second[:-lag] + second[lag:]
                for k in range(3):
                    own = pairs.setdefault((axis, lag, k), [0, 0])
                    own[0] += equal[kind == k].sum()
                    own[1] += (kind == k).sum()
    for of, number in [*counts.values(), *pairs.values()]:  # equalities of fair independent dots are pairwise independent
        assert number > 1000 and abs(of / number - 0.5) < 4 * 0.5 / np.sqrt(number)


def patches(pictures, masks):
    """Square patches [patch, value], as many from inside as from outside, with their labels; none overlaps another."""
    found, labels = [], []
    for picture, mask in zip(pictures, masks, strict=True):
        tiles = [
            a.reshape(SIZE // PATCH, PATCH, SIZE // PATCH, PATCH).swapaxes(1, 2).reshape(-1, PATCH**2) for a in (picture, mask)
        ]
        cover = tiles[1].mean(axis=1)
        some = (cover > 0.2) & (cover < 0.8)  # most hold an edge of the shape
        inside, outside = np.flatnonzero(some), np.flatnonzero(cover == 0)
        outside = outside[np.linspace(0, len(outside) - 1, len(inside)).astype(int)]
        found += [tiles[0][inside], tiles[0][outside]]
        labels += [np.ones(len(inside)), np.zeros(len(outside))]
    return np.concatenate(found).astype(np.float64), np.concatenate(labels)


def features(values):
    """Patches and the products of neighbouring pixels, which show edges, dots cut off and dots beside the grid."""
    picture = (values - values.mean()).reshape(-1, PATCH, PATCH)
    products = [picture[:, :, :-1] * picture[:, :, 1:], picture[:, :-1] * picture[:, 1:]]
    return np.concatenate([a.reshape(len(values), -1) for a in (picture, *products)] + [np.ones((len(values), 1))], axis=1)


def accuracies(pictures, masks):
    """Share of patches of the second half of the videos named rightly, having learned from the first: linear, nearest; how many."""
    half = len(pictures) // 2
    (x, y), (z, truth) = patches(pictures[:half], masks[:half]), patches(pictures[half:], masks[half:])
    basis = features(x)
    ridge = np.linalg.solve(basis.T @ basis + 0.1 * len(x) * np.eye(basis.shape[1]) * basis.var(), basis.T @ (2 * y - 1))
    linear = features(z) @ ridge > 0
    distance = (z**2).sum(1)[:, None] - 2 * z @ x.T + (x**2).sum(1)
    return np.mean(linear == truth), np.mean(y[distance.argmin(axis=1)] == truth), len(truth)


def at_chance(accuracy, number):
    return abs(accuracy - 0.5) < 3.5 * 0.5 / np.sqrt(number)


def test_a_frame_is_at_chance_and_two_are_not(videos):
    masks = [mask[0] for _, mask in videos]
    linear, nearest, number = accuracies([bright[0] for bright, _ in videos], masks)
    assert number > 500 and at_chance(linear, number) and at_chance(nearest, number)
    moved = [np.abs(bright[3].astype(float) - bright[0]) for bright, _ in videos]
    assert min(accuracies(moved, masks)[:2]) > 0.9


def test_the_same_classifier_sees_what_motion_by_less_than_a_dot_would_leave(videos):
    masks = [mask[0] for _, mask in videos]
    beside = [np.where(mask[0], np.roll(bright[0], 1, axis=1), bright[0]) for bright, mask in videos]
    linear, _, number = accuracies(beside, masks)
    assert linear > 0.5 + 7 * 0.5 / np.sqrt(number)


def test_clips_that_were_compressed_and_decoded_are_at_chance_too(tmp_path):
    rows = render_shard(tmp_path / "videos", 5, OPTIONS, 0, 60)[["video", "path", "label", "split", "masks"]].to_dict("records")
    clip = {"frames": 4, "fps": 6, "short_side": SIZE, "crop": [SIZE, SIZE], "short_videos": "reject", "clips_per_video": 1}
    clips, masks = [], []
    _, rejected = decode_clips([r | {"start_s": "", "end_s": ""} for r in rows], clip, 24, clips.append, masks.append)
    assert not rejected
    grey, first = [c.mean(axis=3) / 255 for c in clips], [m[0] for m in masks]
    linear, nearest, number = accuracies([g[0] for g in grey], first)
    assert number > 250 and at_chance(linear, number) and at_chance(nearest, number)
    assert min(accuracies([np.abs(g[1] - g[0]) for g in grey], first)[:2]) > 0.85


@pytest.mark.parametrize("motion", MOTIONS[::2])
def test_a_class_is_its_partner_in_reverse(motion):
    forward, mask, flow = render(parameters(motion), FRAMES, SIZE)
    backward, reversed_mask, _ = render(parameters(REVERSAL[motion]), FRAMES, SIZE)
    assert np.array_equal(forward, backward[::-1]) and not np.array_equal(forward, backward)
    assert np.array_equal(mask, reversed_mask[::-1])
    assert forward.shape == (FRAMES, SIZE, SIZE, 3) and flow.shape == (FRAMES - 1, SIZE, SIZE, 2)


@pytest.mark.parametrize("motion", MOTIONS)
def test_flow_carries_every_dot_to_its_place_in_the_next_frame(motion):
    frames, mask, flow = render(parameters(motion), FRAMES, SIZE)
    y, x = np.mgrid[:SIZE, :SIZE]
    for t in range(FRAMES - 1):
        moves = flow[t].any(axis=2)
        assert not (moves & (mask[t] == 0)).any() and (flow[t] % DOT == 0).all()
        u, v = (flow[t][moves].astype(int)).T
        there = frames[t + 1][y[moves] + v, x[moves] + u]
        assert np.array_equal(there, frames[t][moves]) and moves.any()


def test_the_mask_follows_the_path_and_the_ground_stays():
    for motion in MOTIONS:
        given = parameters(motion)
        frames, mask, _ = render(given, FRAMES, SIZE)
        path = poses(given, FRAMES, SIZE)
        for covered, (x, y, _, radius) in zip(mask, path, strict=True):
            rows, columns = np.nonzero(covered)
            assert np.hypot(rows.mean() - y, columns.mean() - x) < DOT + 1
            assert covered.sum() == pytest.approx(1.5 * np.sqrt(3) * radius**2, rel=0.12)  # a hexagon
            assert np.array_equal(covered, cv2.resize(on_grid(covered), (SIZE, SIZE), interpolation=cv2.INTER_NEAREST))
        never = mask.max(axis=0) == 0
        assert (frames[:, never] == frames[0, never]).all()


def test_what_a_kinematogram_cannot_have(tmp_path):
    for wrong in ({"label": "scene"}, {"scene_bias": 0.5}):
        with pytest.raises(BadInput, match="it has no scenes"):
            render_shard(tmp_path / "videos", 0, {**OPTIONS, **wrong}, 0, 1)
    manifest = render_shard(tmp_path / "videos", 0, OPTIONS, 0, 2)
    assert (manifest[["scene", "texture"]] == "dots").all(axis=None) and (manifest["label"] == manifest["motion"]).all()
