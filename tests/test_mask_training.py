"""Training on masks: the loss in closed form, clips and masks that stay together, an object found by its motion alone."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from tests.model_entry import entry
from workflow.lib.arrays import UNANNOTATED
from workflow.lib.errors import BadInput
from workflow.lib.shared_videos import shared_videos
from workflow.lib.trainings import check_objective
from workflow.parts.flow_pictures import FlowPictures
from workflow.parts.judged_masks import MaskJudge
from workflow.parts.mask_objective import Masks, balanced_cross_entropy, boundaries_of, cross_entropy
from workflow.parts.networks import unfilled_network
from workflow.parts.segmentation import Segmentation
from workflow.parts.splits import not_trained_on
from workflow.parts.training_clips import ClipBatches, Shard, annotated
from workflow.parts.training_steps import Training
from workflow.parts.video_means import mean_over_videos
from workflow.parts.weights import draw_weights
from workflow.scripts.train_model import recipe_of

PICTURE = {"normalisation": "fixed", "full_saturation": 0.05}
SETTINGS = {"batch": 8, "crop": 1, "flip": False, "frame_order": "natural", "learning_rate": 0.01, "optimiser": "adamw"}
SETTINGS |= {"weight_decay": 0.0, "mixed_precision": "never"}
SIDE, N = 32, 48


def network():
    torch.set_num_threads(1)
    found = unfilled_network(entry("fusionseg", depth=[1, 1, 1, 1], width=4))
    draw_weights(found, 0)
    return found


def moving_squares(seen, n=N):
    """Clips of a square of 10 pixels that moves 2 to the right: in the frames if `seen`, else in the flow alone."""
    rng = np.random.default_rng(0)
    masks, flows = np.zeros((n, 3, SIDE, SIDE), np.uint8), np.zeros((n, 2, SIDE, SIDE, 2), np.float16)
    frames = rng.integers(60, 120, (n, 3, SIDE, SIDE, 3), dtype=np.uint8)
    for i, (y, x) in enumerate(rng.integers(1, SIDE - 16, (n, 2))):
        for t in range(3):
            masks[i, t, y : y + 10, x + 2 * t : x + 2 * t + 10] = 1
        flows[i][masks[i, :2] == 1] = (2, 0)
    if seen:
        frames[masks == 1] += 100
    return Shard(frames, masks, {"flow": FlowPictures(flows, PICTURE)})


def batches(shard, **settings):
    n = len(shard.frames)
    clips = pd.DataFrame({"clip": [f"c{i}" for i in range(n)], "video": [f"v{i}" for i in range(n)], "store": 0, "row": range(n)})
    return ClipBatches(clips, [shard], None, network(), "trained", SETTINGS | settings, 0)


def test_the_loss_is_cross_entropy_over_annotated_pixels():
    """Logits of 0 cost ln 2 a pixel; of ±ln 3, ln(4/3) where right and ln 4 where wrong; pixels without annotation nothing."""
    targets = torch.tensor([[[[1, 0, UNANNOTATED, UNANNOTATED]]]], dtype=torch.uint8)
    assert cross_entropy(torch.zeros(targets.shape), targets).item() == pytest.approx(math.log(2), abs=1e-6)
    wrong_once = torch.tensor([[[[math.log(3), math.log(3), -50.0, 50.0]]]])
    assert cross_entropy(wrong_once, targets).item() == pytest.approx((math.log(4 / 3) + math.log(4)) / 2, abs=1e-6)
    nothing = torch.full(targets.shape, UNANNOTATED, dtype=torch.uint8)
    assert cross_entropy(wrong_once, nothing).item() == balanced_cross_entropy(wrong_once, nothing).item() == 0


def test_boundary_and_other_pixels_weigh_alike_in_sum():
    """With one boundary pixel of four, weights are 3/4 and 1/4 each: 3/4 ln 2 + 3 x 1/4 ln 2, over four pixels."""
    targets = torch.tensor([[[[1, 0, 0, 0]]]], dtype=torch.uint8)
    assert balanced_cross_entropy(torch.zeros(targets.shape), targets).item() == pytest.approx(1.5 * math.log(2) / 4, abs=1e-6)


def test_boundaries_and_further_estimates_are_learned_too():
    targets = torch.zeros(1, 1, 6, 6, dtype=torch.uint8)
    targets[..., 2:4, 2:4] = 1
    zeros = torch.zeros(1, 1, 6, 6)
    edges = boundaries_of(targets)
    assert edges.sum() == 9 - 1  # a block of 3 x 3 differs from a neighbour right or below, but for the pixel inside
    plain, sides, bounds = (
        Masks().loss(Segmentation(zeros, *more), targets).item() for more in ((), ((), (zeros,)), ((zeros, zeros),))
    )
    assert plain == pytest.approx(math.log(2), abs=1e-6) and sides == pytest.approx(2 * plain, abs=1e-6)
    assert bounds == pytest.approx(plain + balanced_cross_entropy(zeros, edges).item(), abs=1e-6)
    assert Masks().plain_loss(Segmentation(zeros, (zeros,)), targets).item() == pytest.approx(plain, abs=1e-6)


def test_a_mirrored_clip_has_the_flow_and_the_masks_of_its_mirror_image():
    shard, back = moving_squares(seen=True, n=4), slice(None, None, -1)
    flows = shard.flows["flow"].flows[:, :, :, back] * np.array([-1, 1], np.float16)
    mirrored = Shard(shard.frames[:, :, :, back], shard.masks[:, :, :, back], {"flow": FlowPictures(flows, PICTURE)})
    flipped, plain = batches(shard, flip=True), batches(mirrored)
    epoch = next(e for e in range(99) if flipped.augmentation(0, e)[1])
    (frames, pictures), masks = flipped.look(0, epoch)
    (frames_of, pictures_of), masks_of = plain.look(0, None)
    assert np.array_equal(frames, frames_of) and np.array_equal(masks, masks_of)
    assert np.abs(pictures.astype(int) - pictures_of).max() <= 1 and (pictures != batches(shard).look(0, None)[0][1]).any()


def test_crops_keep_frames_and_masks_together():
    shard = moving_squares(seen=True, n=8)
    cropping = batches(shard, crop=0.6)
    for clip in range(8):
        (frames, _), masks = cropping.look(clip, 0)
        bright = frames.mean(-1) > 135
        assert masks.shape == (1, SIDE, SIDE) and (bright != (masks == 1)).mean() < 0.05 and masks.any()


@pytest.mark.parametrize("seen", [True, False], ids=["by appearance", "by motion alone"])
def test_an_object_is_found(seen):
    """Where the square is in the flow alone, a network that reads flow finds it; its frames are noise."""
    clips = batches(moving_squares(seen))
    training = Training(clips.network, Masks(), SETTINGS, steps=60, warm_up=6, seed=0, device=torch.device("cpu"))
    before = training.judge(*clips.plain(0))
    for k in range(60):
        loss, _ = training.step(k, *clips.draw(k))
    after = training.judge(*clips.plain(0))
    assert after[1] / 8 > 0.8 > 0.4 > before[1] / 8 and loss < 0.1


def test_clips_without_a_mask_in_the_frame_shown_are_left_out(capsys):
    shard = moving_squares(seen=True, n=4)
    shard.masks[2, 0] = UNANNOTATED  # of three frames with flow to the next ones, the first is shown
    clips = pd.DataFrame({"clip": list("abcd"), "store": 0, "row": range(4)})
    assert list(annotated(clips, [shard], network(), "trained")["clip"]) == ["a", "b", "d"]
    assert "1 of 4 clips have no mask in the frames shown and are left out" in capsys.readouterr().out
    with pytest.raises(BadInput, match="masks were needed to learn from; the data set has none"):
        annotated(clips, [Shard(shard.frames, shard.masks[:0], {})], network(), "trained")
    shard.masks[:] = UNANNOTATED
    with pytest.raises(BadInput, match="none of the clips has a mask"):
        annotated(clips, [shard], network(), "trained")


def test_a_network_without_masks_is_refused():
    with pytest.raises(BadInput, match=r"gives no masks, \[clip, frame, height, width\] = \[1, 1, 4, 4\] was needed"):
        Masks().loss(torch.zeros(1, 8), torch.zeros(1, 1, 4, 4, dtype=torch.uint8))
    with pytest.raises(BadInput, match=r"gives masks \[1, 1, 2, 2\]"):
        Masks().loss(Segmentation(torch.zeros(1, 1, 2, 2)), torch.zeros(1, 1, 4, 4, dtype=torch.uint8))


def test_masks_are_judged_as_they_are_shown():
    """Half of a square found is a J of one half; a still is judged in the frame shown; crops and unannotated frames are not."""
    masks = np.zeros((2, 3, 8, 8), np.uint8)
    masks[0, 1, 2:6, 2:6] = 1
    masks[1] = UNANNOTATED
    logits = torch.full((3, 1, 8, 8), -1.0)
    logits[:, :, 2:6, 2:4] = 1
    judge = MaskJudge(network(), masks, rows=[0, 0, 1], shown=[np.array([1])] * 3, crops=[None, [0, 0, 0.5], None])
    found = judge(Segmentation(logits), [0, 1, 2])
    assert found["J"][0] == 0.5 and np.isnan(found["J"][1:]).all() and found["box"][0] == 0.5
    assert np.isnan(judge(torch.zeros(3, 4), [0, 1, 2])["J"]).all()


def test_videos_seen_in_training_are_found_in_other_data_sets():
    shapes = {name: {"moving_shapes": {"first": first, "videos": n}} for name, first, n in (("a", 0, 5), ("b", 3, 9), ("c", 50, 5))}
    rows = {
        "d": [{"video": "x", "path": "v/x.avi", "split": "test"}, {"video": "y", "path": "v/y.avi", "split": "train"}],
        "e": [{"video": "z", "path": "v/../v/x.avi", "split": ""}],
        "f": [{"video": video, "path": f"v/{video}.avi", "split": ""} for video in "xy"],
    }
    config = {"datasets": shapes | {"d": {}, "e": {}, "f": {}}}
    assert shared_videos("b", "a", config, rows) == ["000003.mp4", "000004.mp4"] and not shared_videos("c", "a", config, rows)
    assert shared_videos("d", "e", config, rows) == ["x"] and shared_videos("e", "f", config, rows) == ["z"]
    assert shared_videos("f", "d", config, rows) == ["y"] and not shared_videos("e", "d", config, rows)  # x is held out there
    assert shared_videos("a", "d", config, rows) == []
    clips = pd.DataFrame(
        {"clip": list("pqr"), "video": ["000003.mp4", "000007.mp4", "000008.mp4"], "split": ["val", "train", "val"]}
    )
    assert list(not_trained_on(clips, [None], ["000003.mp4"], 0)["clip"]) == ["r"]


def test_the_mean_over_videos_covers_its_truth():
    """95 % intervals of the mean of 20 videos' J hold the true mean in .95 of 400 draws, within three standard errors."""
    rng = np.random.default_rng(0)
    ends = [mean_over_videos(rng.beta(4, 2, 20), [f"{k} {i}" for i in range(20)], 0.95) for k in range(400)]
    covered = np.mean([low <= 4 / 6 <= high for _, low, high in ends])
    assert abs(covered - 0.95) < 3 * (0.95 * 0.05 / 400) ** 0.5
    assert np.isnan(mean_over_videos([0.1, 0.2], ["a", "b"], 0.95)[1:]).all()


@pytest.mark.parametrize(
    ("family", "train", "message"),
    [
        ("resnet3d", {"learns": "masks"}, "is to learn masks, which resnet3d does not give"),
        ("fusionseg", {"learns": "classes"}, "fusionseg segments, it learns no classes: set `train: {learns: masks}`"),
        ("fusionseg", {"learns": "masks", "frame_order": "shuffled"}, "frame_order, head and label_smoothing are for networks"),
    ],
)
def test_a_training_that_cannot_be_is_refused_before_any_work(family, train, message):
    whole = {"dataset": "d", "frame_order": "natural", "head": "keep", "label_smoothing": 0, **train}
    with pytest.raises(BadInput, match=message):
        check_objective({"models": {"net": {"family": family, "train": whole}}}, "net")


def test_another_picture_of_the_flow_is_another_training():
    clips = pd.DataFrame({"clip": ["a"], "label": [None], "split": ["train"]})
    recipes = [recipe_of(entry("fusionseg"), SETTINGS, clips, 0, picture) for picture in (PICTURE, PICTURE, {"full_saturation": 1})]
    assert recipes[0] == recipes[1] != recipes[2]
