"""Agreement of masks: closed forms, laws, and a reference that goes from pixel to pixel."""

import cv2
import numpy as np
import pandas as pd
import pytest

from workflow.lib.arrays import UNANNOTATED
from workflow.parts.segmentation_scores import (
    boundary_accuracy,
    box_overlap,
    region_similarity,
)
from workflow.scripts.measure_segmentation import chances, measure_segmentation

SCORES = (region_similarity, boundary_accuracy, box_overlap)
EMPTY = np.zeros((1, 100, 120), np.uint8)


def square(top, left, side=20):
    """A mask [1, 100, 120] of one square."""
    mask = EMPTY.copy()
    mask[0, top : top + side, left : left + side] = 1
    return mask


def blobs(rng, shape=(40, 54)):
    """A mask [1, height, width] of smooth random pieces, which may touch the edge."""
    field = cv2.GaussianBlur(rng.standard_normal(shape), (0, 0), 4)
    return (field > rng.normal(0, 0.5) * field.std())[None].astype(np.uint8)


@pytest.mark.parametrize("shift", [0, 1, 7, 19, 20, 40])
def test_regions_and_boxes_of_shifted_squares(shift):
    shared = 20 * max(20 - shift, 0)
    expected = shared / (2 * 20 * 20 - shared)
    for score in (region_similarity, box_overlap):  # a square is its own box
        assert score(square(30, 30), square(30, 30 + shift)) == pytest.approx([expected], abs=1e-12)


@pytest.mark.parametrize("shift", range(18))
def test_boundaries_of_shifted_squares(shift):
    """Boundaries of 100 x 120 pixels may be ceil(.008 * 156.2) = 2 apart; that of a square of 20 is a square line of 80 pixels.

    Shifted by k > 2, near the other one are 23 - k pixels of its upper side, as many of the lower one, and of the side that lies
    within the other square the two pixels next to either corner: 50 - 2 k of 80.
    """
    expected = 1 if shift <= 2 else (50 - 2 * shift) / 80
    assert boundary_accuracy(square(30, 30), square(30, 30 + shift)) == pytest.approx([expected], abs=1e-12)
    assert boundary_accuracy(square(30, 30 + shift), square(30, 30)) == pytest.approx([expected], abs=1e-12)


@pytest.mark.parametrize(("size", "apart"), [((480, 854), 8), ((256, 256), 3), ((90, 60), 1)])
def test_boundaries_may_be_apart_by_a_share_of_the_diagonal(size, apart):
    """ceil(.008 * diagonal); two straight edges that cross the whole frame, so that all of their pixels are near or none."""
    left = [np.broadcast_to(np.arange(size[1]) < 20 + shift, (1, *size)).astype(np.uint8) for shift in (0, apart, apart + 1)]
    assert boundary_accuracy(left[0], left[1]) == [1] and boundary_accuracy(left[0], left[2]) == [0]


def test_empty_and_distant_masks():
    for score in SCORES:
        assert score(EMPTY, EMPTY) == [1]
        assert score(square(3, 3), EMPTY) == score(EMPTY, square(3, 3)) == [0]
        assert score(square(3, 3), square(60, 70)) == [0]


def test_instances_are_merged_and_frames_without_annotation_have_no_score():
    annotation = np.concatenate([square(10, 10) * 3, EMPTY + UNANNOTATED, square(40, 40)])
    prediction = np.concatenate([square(10, 10), square(10, 10), square(40, 50)])
    j = region_similarity(prediction, annotation)
    assert j[0] == 1 and np.isnan(j[1]) and j[2] == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match=r"\(3, 100, 120\) came"):
        region_similarity(prediction, annotation[:2])


def boundary_pixels(mask):
    """Coordinates [pixel, (y, x)] by the definition of the benchmark, pixel by pixel."""
    height, width = mask.shape
    found = []
    for y in range(height):
        for x in range(width):
            others = [(y, x + 1), (y + 1, x), (y + 1, x + 1)]
            if y == height - 1:
                others = [(y, x + 1)]
            elif x == width - 1:
                others = [(y + 1, x)]
            if any(b < width and mask[a, b] != mask[y, x] for a, b in others):
                found.append((y, x))
    return np.array(found).reshape(-1, 2)


def reference_f(a, b):
    """F from all distances between boundary pixels."""
    tolerance = np.ceil(0.008 * np.hypot(*a.shape))
    a, b = boundary_pixels(a), boundary_pixels(b)
    if not len(a) or not len(b):
        return float(len(a) == len(b))
    near = np.linalg.norm(a[:, None] - b[None], axis=2) <= tolerance
    precision, recall = near.any(axis=1).mean(), near.any(axis=0).mean()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def test_boundaries_equal_a_reference_by_distances():
    rng = np.random.default_rng(0)
    pairs = [(blobs(rng), blobs(rng)) for _ in range(12)]
    pairs += [(a, np.roll(a, (1, 2), (1, 2))) for a, _ in pairs]
    found = [boundary_accuracy(a, b)[0] for a, b in pairs]
    assert found == pytest.approx([reference_f(a[0], b[0]) for a, b in pairs], abs=1e-12)
    assert len(set(found)) > 12


def test_scores_are_symmetric_and_at_most_one():
    rng = np.random.default_rng(1)
    for _ in range(10):
        a, b = blobs(rng), blobs(rng)
        for score in SCORES:
            assert score(a, b) == pytest.approx(score(b, a), abs=1e-12)
            assert 0 <= score(a, b)[0] <= score(a, a)[0] == 1


def test_the_box_is_that_of_the_largest_piece():
    bar = EMPTY.copy()
    bar[0, 50, 20:60] = bar[0, 30:50, 59] = 1  # an angle of few pixels, its box is 21 x 40
    found = np.maximum(bar, square(70, 90))  # and a square with a smaller box
    annotation = EMPTY.copy()
    annotation[0, 30:51, 20:60] = 1
    assert box_overlap(found, annotation) == [1]
    assert region_similarity(found, annotation)[0] < 0.1
    stairs = np.eye(100, 120, dtype=np.uint8)[None]  # pixels that touch at corners are one piece
    assert box_overlap(stairs, np.ones((1, 100, 100), np.uint8).repeat(2, axis=2)[:, :, :120]) == [100 / 120]


def drawn(*frames):
    """A clip's masks [frame, 4, 5] from drawings: # is foreground, ? stands for a frame without annotation."""
    pictures = [["?????"] * 4 if frame == "?" else frame.split() for frame in frames]
    values = {"#": 1, ".": 0, "?": UNANNOTATED}
    return np.array([[[values[pixel] for pixel in line] for line in picture] for picture in pictures], np.uint8)


BLOCK = "..... .##.. .##.. ....."  # 4 of 20 pixels, its own box
ANGLE = "#.... #.... ####. ....."  # 6 of 20 pixels, in a box of 12
PIECES = "#.... ..... ...## ...##"  # 5 of 20 pixels; the larger piece's box is 4
NOTHING = "..... ..... ..... ....."
CLIPS = {  # clip -> masks, mean share of the frame that is object, and that is its box
    "a1": (drawn(BLOCK, "?", ANGLE), (4 + 6) / 40, (4 + 12) / 40),
    "a2": (drawn(PIECES, NOTHING, "?"), 5 / 40, 4 / 40),
    "b1": (drawn("?", "?", "?"), np.nan, np.nan),
    "b2": (drawn(ANGLE, ANGLE, ANGLE), 6 / 20, 12 / 20),
}
MASKS = [masks for masks, *_ in CLIPS.values()]


def chance_of(scores, kept=tuple(CLIPS)):
    """Quantity -> what a mask of everything scores on each clip that is kept."""
    found = chances(list(CLIPS), MASKS, set(kept), scores)
    return {name: own.set_index("clip")["chance"].to_dict() for name, own in found.groupby("quantity")}


def test_a_mask_of_everything_scores_the_share_of_the_frame_that_is_object_or_its_box():
    found = chance_of(["J", "F", "box"])
    assert list(found) == ["J", "box"]  # such a mask has no boundary
    for column, name in ((1, "J"), (2, "box")):
        assert found[name] == pytest.approx({clip: own[column] for clip, own in CLIPS.items()}, abs=1e-12, nan_ok=True)
    assert chance_of(["J"], ["a2"]) == {"J": {"a2": 0.125}}


def judged(predict, scores=("J", "F", "box"), n_styles=1):
    """Table `segmentation` of a network that gives predict(masks) for every clip of videos a and b."""
    clips = pd.DataFrame({"clip": list(CLIPS), "video": [clip[0] for clip in CLIPS]})
    looks = [(f"{clip}/{k}", clip, f"style{k}", None, None) for k in range(n_styles) for clip in CLIPS]
    variants = pd.DataFrame(looks, columns=["variant", "clip", "style", "perturbation", "augmentation"])
    score = dict(zip(("J", "F", "box"), SCORES, strict=True))
    found = {s: [pd.Series(score[s](predict(CLIPS[clip][0]), CLIPS[clip][0])).mean() for clip in variants["clip"]] for s in scores}
    keys = variants[["variant"]].assign(**found)
    return measure_segmentation(keys, variants, clips, chances(list(CLIPS), MASKS, set(CLIPS), scores), list(scores))


@pytest.mark.parametrize("n_styles", [1, 3])
def test_a_network_that_marks_everything_scores_its_chance(n_styles):
    table = judged(np.ones_like, n_styles=n_styles)
    assert len(table) == 3 * 2 * n_styles
    for name in ("J", "box"):
        own = table[table["quantity"] == name]
        assert own["value"].tolist() == own["chance"].tolist()
    means = table[table["style"] == "style0"].set_index(["quantity", "video"])["chance"]
    assert means["J"].to_dict() == pytest.approx({"a": (0.25 + 0.125) / 2, "b": 0.3})  # the clip without annotation counts nowhere
    assert means["box"].to_dict() == pytest.approx({"a": (0.4 + 0.1) / 2, "b": 0.6})
    assert means["F"].isna().all() and table["n_clips"].tolist() == [2, 1] * (3 * n_styles)


def test_clips_as_they_are_come_first():
    clips = pd.DataFrame({"clip": ["a1", "b1"], "video": ["a", "b"]})
    looks = [(clip, style) for clip in clips["clip"] for style in ("oil", "original", "ink")]
    variants = pd.DataFrame(looks, columns=["clip", "style"]).assign(perturbation=None, augmentation=None)
    variants["variant"] = variants["clip"] + variants["style"]
    keys = variants[["variant"]].assign(J=0.5, F=0.25)
    table = measure_segmentation(keys, variants, clips, chances(list(CLIPS), MASKS, set(CLIPS), ["J", "F"]), ["J", "F"])
    order = table[["quantity", "style"]].drop_duplicates().values.tolist()
    assert order == [[quantity, style] for quantity in "JF" for style in ("original", "oil", "ink")]


def test_chance_is_that_of_the_clips_a_network_is_judged_on():
    """The network of which nothing is known on a2, where it was shown no annotated frame."""
    table = judged(lambda masks: masks, ["J"])
    assert table["value"].tolist() == [1, 1] and table["chance"].tolist() == pytest.approx([0.1875, 0.3])
    clips = pd.DataFrame({"clip": ["a1", "a2"], "video": ["a", "a"]})
    about = {"variant": ["x", "y"], "style": "original", "perturbation": None, "augmentation": None}
    variants, keys = clips[["clip"]].assign(**about), pd.DataFrame({"variant": ["x", "y"], "J": [0.5, np.nan]})
    (row,) = measure_segmentation(keys, variants, clips, chances(list(CLIPS), MASKS, {"a1", "a2"}, ["J"]), ["J"]).itertuples()
    assert (row.value, row.chance, row.n_clips) == (0.5, 0.25, 1)
    none = measure_segmentation(keys, variants, clips[:0], chances(list(CLIPS), MASKS, set(), ["J"]), ["J"])
    assert len(none) == 0 and list(none) == ["quantity", "style", "perturbation", "video", "value", "chance", "n_clips"]
