"""SlowFast: published sizes, the peer's names and numbers, its two rates, what is read before and after fusion."""

import pytest
import torch

from tests.order_blindness import assert_order_is_first_seen, order_similarity
from tests.peers import assert_same, fill, gflop, outputs, peer, shapes
from workflow.lib.errors import BadInput
from workflow.models import resnet3d
from workflow.models.slowfast import build

# Our options, the peer's, tensors, million parameters; tensors and parameters are those of the public model zoo.
PUBLISHED = {
    "8x8 R50": ({}, {"slowfast_fusion_conv_kernel_size": (7, 1, 1)}, 662, 34.57),
    "4x16 R50": (
        {"alpha": 8},
        {"slowfast_fusion_conv_kernel_size": (5, 1, 1), "slowfast_fusion_conv_stride": (8, 1, 1)},
        662,
        34.48,
    ),
    "8x8 R101": ({"depth": 101}, {"model_depth": 101, "slowfast_fusion_conv_kernel_size": (5, 1, 1)}, 1274, 62.83),
}
published = pytest.mark.parametrize("name", PUBLISHED)
SMALL = {"depth": [1, 1, 1, 1], "width": 16, "classes": 5, "frames": 16, "size": 32}


def peer_of(name, **options):
    return peer("pytorchvideo.models.slowfast").create_slowfast(**PUBLISHED[name][1], **options)


def videos(network, n_clips=2):
    video = torch.randn(n_clips, 3, network.frames, network.size, network.size, generator=torch.Generator().manual_seed(1))
    return [video[:, :, ::k] for k in network.pathways]


@published
def test_names_and_shapes_are_the_peers(name):
    ours, _, tensors, million = PUBLISHED[name]
    with torch.device("meta"):
        module = build(**ours).module
    assert len(module.state_dict()) == tensors
    assert round(sum(p.numel() for p in module.parameters()) / 1e6, 2) == million
    with torch.device("meta"):
        assert shapes(module) == shapes(peer_of(name))


def test_published_sampling_and_operations():
    with torch.device("meta"):
        network = build()
    assert (network.frames, network.stride, network.pathways) == (32, 2, (4, 1))
    assert round(gflop(network), 1) == 100.6
    assert build(alpha=8, width=8, depth=[1, 1, 1, 1]).pathways == (8, 1)


@pytest.mark.parametrize("name", ["8x8 R50", "4x16 R50"])
def test_layers_and_scores_are_the_peers(name):
    network = build(**PUBLISHED[name][0], width=16, classes=5, size=64)
    theirs = fill(peer_of(name, stem_dim_outs=(16, 2), model_num_class=5, head_pool=torch.nn.AdaptiveAvgPool3d))
    network.module.eval().load_state_dict(theirs.state_dict())
    paths = [*network.layers.values(), *(f"blocks.{i}.multipathway_fusion" for i in range(4))]
    *layers, scores = outputs(theirs, paths, videos(network))
    layers = [layer[0] if isinstance(layer, list) else layer for layer in layers]  # its fusion hands the fast pathway on
    assert_same(outputs(network.module, paths, videos(network)), [*layers, scores])


def test_the_published_head_is_ours_at_224_pixels():
    theirs, ours = fill(peer_of("8x8 R50", stem_dim_outs=(16, 2))), build(width=16).module.eval()
    ours.load_state_dict(theirs.state_dict())
    last = [torch.randn(2, 512, 8, 7, 7), torch.randn(2, 64, 32, 7, 7)]
    assert_same([ours.blocks[6](ours.blocks[5](last))], [theirs.blocks[6](theirs.blocks[5](last))], tolerance=1e-6)


def test_order_is_first_seen_where_time_is_first_mixed():
    network = build(**SMALL)
    fill(network.module)
    assert_order_is_first_seen(order_similarity(network), blind=["slow_res1"], seeing=["slow_res2", "fast_res1"])
    fused = build(**SMALL, fused=True)
    fused.module.load_state_dict(network.module.state_dict())
    fused.module.eval()
    assert_order_is_first_seen(order_similarity(fused), blind=[], seeing=["slow_res1", "fast_res1"])


def test_fused_layers_are_the_slow_ones_and_a_quarter_more():
    network, fused = build(**SMALL), build(**SMALL, fused=True)
    assert list(network.layers) == list(fused.layers) == [f"{p}_res{i}" for p in ("slow", "fast") for i in range(1, 6)]
    fill(network.module)
    fused.module.eval().load_state_dict(network.module.state_dict())
    before, after = (outputs(n.module, list(n.layers.values()), videos(n)) for n in (network, fused))
    assert [layer.shape[1] for layer in before[:10]] == [16, 64, 128, 256, 512, 2, 8, 16, 32, 64]
    assert [layer.shape[1] for layer in after[:10]] == [20, 80, 160, 320, 512, 2, 8, 16, 32, 64]
    for a, b in zip(before, after, strict=True):
        assert torch.equal(a, b[:, : a.shape[1]])


def test_fastonly_is_the_fast_pathway():
    network, fast = build(**SMALL), resnet3d.build("fastonly", **{**SMALL, "width": 2})
    state = fill(network.module).state_dict()
    own = {k.replace(".multipathway_blocks.1", ""): v for k, v in state.items() if ".multipathway_blocks.1" in k}
    missing = fast.module.eval().load_state_dict(own, strict=False)
    assert missing == (["blocks.5.proj.weight", "blocks.5.proj.bias"], [])
    pathway = outputs(network.module, [f"blocks.{i}.multipathway_blocks.1" for i in range(5)], videos(network))[:-1]
    assert_same(outputs(fast.module, [f"blocks.{i}" for i in range(5)], videos(network)[1])[:-1], pathway, tolerance=0)


def test_rates_and_widths_that_do_not_divide_are_refused():
    with pytest.raises(BadInput, match="slowfast: 30 frames at alpha 4 came, a multiple of alpha was needed"):
        build(frames=30)
    with pytest.raises(BadInput, match="slowfast: width 20 came, a multiple of 8 was needed"):
        build(width=20)
    with pytest.raises(BadInput, match="slowfast: depth 18 came, 50, 101 or four numbers of blocks were needed"):
        build(depth=18)
