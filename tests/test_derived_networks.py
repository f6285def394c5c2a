"""Floors: what a network with random weights and a C2D twin must be, and that a second look changes little."""

import numpy as np
import pytest
import torch
from moving_scene import scene
from torch import nn

from tests.model_entry import BLANK, entry
from workflow.lib.errors import BadInput
from workflow.lib.model_entries import check_derived, model_entry
from workflow.parts.augmentation import cropped
from workflow.parts.derived_networks import StillConv3d, c2d_twin
from workflow.parts.networks import build_network, provenance
from workflow.parts.pooling import pooled_layers
from workflow.scripts.describe_model import describe_model

SMALL = {"depth": 50, "width": 4, "classes": 5, "frames": 8, "stride": "spread", "size": 32}


def config(architecture="slowonly", weights=None, how="c2d_twin", **derived):
    source = entry("resnet3d", weights, architecture=architecture, **SMALL) | {"seed": 5}
    return {"models": {"source": source, "floor": {**BLANK, "derive": {"from": "source", "how": how}, **derived}}}


def build(configuration):
    """(source, floor, what the floor's training says)."""
    (source, _), (floor, training) = (build_network(model_entry(configuration, name)) for name in ("source", "floor"))
    return source, floor, training


@torch.inference_mode()
def pooled(network, video):
    with pooled_layers(network.module, network.layers) as activations:
        network.module(video)
    return dict(activations)


def test_the_twin_of_slowonly_is_blind_to_order_in_every_layer():
    source, twin, training = build(config())
    assert training == "untrained" and twin.layers == source.layers
    video = torch.randn(3, 3, 8, 32, 32)
    shuffled = video[:, :, torch.randperm(8)]
    for layer, values in pooled(twin, video).items():
        torch.testing.assert_close(pooled(twin, shuffled)[layer], values, rtol=1e-5, atol=1e-5)
    assert (pooled(source, shuffled)["res5"] - pooled(source, video)["res5"]).abs().max() > 1e-3


@torch.inference_mode()
def test_a_twin_equals_its_source_on_a_still_video_away_from_the_ends():
    source, twin, _ = build(config())
    still = torch.randn(1, 3, 1, 32, 32).expand(-1, -1, 24, -1, -1)
    old, new = ([still], [still])
    for maps, network in ((old, source), (new, twin)):
        for block in network.module.blocks[:5]:
            maps.append(block(maps[-1]))
    for a, b in zip(old, new, strict=True):
        assert a.shape == b.shape
        torch.testing.assert_close(a[:, :, 9:15], b[:, :, 9:15], rtol=1e-4, atol=1e-4)  # nine kernels of 3 reach nine frames in
    assert (old[-1][:, :, 0] - new[-1][:, :, 0]).abs().max() > 1e-3  # the zeros before the clip


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [(3, 1, 1, 1), (5, 1, 2, 1), (3, 1, 0, 1), (5, 4, 2, 1), (3, 2, 1, 1), (3, 2, 0, 1), (3, 1, 2, 2), (4, 2, 1, 1), (3, 1, 3, 1)],
)
@torch.inference_mode()
def test_every_temporal_kernel_has_its_twin(kernel, stride, padding, dilation):
    shape = ((kernel, 3, 3), (stride, 2, 1), (padding, 1, 0), (dilation, 1, 1))
    old = nn.Conv3d(4, 6, *shape, groups=2)
    new = StillConv3d(old)
    still = torch.randn(1, 4, 1, 9, 9).expand(-1, -1, 16, -1, -1)
    a, b = old(still), new(still)
    assert a.shape == b.shape and new.weight.shape[2] == 1
    inside = slice(padding, a.shape[2] - padding)
    torch.testing.assert_close(a[:, :, inside], b[:, :, inside], rtol=1e-4, atol=1e-5)
    frames = torch.arange(16.0).view(1, 1, 16, 1, 1).expand(1, 1, 16, 3, 3)
    ramp = nn.Conv3d(1, 1, (kernel, 1, 1), (stride, 1, 1), (padding, 0, 0), (dilation, 1, 1), bias=False)
    ramp.weight.fill_(1 / kernel)
    inner = slice(-(-padding // stride), -max(1, padding))
    centred = (ramp(frames) - StillConv3d(ramp)(frames))[:, :, inner]
    assert centred.abs().max() < 0.51  # reads the frame in the middle; an even kernel has none


def test_a_twin_without_temporal_kernels_is_the_same_network():
    source, twin, _ = build(config("c2d"))
    video = torch.randn(2, 3, 8, 32, 32)
    for layer, values in pooled(source, video).items():
        assert torch.equal(pooled(twin, video)[layer], values)


def test_padding_by_name():
    module = nn.Sequential(nn.Conv3d(3, 4, 3, padding="same"), nn.Conv3d(4, 4, 3, padding="valid"))
    video = torch.randn(1, 3, 8, 9, 9)
    shape = module(video).shape
    c2d_twin(module)
    assert module(video).shape == shape and type(module[0]) is type(module[1]) is StillConv3d
    with pytest.raises(BadInput, match="odd sizes"):
        c2d_twin(nn.Sequential(nn.Conv3d(3, 4, (2, 3, 3), padding="same")))


def test_floors_of_a_trained_network_say_what_they_are(tmp_path):
    path = str(tmp_path / "trained.pth")
    torch.save(build(config())[0].module.state_dict(), path)
    assert build_network(model_entry(config(weights=path), "source"))[1] == path
    _, twin, training = build(config(weights=path))
    assert training == "c2d twin of source"
    _, drawn, training = build(config(weights=path, how="random_weights", seed=1))
    assert training == "untrained"
    alone, _ = build_network({**model_entry(config(), "source"), "seed": 1})
    assert all(torch.equal(a, b) for a, b in zip(drawn.module.parameters(), alone.module.parameters(), strict=True))
    floor = model_entry(config(how="random_weights"), "floor")
    row = describe_model("floor", floor, {"frames": 8, "crop": [32, 32]})[0]
    told = {"derived_from": "source", "derivation": "random_weights", "checkpoint_of": None, "step": None, "trained_on": None}
    assert provenance(floor) == told
    assert provenance(floor).items() <= row.items() and row["training"] == "untrained"


def test_what_cannot_be_derived_is_refused():
    check_derived(config(), "floor")
    for changes, sentence in (
        ({"derive": {"from": "none", "how": "c2d_twin"}}, "`models` has no 'none'"),
        ({"derive": {"from": "floor", "how": "c2d_twin"}}, "derived itself"),
        ({"options": {"width": 8}}, "decides its options"),
    ):
        with pytest.raises(BadInput, match=sentence):
            check_derived(config(**changes), "floor")
    wrong = config()
    wrong["models"]["source"] |= {"family": "time_average", "options": {}}
    with pytest.raises(BadInput, match="source: it is a control"):
        build(wrong)


def test_a_crop_moves_what_it_shows_and_treats_all_frames_alike():
    clip = scene(1, frames=3, size=40)
    assert cropped(clip, None) is clip
    assert np.array_equal(cropped(clip, [0, 0, 1]), clip)
    shown = cropped(clip, np.array([0.05, 0.02, 0.92]))
    assert shown.shape == clip.shape and shown.dtype == np.uint8
    still = cropped(np.repeat(clip[:1], 3, 0), [0.05, 0.02, 0.92])
    assert (still == still[0]).all() and not np.array_equal(still[0], clip[0])
    ramp = np.tile(np.arange(100, dtype=np.uint8)[None, :, None, None], (1, 1, 60, 3))
    rows = cropped(ramp, [0.05, 0, 0.9])[0, :, 0, 0].astype(int)
    assert abs(rows[0] - 5) <= 1 and abs(rows[-1] - 94) <= 1 and (np.diff(rows) >= 0).all()
