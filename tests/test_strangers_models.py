"""Networks of other packages and files go through the one contract without a change to their code."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers import (
    VideoMAEConfig,
    VideoMAEForVideoClassification,
    VivitConfig,
    VivitForVideoClassification,
    VJEPA2Config,
    VJEPA2Model,
)

from tests.model_entry import entry
from workflow.lib.errors import BadInput
from workflow.parts.layer_choice import choose_layers
from workflow.parts.network import Network
from workflow.parts.networks import build_network
from workflow.parts.pooling import pooled_layers
from workflow.scripts.describe_model import describe_model

VIDEOMAE = str(Path(__file__).parents[1] / "resources/examples/videomae.py")
SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "patch_size": 8}
EXAMPLE = {**SIZES, "intermediate_size": 32, "image_size": 16, "num_frames": 4}


def videomae():
    module = VideoMAEForVideoClassification(VideoMAEConfig(**EXAMPLE))
    return Network(
        module, {}, 4, size=16, tokens="tubelet space", call=lambda module, video: module(pixel_values=video.transpose(1, 2))
    )


def vivit():
    sizes = {name: value for name, value in EXAMPLE.items() if name != "patch_size"}
    module = VivitForVideoClassification(VivitConfig(**sizes, tubelet_size=[1, 8, 8]))
    return Network(
        module, {}, 4, size=16, tokens="class frame space", call=lambda module, video: module(pixel_values=video.transpose(1, 2))
    )


def vjepa2():
    predictor = {"pred_hidden_size": 16, "pred_num_attention_heads": 2, "pred_num_hidden_layers": 2}
    module = VJEPA2Model(VJEPA2Config(**SIZES, **predictor, crop_size=16, frames_per_clip=4, tubelet_size=2))
    return Network(
        module, {}, 4, size=16, tokens="tubelet space",
        call=lambda module, video: module(pixel_values_videos=video.transpose(1, 2), skip_predictor=True),
    )  # fmt: skip


class Basic(nn.Module):
    """A residual block with torchvision's module names."""

    def __init__(self, width_in, width, stride):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv3d(width_in, width, 3, stride, 1, bias=False), nn.BatchNorm3d(width), nn.ReLU(True))
        self.conv2 = nn.Sequential(nn.Conv3d(width, width, 3, 1, 1, bias=False), nn.BatchNorm3d(width))
        self.downsample = nn.Sequential(nn.Conv3d(width_in, width, 1, stride, bias=False), nn.BatchNorm3d(width))
        self.relu = nn.ReLU(True)

    def forward(self, x):
        return self.relu(self.conv2(self.conv1(x)) + self.downsample(x))


class VideoResNet(nn.Module):
    """torchvision's r3d in small: stem, layer1..layer4, avgpool, fc."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv3d(3, 4, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False), nn.BatchNorm3d(4), nn.ReLU(True))
        for i in range(1, 5):
            width = 2 ** (i + 1)
            setattr(self, f"layer{i}", nn.Sequential(Basic(max(4, width // 2), width, 2 if i > 1 else 1), Basic(width, width, 1)))
        self.avgpool, self.fc = nn.AdaptiveAvgPool3d(1), nn.Linear(32, 5)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))
        return self.fc(self.avgpool(x).flatten(1))


def r3d():
    return Network(VideoResNet(), {}, 8, size=32)


@torch.inference_mode()
def pooled(network, layers, video, pooling="mean", shown=()):
    network.module.eval()
    with pooled_layers(network.module, layers, pooling, network.tokens) as activations:
        activations.shown = shown
        network([video])
    return dict(activations)


STRANGERS = {
    videomae: ([f"videomae.encoder.layer.{i}" for i in range(3)], [16] * 3),
    vivit: ([f"vivit.layers.{i}" for i in range(3)], [16] * 3),
    vjepa2: ([f"encoder.layer.{i}" for i in range(3)], [16] * 3),
    r3d: (["stem", "layer1", "layer2", "layer3", "layer4"], [4, 4, 8, 16, 32]),
}


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda f: f.__name__)
def test_proposed_layers_of_a_stranger_are_pooled(stranger):
    network = stranger()
    layers = choose_layers(network, "auto")
    paths, widths = STRANGERS[stranger]
    video = network.noise(2, 16, np.random.default_rng(0))[0]
    activations = pooled(network, layers, video)
    assert list(layers) == paths
    assert {layer: tuple(values.shape) for layer, values in activations.items()} == {
        layer: (2, width) for layer, width in zip(paths, widths, strict=True)
    }
    assert all((values[0] != values[1]).any() for values in activations.values())
    alone = pooled(network, layers, video[:1])
    for layer in layers:
        torch.testing.assert_close(alone[layer], activations[layer][:1], rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_pooling_of_a_transformer_is_what_its_own_outputs_say():
    network = vivit()
    video, order = network.noise(1, 16, np.random.default_rng(0))[0], np.array([[6, 0, 4, 2]])
    layer = {"last": "vivit.layers.2"}
    tokens = network.module.eval()(pixel_values=video.transpose(1, 2), output_hidden_states=True).hidden_states[-1]
    found = {pooling: pooled(network, layer, video, pooling, [order])["last"] for pooling in ("mean", "class", "patches", "frames")}
    torch.testing.assert_close(found["mean"], tokens.mean(1))
    torch.testing.assert_close(found["class"], tokens[:, 0])
    torch.testing.assert_close(found["patches"], tokens[:, 1:].mean(1))
    second = tokens[:, 1:].unflatten(1, (4, 4))[:, 3].mean(1)  # clip frame 2 was shown last and is second in natural order
    torch.testing.assert_close(found["frames"].unflatten(1, (16, 4))[:, :, 1], second)
    with pytest.raises(BadInput, match="pooling frames needs an axis of just these frames"):
        pooled(videomae(), {"last": "videomae.encoder.layer.2"}, video, "frames", [order])


def test_the_example_without_a_checkpoint_is_drawn_by_seed():
    (first, training), (second, _) = (build_network(entry(VIDEOMAE, **EXAMPLE)) for _ in range(2))
    state = second.module.state_dict()
    assert training == "untrained" and all(torch.equal(state[name], tensor) for name, tensor in first.module.state_dict().items())
    activations = pooled(first, first.layers, first.noise(2, 16, np.random.default_rng(0))[0])
    assert list(activations) == ["block00", "block01", "block02"]
    assert all(values.shape == (2, 16) and 0.01 < values.abs().mean() < 100 for values in activations.values())


def test_the_example_with_a_checkpoint_has_its_weights(tmp_path):
    # A classifier's checkpoint: the encoder stands under a prefix, the head is left aside.
    classifier = VideoMAEForVideoClassification(VideoMAEConfig(**EXAMPLE))
    classifier.save_pretrained(tmp_path)
    network, training = build_network(entry(VIDEOMAE, checkpoint=str(tmp_path)))
    assert training == str(tmp_path) and network.frames == 4 and network.size == 16
    state = classifier.videomae.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in network.module.state_dict().items())
    video = network.noise(2, 16, np.random.default_rng(0))[0]
    with torch.inference_mode():
        expected = classifier.eval().videomae(pixel_values=video.transpose(1, 2)).last_hidden_state.mean(1)
    torch.testing.assert_close(pooled(network, network.layers, video)["block02"], expected)


def test_the_example_refuses_a_checkpoint_that_lacks_weights(tmp_path):
    VideoMAEForVideoClassification(VideoMAEConfig(**{**EXAMPLE, "num_hidden_layers": 2})).save_pretrained(tmp_path)
    VideoMAEConfig(**EXAMPLE).save_pretrained(tmp_path)
    with pytest.raises(BadInput, match=r"lacks encoder.layer.2"):
        build_network(entry(VIDEOMAE, checkpoint=str(tmp_path)))


def test_a_networks_own_file_may_read_any_layer_of_it(tmp_path):
    # What a stranger writes: one file, whose modules are no one's but torch's.
    path = tmp_path / "mine.py"
    path.write_text(
        "from torch import nn\nfrom workflow.parts.network import Network\n\n\ndef build():\n"
        "    module = nn.Sequential(nn.Conv3d(3, 6, 3), nn.ReLU(), nn.Conv3d(6, 8, 3), nn.ReLU())\n"
        "    return Network(module, {}, frames=8, size=16, call=lambda module, video: module(video.flip(2)))\n"
    )
    network, _ = build_network({**entry(VIDEOMAE), "family": str(path)})
    video = network.noise(1, 16, np.random.default_rng(0))[0]
    found = pooled(network, choose_layers(network, "auto"), video)
    with torch.inference_mode():
        torch.testing.assert_close(found["3"], network.module(video.flip(2)).mean((2, 3, 4)))
    assert found["1"].shape == (1, 6)
    with pytest.raises(BadInput, match="model mine: its file names no layers"):
        describe_model("mine", {**entry(VIDEOMAE), "family": str(path)}, {"frames": 8, "crop": [16, 16]})
