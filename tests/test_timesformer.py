"""TimeSformer against an independent implementation, the published sizes and the original authors' names."""

import pytest
import safetensors.torch
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode
from transformers import TimesformerConfig, TimesformerForVideoClassification

from tests.model_entry import entry
from tests.order_blindness import assert_order_is_first_seen, order_similarity
from workflow.lib.errors import BadInput
from workflow.models import timesformer
from workflow.parts.networks import build_network
from workflow.parts.pooling import pooled_layers

SMALL = {"width": 24, "depth": 3, "heads": 4, "patch": 8, "classes": 5, "frames": 4, "stride": "spread", "size": 24}
HUB_SMALL = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4, "patch_size": 8, "num_labels": 5}
HUB_SMALL |= {"num_frames": 4, "image_size": 24, "intermediate_size": 96}


def peer(seed=0):
    """The `transformers` network, every tensor drawn anew: its own start leaves the positions in time at zero."""
    network = TimesformerForVideoClassification(TimesformerConfig(**HUB_SMALL)).eval()
    generator = torch.Generator().manual_seed(seed)
    for tensor in network.state_dict().values():
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * (0.3 if tensor.ndim > 1 else 1))
    return network


def random_video():
    return torch.randn(2, 3, 4, 24, 24, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def test_blocks_and_scores_equal_those_of_transformers(tmp_path):
    safetensors.torch.save_file(peer().state_dict(), tmp_path / "hub.safetensors")
    network, _ = build_network(entry("timesformer", str(tmp_path / "hub.safetensors"), **SMALL))
    blocks = []
    for path in network.layers.values():
        network.module.get_submodule(path).register_forward_hook(lambda _module, _inputs, output: blocks.append(output))
    scores = network.module(random_video())
    expected = peer()(random_video().transpose(1, 2), output_hidden_states=True)
    for ours, theirs in zip(blocks, expected.hidden_states[1:], strict=True):
        assert (ours - theirs).norm() < 1e-4 * theirs.norm()
    assert (scores - expected.logits).norm() < 1e-4 * expected.logits.norm()


def test_names_shapes_and_sizes_are_the_published_ones():
    with torch.device("meta"):
        network = timesformer.build()
        hub = TimesformerForVideoClassification(TimesformerConfig(num_labels=400))
        with FlopCounterMode(display=False) as counter:
            network.module(torch.empty(1, 3, 8, 224, 224))
    ours, theirs = ({name: t.shape for name, t in m.state_dict().items()} for m in (network.module, hub))
    assert ours == theirs
    # The published count leaves the 400 classes aside.
    assert round(sum(p.numel() for p in network.module.timesformer.parameters()) / 1e6, 2) == 121.26
    assert round(counter.get_total_flops() / 1e9, 1) == 391.7
    assert list(network.layers) == [f"block{i:02}" for i in range(12)]
    assert (network.frames, network.stride, network.size, network.mean, network.std) == (8, 32, 224, (0.45,) * 3, (0.225,) * 3)


def original_scores(state, video, frames, heads):
    """Scores of the original authors' network from their state dict, class token and patches handled apart."""
    own = {name.removeprefix("model."): tensor for name, tensor in state.items()}

    def linear(name, x):
        return F.linear(x, own[f"{name}.weight"], own[f"{name}.bias"])

    def norm(name, x):
        return F.layer_norm(x, x.shape[-1:], own[f"{name}.weight"], own[f"{name}.bias"], 1e-6)

    def attend(name, x):  # [..., token, unit]
        query, key, value = (part.unflatten(-1, (heads, -1)).transpose(-2, -3) for part in linear(f"{name}.qkv", x).chunk(3, -1))
        weights = (query @ key.transpose(-1, -2) / key.shape[-1] ** 0.5).softmax(-1)
        return linear(f"{name}.proj", (weights @ value).transpose(-2, -3).flatten(-2))

    kernel = own["patch_embed.proj.weight"]
    images = F.conv2d(video.transpose(1, 2).flatten(0, 1), kernel, own["patch_embed.proj.bias"], kernel.shape[-1])
    grid = images.flatten(2).transpose(1, 2).unflatten(0, (-1, frames))  # [batch, frame, place, unit]
    grid = grid + own["pos_embed"][:, None, 1:] + own["time_embed"][:, :, None]
    token = (own["cls_token"] + own["pos_embed"][:, :1]).repeat(len(video), 1, 1)
    for i in range(sum(name.endswith("temporal_fc.weight") for name in own)):
        b = f"blocks.{i}"
        over_time = attend(f"{b}.temporal_attn", norm(f"{b}.temporal_norm1", grid.transpose(1, 2)))
        grid = grid + linear(f"{b}.temporal_fc", over_time).transpose(1, 2)
        each = torch.cat([token[:, None].repeat(1, frames, 1, 1), grid], 2)
        over_space = attend(f"{b}.attn", norm(f"{b}.norm1", each))
        token, grid = token + over_space[:, :, :1].mean(1), grid + over_space[:, :, 1:]
        token, grid = (x + linear(f"{b}.mlp.fc2", F.gelu(linear(f"{b}.mlp.fc1", norm(f"{b}.norm2", x)))) for x in (token, grid))
    return linear("head", norm("norm", token[:, 0]))


@torch.inference_mode()
def test_a_file_of_the_original_authors_loads_and_means_the_same(tmp_path):
    width, generator = 24, torch.Generator().manual_seed(2)
    shapes = {"cls_token": (1, 1, width), "pos_embed": (1, 10, width), "time_embed": (1, 4, width)}
    shapes |= {"patch_embed.proj.weight": (width, 3, 8, 8), "patch_embed.proj.bias": (width,)}
    linear = {"attn.qkv": (72, 24), "attn.proj": (24, 24), "temporal_attn.qkv": (72, 24), "temporal_attn.proj": (24, 24)}
    linear |= {"temporal_fc": (24, 24), "mlp.fc1": (96, 24), "mlp.fc2": (24, 96)} | {
        n: (24,) for n in ("norm1", "norm2", "temporal_norm1")
    }
    named = {f"blocks.{i}.{name}": shape for i in range(3) for name, shape in linear.items()} | {"norm": (24,), "head": (5, 24)}
    for name, shape in named.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    state = {f"model.{name}": torch.randn(shape, generator=generator) * 0.3 for name, shape in shapes.items()}
    torch.save({"epoch": 14, "model_state": state, "cfg": "TIMESFORMER: ..."}, tmp_path / "original.pyth")
    network, _ = build_network(entry("timesformer", str(tmp_path / "original.pyth"), **SMALL))
    scores, expected = network.module(random_video()), original_scores(state, random_video(), 4, 4)
    assert (scores - expected).norm() < 1e-4 * expected.norm()


@torch.inference_mode()
def test_tokens_are_a_class_token_then_places_whose_frames_vary_fastest():
    network, _ = build_network(entry("timesformer", **SMALL))
    tokens = []
    network.module.timesformer["embeddings"].register_forward_hook(lambda _module, _inputs, output: tokens.append(output))
    video = random_video()[:1]
    network.module(video)
    video[:, :, 3, 8:16, 0:8] += 1  # frame 3, second row and first column of 3 x 3 places
    network.module(video)
    changed = (tokens[0] != tokens[1]).any(2)[0].nonzero().flatten().tolist()
    assert network.tokens == "class space frame" and changed == [1 + 3 * 4 + 3]


def test_every_block_sees_order():
    network, _ = build_network(entry("timesformer", **SMALL))
    assert_order_is_first_seen(order_similarity(network), blind=[], seeing=network.layers)


@torch.inference_mode()
def test_order_reaches_the_layers_only_through_the_positions_in_time():
    network, _ = build_network(entry("timesformer", **SMALL))
    video = random_video()

    def change():
        with pooled_layers(network.module, network.layers) as activations:
            network.module(video)
            natural = dict(activations)
            network.module(video.flip(2))
        return [((natural[layer] - activations[layer]).norm() / natural[layer].norm()).item() for layer in network.layers]

    assert min(change()) > 1e-3
    network.module.timesformer["embeddings"].time_embeddings.zero_()
    assert max(change()) < 1e-5


def test_sizes_that_do_not_divide_are_refused():
    with pytest.raises(BadInput, match="width 10 came, a multiple of heads 3 was needed"):
        timesformer.build(width=10, heads=3)
    with pytest.raises(BadInput, match="size 100 came, a multiple of patch 16 was needed"):
        timesformer.build(size=100)
