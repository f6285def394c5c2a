"""C2D, I3D, SlowOnly and FastOnly: published sizes, the peer's names and numbers, where time is first mixed."""

import pytest
import torch

from tests.order_blindness import assert_order_is_first_seen, order_similarity
from tests.peers import assert_same, fill, gflop, outputs, peer, shapes
from workflow.lib.errors import BadInput
from workflow.models.resnet3d import build
from workflow.parts.residual_blocks import Head

# Million parameters and GFLOP at 224 pixels with 400 classes, frames, stride. Parameters and sampling of the first three are
# those of the public model zoo.
PUBLISHED = {
    "c2d": (24.33, 39.0, 8, 8),
    "i3d": (28.04, 56.8, 8, 8),
    "slowonly": (32.45, 83.5, 8, 8),
    "fastonly": (0.62, 10.6, 32, 2),
}
architectures = pytest.mark.parametrize("architecture", PUBLISHED)


def fastonly(stem_dim_out=8, **options):
    """The fast pathway was not published alone: a peer built from Table 1 of the paper."""
    time = {"stem_conv_kernel_size": (5, 7, 7), "stage_conv_a_kernel_size": ((3, 1, 1),) * 4}
    return peer("pytorchvideo.models.resnet").create_resnet(stem_dim_out=stem_dim_out, **time, **options)


def peer_of(architecture, **options):
    if architecture == "fastonly":
        return fastonly(**options)
    return getattr(peer(), {"slowonly": "slow"}.get(architecture, architecture) + "_r50")(**options)


@architectures
def test_published_size_and_sampling(architecture):
    with torch.device("meta"):
        network = build(architecture)
    million = sum(p.numel() for p in network.module.parameters()) / 1e6
    assert (round(million, 2), round(gflop(network), 1), network.frames, network.stride) == PUBLISHED[architecture]
    assert len(network.module.state_dict()) == 320


@architectures
def test_names_and_shapes_are_the_peers(architecture):
    with torch.device("meta"):
        assert shapes(build(architecture).module) == shapes(peer_of(architecture))


def test_names_and_shapes_of_101_layers_are_the_peers():
    with torch.device("meta"):
        theirs = peer("pytorchvideo.models.resnet").create_resnet(model_depth=101, stem_conv_kernel_size=(1, 7, 7))
        assert shapes(build("slowonly", depth=101).module) == shapes(theirs)


@architectures
def test_layers_and_scores_are_the_peers(architecture):
    network = build(architecture, width=8, classes=5, size=64)
    theirs = fill(peer_of(architecture, stem_dim_out=8, model_num_class=5, head_pool=torch.nn.AdaptiveAvgPool3d))
    network.module.eval().load_state_dict(theirs.state_dict())
    video = torch.randn(2, 3, network.frames, 64, 64, generator=torch.Generator().manual_seed(1))
    paths = list(network.layers.values())
    assert_same(outputs(network.module, paths, video), outputs(theirs, paths, video))


@pytest.mark.parametrize(("architecture", "frames"), [("c2d", 4), ("slowonly", 8)])
def test_the_published_head_is_ours_at_224_pixels(architecture, frames):
    theirs = fill(peer_of(architecture, stem_dim_out=8).blocks[-1])
    head = Head(256, 400, dropout=0.5).eval()
    head.load_state_dict(theirs.state_dict())
    video = torch.randn(2, 256, frames, 7, 7)
    assert_same([head(video)], [theirs(video)], tolerance=1e-6)


def small(architecture, **options):
    network = build(architecture, depth=[1, 1, 1, 1], width=8, classes=5, frames=8, size=32, **options)
    fill(network.module)
    return order_similarity(network)


def test_order_is_first_seen_where_time_is_first_mixed():
    assert_order_is_first_seen(small("c2d"), blind=["res1", "res2"], seeing=["res3"])
    assert_order_is_first_seen(small("c2d", temporal_pool=False), blind=[f"res{i}" for i in range(1, 6)], seeing=[])
    assert_order_is_first_seen(small("slowonly"), blind=["res1", "res2", "res3"], seeing=["res4"])
    assert_order_is_first_seen(small("i3d"), blind=[], seeing=["res1"])
    assert_order_is_first_seen(small("fastonly"), blind=[], seeing=["res1"])


def test_units_at_any_width_and_depth():
    with torch.device("meta"):
        network = build("i3d", depth=[1, 2, 1, 1], width=16, frames=4, stride=16)
        network.module.eval()
        layers = outputs(network.module, list(network.layers.values()), torch.empty(1, 3, 4, 32, 32))
    assert [layer.shape[1] for layer in layers] == [16, 64, 128, 256, 512, 400]
    assert [len(network.module.blocks[i].res_blocks) for i in (1, 3, 4, 5)] == [1, 2, 1, 1]
    assert (network.frames, network.stride) == (4, 16)


@pytest.mark.parametrize("depth", [18, [3, 4, 6], [1, 1, 1, 0], "50"])
def test_depths_without_blocks_are_refused(depth):
    with pytest.raises(BadInput, match="resnet3d: depth .* came, 50, 101 or four numbers of blocks were needed"):
        build("c2d", depth=depth)
