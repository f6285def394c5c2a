"""FusionSeg: published sizes, streams that do not see each other, the released checkpoint's names and meaning."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.author_networks import Made, Meaning, assert_depends, assert_near, bilinear, gradient_free, names, picture_and_flow
from tests.model_entry import entry
from workflow.lib.errors import BadInput
from workflow.models import fusionseg
from workflow.parts.networks import build_network
from workflow.parts.pooling import hooked_layers
from workflow.parts.residual_backbones import ResidualBackbone
from workflow.scripts.describe_model import describe_model

BLOCKS, WIDTH = [1, 1, 1, 2], 4
SMALL = {"depth": BLOCKS, "width": WIDTH}
ALL = range(1, 6)


def untrained(**options):
    return build_network(entry("fusionseg", **SMALL, **options))[0]


def count(module):
    return sum(p.numel() for p in module.parameters())


def on_meta(**options):
    with torch.device("meta"):
        return fusionseg.build(**options)


def test_backbones_have_the_public_sizes():
    # torchvision's resnet101 has 44,549,160 parameters, 2,049,000 of them in its head; resnext50_32x4d 25,028,904 and as many.
    with torch.device("meta"):
        resnet, resnext = ResidualBackbone((3, 4, 23, 3)), ResidualBackbone((3, 4, 6, 3), cardinality=True)
    assert count(resnet) == 44_549_160 - 2_049_000 and count(resnext) == 25_028_904 - 2_049_000
    shapes = {name: tuple(t.shape) for name, t in resnet.state_dict().items()}
    assert len(shapes) == 626 - 2  # tensors of torchvision's resnet101, its head's two left out
    assert shapes["conv1.weight"] == (64, 3, 7, 7) and shapes["layer3.22.conv3.weight"] == (1024, 256, 1, 1)
    assert shapes["layer4.0.downsample.0.weight"] == (2048, 1024, 1, 1) and shapes["layer4.0.downsample.1.bias"] == (2048,)
    assert resnext.state_dict()["layer1.0.conv2.weight"].shape == (128, 4, 3, 3)


def test_published_size():
    """112.4 M parameters and 446 GFLOP at 480 x 854.

    Ours lack what the released network has and never reads: the 1x1 fusions of layers 3 and 4, and, as one logit says as much
    as two scores, the one of the background.
    """
    network = on_meta()
    unread = (1024 * 512 + 512) + (2048 * 1024 + 1024) + (256 + 1)
    assert round((count(network.module) + unread) / 1e6, 1) == 112.4
    with FlopCounterMode(display=False) as counter:
        network.module.eval()(picture_and_flow_on_meta(480, 854))
    assert round(counter.get_total_flops() / 1e9) == 446


def picture_and_flow_on_meta(height, width):
    return [torch.empty(1, 3, 1, height, width, device="meta") for _ in range(2)]


def test_published_layers_and_output_stride():
    network, shapes = on_meta(), {}
    for name, path in network.layers.items():
        keep = lambda _m, _i, output, name=name: shapes.update({name: tuple(output.shape[1:])})  # noqa: E731
        network.module.get_submodule(path).register_forward_hook(keep)
    masks = network.module.eval()(picture_and_flow_on_meta(64, 96)).masks
    sizes = {1: (64, 32, 48), 2: (256, 16, 24), 3: (512, 8, 12), 4: (1024, 4, 6), 5: (2048, 4, 6)}
    assert shapes == {f"{s}_{n}": sizes[n] for s in ("appearance", "motion") for n in ALL} | {
        f"fusion_{n}": sizes[n] for n in (2, 5)
    }
    assert masks.shape == (1, 1, 64, 96)
    assert (network.reads, network.pathways, network.frames, network.size) == (("frames", "flow"), (1, 1), 1, None)


def test_streams_do_not_see_each_other():
    assert_depends(untrained(), ["flow"], [*names("motion", ALL), "fusion_2", "fusion_5"])
    assert_depends(untrained(), ["frames"], [*names("appearance", ALL), "fusion_2", "fusion_5"])


@pytest.mark.parametrize("options", [{"cross": "reciprocal_gated"}, {"cross": "coatt", "fusion": "convex_gated"}])
def test_variants_see_each_other_from_layer_3_on(options):
    both = "reciprocal" in options["cross"]
    network, fused = untrained(**options), names("fusion", (2, 5))
    assert_depends(network, ["flow"], [*names("appearance", (3, 4, 5)), *names("motion", ALL), *fused])
    assert_depends(network, ["frames"], [*names("appearance", ALL), *names("motion", (3, 4, 5) if both else ()), *fused])


def test_gradients_reach_all_parameters():
    network = untrained()
    assert not gradient_free(network.module, lambda m: m(picture_and_flow(network, 48, 48)).masks.square().mean())


@torch.inference_mode()
def test_any_size_is_segmented_and_read():
    network = untrained()
    for height, width in ((33, 47), (64, 18), (5, 5)):
        with hooked_layers(network, "mean") as activations:
            answer = network(picture_and_flow(network, height, width))
        assert answer.masks.shape == (2, 1, height, width) and answer.masks.isfinite().all() and not answer.boundaries
        units = [WIDTH * k for k in (1, 4, 8, 16, 32)]
        assert {n: v.shape[1] for n, v in activations.items()} == {
            f"{stream}_{n}": units[n - 1] for stream in network.streams for n in ALL if stream != "fusion" or n in (2, 5)
        }


def test_layers_are_described_by_stream():
    rows = describe_model("fseg", entry("fusionseg", **SMALL), {"frames": 4, "crop": [32, 48]})
    assert [row["stream"] for row in rows] == ["appearance"] * 5 + ["motion"] * 5 + ["fusion"] * 2
    assert rows[-1]["layer"] == "fusion_5" and rows[-1]["units"] == 128


def released(seed=0):
    """A checkpoint as the authors' training saves it: two scores, and four fusions of which two are read."""
    made, w = Made(seed), WIDTH
    for stream in ("app_stream", "mot_stream"):
        layers = [f"backbone.{stream}.layer{i}" for i in range(1, 5)]
        made.backbone(f"backbone.{stream}.conv1", f"backbone.{stream}.bn1", layers, BLOCKS, w)
    for i in range(1, 5):
        made.conv(f"backbone.sensor_fusion.layer{i}", w * 2 * 2 * 2**i, w * 2 * 2**i)
    made.both("classifier.project.0", "classifier.project.1", w * 4, w * 3 // 4)
    for i, kernel in enumerate((1, 3, 3, 3)):
        made.both(f"classifier.aspp.convs.{i}.0", f"classifier.aspp.convs.{i}.1", w * 32, w * 4, kernel)
    made.both("classifier.aspp.convs.4.1", "classifier.aspp.convs.4.2", w * 32, w * 4)
    made.both("classifier.aspp.project.0", "classifier.aspp.project.1", w * 20, w * 4)
    made.both("classifier.classifier.0", "classifier.classifier.1", w * 4 + w * 3 // 4, w * 4, 3)
    made.conv("classifier.classifier.3", w * 4, 2)
    return dict(made)


def object_probability(state, frames, flow):
    """Probability of the object at every place, from the two scores of the released network."""
    net, maps = Meaning(state), {}
    for stream, x in (("app_stream", frames), ("mot_stream", flow)):
        at = f"backbone.{stream}"
        x = net.layer(f"{at}.layer1", net.stem(f"{at}.bn1", net.conv(f"{at}.conv1", x, padding=3, stride=2)))
        y = net.layer(f"{at}.layer3", net.layer(f"{at}.layer2", x, stride=2), stride=2)
        maps[stream] = x, net.layer(f"{at}.layer4", y, dilated=True)
    both = [torch.cat(pair, 1) for pair in zip(*maps.values(), strict=True)]
    shallow, deep = (net.conv(f"backbone.sensor_fusion.layer{i}", x) for i, x in zip((1, 4), both, strict=True))
    at = "classifier.aspp"
    branches = [
        net.rectified(f"{at}.convs.{i}.0", f"{at}.convs.{i}.1", deep, padding=rate if i else 0, dilation=rate)
        for i, rate in enumerate((1, 6, 12, 18))
    ]
    overall = net.rectified(f"{at}.convs.4.1", f"{at}.convs.4.2", deep.mean((2, 3), keepdim=True))
    branches.append(bilinear(overall, deep.shape[2:]))
    deep = net.rectified(f"{at}.project.0", f"{at}.project.1", torch.cat(branches, 1))
    shallow = net.rectified("classifier.project.0", "classifier.project.1", shallow)
    joined = torch.cat([shallow, bilinear(deep, shallow.shape[2:])], 1)
    joined = net.rectified("classifier.classifier.0", "classifier.classifier.1", joined, padding=1)
    return bilinear(net.conv("classifier.classifier.3", joined), frames.shape[2:]).softmax(1)[:, 1:]


@torch.inference_mode()
def test_a_released_checkpoint_loads_and_means_the_same(tmp_path):
    state = released()
    kept = {"cur_itrs": 3, "model_state": {f"module.{name}": tensor for name, tensor in state.items()}, "best_score": 0.7}
    torch.save(kept, tmp_path / "fseg.pth")
    network, training = build_network(entry("fusionseg", str(tmp_path / "fseg.pth"), **SMALL))
    videos = picture_and_flow(network, 50, 70)
    assert_near(network(videos).masks.sigmoid(), object_probability(state, *(v.squeeze(2) for v in videos)))
    assert training == str(tmp_path / "fseg.pth")
    torch.save(network.module.state_dict(), tmp_path / "own.pt")
    again, _ = build_network(entry("fusionseg", str(tmp_path / "own.pt"), **SMALL))
    assert torch.equal(again(videos).masks, network(videos).masks)


def test_other_checkpoints_and_options_are_refused(tmp_path):
    state = released()
    state["backbone.extra.weight"] = state.pop("backbone.mot_stream.conv1.weight")
    torch.save({"state_dict": state}, tmp_path / "bad.pth")
    with pytest.raises(BadInput, match=r"they lack encoder.motion.conv1.weight; they have unknown backbone.extra.weight"):
        build_network(entry("fusionseg", str(tmp_path / "bad.pth"), **SMALL))
    for options, message in (
        ({"cross": "both"}, "cross both came, one of none, coatt, gated, reciprocal, reciprocal_gated was needed"),
        ({"fusion": "sum"}, "fusion sum came, one of concat, gated, convex_gated was needed"),
        ({"width": 6}, "width 6 came, a multiple of 4 was needed"),
        ({"depth": 34}, "depth 34 came, 50, 101 or four numbers"),
    ):
        with pytest.raises(BadInput, match=f"fusionseg: {message}"):
            build_network(entry("fusionseg", **SMALL | options))
