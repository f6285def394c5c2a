"""X3D: published sizes, the peer's outputs, where time is first mixed."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.model_entry import entry
from tests.order_blindness import assert_order_is_first_seen, order_similarity
from tests.peers import assert_same, fill, outputs, peer, shapes
from workflow.lib.errors import BadInput
from workflow.models import x3d
from workflow.parts.networks import build_network

SMALL = {"version": "s", "width": 4, "depth": 0.5, "classes": 5, "frames": 8, "stride": "spread", "size": 32}
LAYERS = [f"blocks.{i}" for i in range(5)]


def untrained(derive=None, **options):
    return build_network(entry("x3d", **options) | {"derive": derive})[0]


def on_meta(version):
    with torch.device("meta"):
        return x3d.build(version)


def test_published_sizes():
    # Parameters and tensors of X3D_S.pyth; published GFLOP (2 x multiply-adds).
    for version, gflop in (("s", 3.9), ("m", 9.5)):
        network = on_meta(version)
        assert round(sum(p.numel() for p in network.module.parameters()) / 1e6, 2) == 3.79
        assert len(network.module.state_dict()) == 563
        with FlopCounterMode(display=False) as counter:
            network.module.eval()(torch.empty(1, 3, network.frames, network.size, network.size, device="meta"))
        assert round(counter.get_total_flops() / 1e9, 1) == gflop


@pytest.mark.parametrize("version", x3d.VERSIONS)
def test_checkpoints_of_the_public_names_fit(version):
    hub = peer()
    with torch.device("meta"):
        assert shapes(on_meta(version).module) == shapes(getattr(hub, f"x3d_{version}")())


@pytest.mark.parametrize(("version", "frames", "size"), [("s", 5, 96), ("l", 4, 64)])
def test_layers_and_scores_equal_the_peers(version, frames, size):
    network = x3d.build(version, frames=frames, size=size, classes=7)
    create = peer("pytorchvideo.models.x3d").create_x3d
    theirs = create(
        input_clip_length=frames,
        input_crop_size=size,
        model_num_class=7,
        depth_factor=x3d.VERSIONS[version][0],
        head_activation=None,
    )
    network.module.load_state_dict(fill(theirs).state_dict())
    video = torch.randn(2, 3, frames, size, size, generator=torch.Generator().manual_seed(1))
    assert list(network.layers.values()) == LAYERS
    assert_same(outputs(network.module.eval(), LAYERS, video), outputs(theirs, LAYERS, video))


def test_units_of_the_published_layers():
    with torch.device("meta"):
        video = torch.empty(1, 3, 4, 64, 64)
    units = [layer.shape[1] for layer in outputs(on_meta("m").module.eval(), LAYERS, video)]
    assert units == [24, 24, 48, 96, 192, 400]


def test_time_is_mixed_from_the_first_layer_on():
    assert_order_is_first_seen(order_similarity(untrained(**SMALL)), [], ["res1", "res2", "res3", "res4", "res5"])


def test_without_temporal_kernels_it_is_blind_to_order():
    # The gates of squeeze and excitation read means over time: they too must not see the order.
    twin = untrained({"how": "c2d_twin", "from": "x3d"}, **SMALL)
    assert_order_is_first_seen(order_similarity(twin), ["res1", "res2", "res3", "res4", "res5"], [])


def test_published_sampling():
    sampling = {version: (n.frames, n.stride, n.size) for version in x3d.VERSIONS for n in [on_meta(version)]}
    assert sampling == {"xs": (4, 12, 160), "s": (13, 6, 160), "m": (16, 5, 224), "l": (16, 5, 312)}
    own = x3d.build("xs", width=4, depth=0.2, frames=6, stride="spread", size=40)
    assert (own.frames, own.stride, own.size) == (6, "spread", 40)


def test_bad_options_are_refused():
    for options, message in (
        ({"version": "xl"}, "version xl came, one of xs, s, m, l was needed"),
        ({"version": "s", "width": 0}, "a width of 1 or more"),
        ({"version": "s", "depth": 0}, "a depth above 0"),
    ):
        with pytest.raises(BadInput, match=message):
            untrained(**options)
