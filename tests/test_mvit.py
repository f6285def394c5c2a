"""MViT-B: published sizes, the peer's outputs, what its tokens are and where time is first mixed."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.model_entry import entry
from tests.order_blindness import assert_order_is_first_seen, order_similarity
from tests.peers import assert_same, fill, outputs, peer, shapes
from workflow.lib.errors import BadInput
from workflow.models import mvit
from workflow.parts.networks import build_network
from workflow.parts.pooling import pooled_layers

SMALL = {"depth": 4, "width": 16, "heads": 2, "widen": [1, 3], "classes": 5, "frames": 8, "stride": "spread", "size": 32}


def untrained(derive=None, **options):
    return build_network(entry("mvit", **options) | {"derive": derive})[0]


def test_published_sizes():
    # MVIT_B_16x4.pyth: parameters, tensors, GFLOP (2 x multiply-adds) at 224 pixels and units of the blocks.
    with torch.device("meta"):
        network = mvit.build()
        video = torch.empty(1, 3, network.frames, network.size, network.size)
    assert round(sum(p.numel() for p in network.module.parameters()) / 1e6, 2) == 36.61
    assert len(network.module.state_dict()) == 377
    with FlopCounterMode(display=False) as counter:
        blocks = outputs(network.module.eval(), network.layers.values(), video)[:-1]
    assert round(counter.get_total_flops() / 1e9, 1) == 141.2
    assert [block.shape[2] for block in blocks] == [192] * 2 + [384] * 11 + [768] * 3
    assert [block.shape[1] - 1 for block in blocks] == [8 * side**2 for side in [56] + [28] * 2 + [14] * 11 + [7] * 2]
    assert list(network.layers) == [f"block{i:02d}" for i in range(16)]
    assert (network.frames, network.stride, network.size) == (16, 4, 224)


@pytest.mark.parametrize(("name", "frames"), [("mvit_base_16x4", 16), ("mvit_base_32x3", 32)])
def test_checkpoints_of_the_public_names_fit(name, frames):
    with torch.device("meta"):
        ours = mvit.build(frames=frames).module
    assert shapes(ours) == shapes(getattr(peer(), name)())


# 36 pixels are 9 patches a side, then 5, then 3: sides that do not halve evenly.
@pytest.mark.parametrize(("widen", "size"), [((1, 3), 36), ((2,), 32), ((1, 2, 3), 64)])
def test_blocks_and_scores_equal_the_peers(widen, size):
    network = mvit.build(depth=5, width=16, heads=2, widen=widen, classes=7, frames=8, size=size)
    doubled = [[i, 2.0] for i in widen]
    coarsest = 2 ** len(widen)
    theirs = peer("pytorchvideo.models.vision_transformers").create_multiscale_vision_transformers(
        spatial_size=size, temporal_size=8, depth=5, patch_embed_dim=16, num_heads=2, head_num_classes=7,
        embed_dim_mul=doubled, atten_head_mul=doubled, pool_q_stride_size=[[i, 1, 2, 2] for i in widen],
        pool_kv_stride_adaptive=[1, coarsest, coarsest], pool_kvq_kernel=[3, 3, 3],
    )  # fmt: skip
    state = fill(theirs).state_dict()
    for name, value in state.items():
        if "pos_embed" in name:  # large enough for a wrong order of positions to show
            value.normal_(generator=torch.Generator().manual_seed(len(name)))
    network.module.load_state_dict(state)
    video = torch.randn(2, 3, 8, size, size, generator=torch.Generator().manual_seed(1))
    *blocks, scores = outputs(theirs, network.layers.values(), video)
    assert_same(outputs(network.module.eval(), network.layers.values(), video), [*(tokens for tokens, _grid in blocks), scores])
    norms = {name: m.eps for name, m in theirs.named_modules() if isinstance(m, torch.nn.LayerNorm)}
    assert norms == {name: m.eps for name, m in network.module.named_modules() if isinstance(m, torch.nn.LayerNorm)}


def test_time_is_mixed_from_the_first_block_on():
    assert_order_is_first_seen(order_similarity(untrained(**SMALL)), [], ["block00", "block01", "block02", "block03"])


@torch.inference_mode()
def test_tokens_are_the_class_then_tubelets_then_space():
    """Without temporal kernels and frame positions, frames in another order give the same tokens in that order."""
    network = untrained({"how": "c2d_twin", "from": "mvit"}, **SMALL)
    stills = torch.randn(2, 3, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    frames = stills.repeat_interleave(2, 2)  # two frames make one patch
    order = torch.tensor([2, 0, 3, 1])
    shuffled = frames.unflatten(2, (4, 2))[:, :, order].flatten(2, 3)
    positions = network.module.cls_positional_encoding.pos_embed_temporal

    def moved(block):
        """What a block should give for the shuffled frames, if its tokens are what the network says."""
        assert network.tokens == "class tubelet space"
        patches = block[:, 1:].unflatten(1, (4, -1))[:, order].flatten(1, 2)
        return torch.cat([block[:, :1], patches], 1)

    def difference():
        natural, other = (outputs(network.module, network.layers.values(), video)[:-1] for video in (frames, shuffled))
        return np.array([(moved(a) - b).abs().max() / b.abs().max() for a, b in zip(natural, other, strict=True)])

    assert (difference() > 1e-3).all()
    positions.zero_()
    assert (difference() < 1e-5).all()


def test_tubelets_are_not_taken_for_frames():
    network = untrained(**SMALL)
    hooked = pooled_layers(network.module, network.layers, "frames", network.tokens)
    with hooked as activations, pytest.raises(BadInput, match="pooling frames needs an axis of just these frames"):
        activations.shown = [np.arange(8)[None]]
        network([torch.zeros(1, 3, 8, 32, 32)])


def test_random_weights_keep_activations_alive():
    network = untrained(**{**SMALL, "depth": 16, "widen": [1, 3, 14]})
    video = torch.randn(2, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0))
    for tokens in outputs(network.module, network.layers.values(), video):
        assert 0.1 < tokens.std() < 30


def test_bad_options_are_refused():
    for options, message in (
        ({"widen": [1, 16]}, r"widen \[1, 16\] came, rising block numbers from 1 to 15 were needed"),
        ({"widen": [3, 1]}, r"widen \[3, 1\] came"),
        ({"width": 96, "heads": 5}, "width 96 came, a multiple of the 5 heads was needed"),
    ):
        with pytest.raises(BadInput, match=message):
            untrained(**options)
