"""From the clip store to what a network reads: which part of a clip, at which size, with which statistics."""

import pytest
import torch

from tests.model_entry import entry
from workflow.parts.network import Network
from workflow.parts.networks import unfilled_network
from workflow.parts.preprocessing import preprocess
from workflow.scripts.describe_model import describe_model

TINY = {"depth": [1, 1, 1, 1], "width": 8, "classes": 3}


def reader(**own):
    return Network(torch.nn.Identity(), {}, frames=1, **own)


def test_the_crop_is_the_centre_of_the_resized_clip():
    clip = torch.arange(8 * 12, dtype=torch.uint8).view(1, 1, 8, 12, 1).repeat(1, 2, 1, 1, 3)
    shown = preprocess(clip, reader(size=6, short_side=8))  # no resizing, so the very pixels
    torch.testing.assert_close(shown[0, 0, 1], clip[0, 1, 1:7, 3:9, 0] / 255, rtol=0, atol=0)


def test_a_short_side_above_the_crop_leaves_the_margin_out():
    """Of short sides of 256 a crop of 224 leaves out 1/16 at each edge; a margin of that width is seen only without it."""
    clip = torch.zeros(1, 1, 64, 64, 3, dtype=torch.uint8)
    clip[:, :, :3], clip[:, :, -3:], clip[:, :, :, :3], clip[:, :, :, -3:] = (255,) * 4
    assert preprocess(clip, reader(size=224, short_side=256)).max() < 0.05  # 3 of 4 pixels, for the resizing reaches over one
    assert preprocess(clip, reader(size=224)).max() > 0.95


@pytest.mark.parametrize("own", [{"size": None}, {"size": 4}, {"size": 2, "short_side": 4}], ids=["whole", "square", "cut"])
def test_mean_and_deviation_are_taken_off_per_channel(own):
    clip = torch.full((1, 1, 4, 6, 3), 51, dtype=torch.uint8)
    kept = clip.clone()
    shown = preprocess(clip, reader(**own, mean=(0.2, 0.1, 0.0), std=(1.0, 0.5, 0.1)))
    expected = torch.tensor([0.0, 0.2, 2.0]).view(1, 3, 1, 1, 1).expand(shown.shape)
    torch.testing.assert_close(shown, expected, rtol=0, atol=1e-6)
    assert torch.equal(clip, kept)


@pytest.mark.parametrize(
    ("family", "options", "short_side", "size"),
    [
        ("resnet3d", {"architecture": "slowonly"}, 256, 224),
        ("slowfast", {}, 256, 224),
        ("x3d", {"version": "xs"}, 182, 160),
        ("x3d", {"version": "s"}, 182, 160),
        ("x3d", {"version": "m"}, 256, 224),
        ("x3d", {"version": "l"}, 356, 312),
        ("mvit", {}, 256, 224),
        ("timesformer", {}, None, 224),
    ],
)
def test_networks_are_shown_what_they_were_trained_on(family, options, short_side, size):
    """Sizes of the training: Feichtenhofer et al. (SlowFast, Sec. 4), Feichtenhofer (X3D, Sec. 4), Fan et al. (MViT, Sec. 4)."""
    with torch.device("meta"):
        network = unfilled_network(entry(family, **options))
    assert (network.short_side, network.size) == (short_side, size)


def test_released_shows_256_pixels_where_a_network_takes_any():
    released = [
        unfilled_network({**entry(family, **options), "sampling": "released"})
        for family, options in (("resnet3d", {"architecture": "c2d", **TINY}), ("slowfast", TINY), ("x3d", {"version": "s"}))
    ]
    assert [(n.short_side, n.size) for n in released] == [(None, 256), (None, 256), (182, 160)]


def test_the_table_of_models_says_what_is_shown():
    described = entry("resnet3d", architecture="c2d", **TINY, frames=2, stride="spread")
    (row, *_) = describe_model("c2d", described, {"frames": 4, "crop": [224, 224]})
    assert (row["short_side"], row["size"], row["sampling"], row["pooling"]) == (256, 224, "trained", "mean")
    assert "consider clip: {short_side: 256, crop: [256, 256]}" in row["note"]
