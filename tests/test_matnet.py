"""MATNet: published sizes, co-attention and gates against their formulas, which stream sees which, the released checkpoint."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.author_networks import Made, Meaning, assert_depends, assert_near, bilinear, gradient_free, names, picture_and_flow
from tests.model_entry import entry
from workflow.lib.errors import BadInput
from workflow.models import matnet
from workflow.parts.cross_connections import CROSS, CoAttention
from workflow.parts.networks import build_network
from workflow.parts.pooling import hooked_layers
from workflow.parts.stream_fusion import ConvexGates, ScaleSensitiveGates
from workflow.parts.two_streams import TwoStreams

BLOCKS, WIDTH = [1, 1, 1, 2], 4
SMALL = {"depth": BLOCKS, "width": WIDTH, "size": None}
ALL, LEVELS = range(1, 6), range(2, 6)


def untrained(**options):
    return build_network(entry("matnet", **SMALL | options))[0]


def count(module):
    return sum(p.numel() for p in module.parameters())


def on_meta(**options):
    with torch.device("meta"):
        return matnet.build(**options)


def test_published_size():
    """99.5 M parameters and 303 GFLOP at 473 x 473, both of the encoder.

    Ours lacks what the released encoder has and never reads, two 1x1 convolutions with norms and two more norms in every
    co-attention, and the product that would tell motion of appearance, which is computed there in all five rounds.
    """
    network = on_meta()
    unread = sum(2 * (c * c + c + 2 * c) + 4 * c for c in (512, 1024, 2048))
    assert round((count(network.module.encoder) + unread) / 1e6, 1) == 99.5
    with FlopCounterMode(display=False) as counter:
        network.module.encoder.eval()(*torch.empty(2, 1, 3, 473, 473, device="meta"))
    unread = sum(5 * 2 * c * places**2 for c, places in ((512, 60**2), (1024, 30**2), (2048, 15**2)))
    assert round((counter.get_total_flops() + unread) / 1e9) == 303
    assert (network.size, network.frames, network.reads) == (473, 1, ("frames", "flow"))


def test_units_and_sizes_of_the_published_layers():
    network, shapes = on_meta(), {}
    for name, path in network.layers.items():
        keep = lambda _m, _i, output, name=name: shapes.update({name: tuple(output.shape[1:])})  # noqa: E731
        network.module.get_submodule(path).register_forward_hook(keep)
    network.module.eval()([torch.empty(1, 3, 1, 64, 96, device="meta") for _ in range(2)])
    sizes = {1: (64, 32, 48), 2: (256, 16, 24), 3: (512, 8, 12), 4: (1024, 4, 6), 5: (2048, 2, 3)}
    assert shapes == {f"{s}_{n}": sizes[n] for s in ("appearance", "motion") for n in ALL} | {
        f"fusion_{n}": (2 * sizes[n][0], *sizes[n][1:]) for n in LEVELS
    }


def test_nobar_has_no_boundary_modules():
    with_bar, without = on_meta().module, on_meta(boundary=False).module
    left = with_bar.state_dict().keys() - without.state_dict().keys()
    assert {name.split(".")[1] for name in left} == {"boundary", "combine"}
    boundary = sum(2 * c + 9 * c * 64 + 64 + 2 * 64 + 9 * 64 * 64 + 64 + 64 + 1 for c in (512, 1024, 2048, 4096)) + 9 * 4 + 1
    channel = 2 * 7 * 256 + 3 * (1 + 9) * 64  # one more to read for the wide convolution and for three refinements
    assert count(with_bar) - count(without) == boundary + channel


def told(net, name, a, m, reciprocal, gated):
    """What one round tells two streams [unit, place] of one image: place by place, from the authors' names."""
    a = a * (net.state[f"{name}.proj1.weight"].flatten(1) @ a + net.state[f"{name}.proj1.bias"]).softmax(1)
    m = m * (net.state[f"{name}.proj2.weight"].flatten(1) @ m + net.state[f"{name}.proj2.bias"]).softmax(1)
    low_a, low_m = (
        net.state[f"{name}.{p}.weight"].flatten(1) @ x + net.state[f"{name}.{p}.bias"][:, None]
        for p, x in (("proja", a), ("projb", m))
    )
    places = range(a.shape[1])
    affinity = [[torch.tanh(low_m[:, j] @ low_a[:, i]) for i in places] for j in places]  # [motion, appearance]
    to_a = torch.stack([sum(a[:, i] * affinity[j][i] for i in places) for j in places], 1)
    to_m = torch.stack([sum(m[:, j] * affinity[j][i] for j in places) for i in places], 1)
    to_a, to_m = (x / x.norm(dim=0) for x in (to_a, to_m))
    to_m = to_m if reciprocal else m
    if gated:
        gate = net.state[f"{name}.rgating.conv.0.weight"].flatten(1) @ torch.cat([a, m])
        gate = (gate + net.state[f"{name}.rgating.conv.0.bias"][:, None]).sigmoid()
        to_a, to_m = to_a + a + a * gate[0], to_m + (m + m * gate[1] if reciprocal else 0)
    return to_a, to_m


def crossed(net, name, appearance, motion, reciprocal=False, gated=False):
    """Both streams after the authors' co-attention, image by image."""
    out = []
    for a, m in zip(appearance.flatten(2), motion.flatten(2), strict=True):
        x, y = a, m
        for _ in range(4):
            to_x, to_y = told(net, name, x, y, reciprocal, gated)
            x, y = (x + to_x).clamp(min=0), (y + to_y).clamp(min=0)
        to_a, to_m = told(net, name, x, y, reciprocal, gated)
        out.append(((a + to_a).clamp(min=0), (m + to_m).clamp(min=0)))
    return [torch.stack(each).view_as(appearance) for each in zip(*out, strict=True)]


def fused(net, name, units):
    """O = U + g s U_se, from the authors' names."""
    squeezed = net.linear(f"{name}.excitation_1.0", units.mean((2, 3))).clamp(min=0)
    excited = net.linear(f"{name}.excitation_2.0", squeezed).sigmoid()[:, :, None, None] * units
    s = net.norm(f"{name}.spatial.bn", net.conv(f"{name}.spatial.conv", excited.max(1, keepdim=True).values, padding=3))
    g = net.linear(f"{name}.global_attention.0", squeezed).sigmoid()[:, :, None, None]
    return units + g * s * excited


def with_cross(made, name, width, gated):
    made.conv(f"{name}.proj1", width, 1), made.conv(f"{name}.proj2", width, 1)
    made.conv(f"{name}.proja", width, width // 16), made.conv(f"{name}.projb", width, width // 16)
    if gated:
        made.conv(f"{name}.rgating.conv.0", width * 2, 2)
    for part in ("bottolneck1", "bottolneck2"):
        made.conv(f"{name}.{part}.0", width, width), made.norm(f"{name}.{part}.1", width)
    made.norm(f"{name}.bna", width), made.norm(f"{name}.bnb", width)


@pytest.mark.parametrize("cross", [name for name in CROSS if name != "none"])
def test_cross_connections_equal_their_formula_place_by_place(cross):
    made, options = Made(), CROSS[cross]
    with_cross(made, "encoder.coa_res3", 32, options.get("gated"))
    module = CoAttention(32, **options)
    renamed = on_meta().rename(dict(made))
    module.load_state_dict({name.removeprefix("encoder.cross.3."): tensor for name, tensor in renamed.items()})
    streams = made.draw(2, 2, 32, 3, 4).double().clamp(min=0)
    ours = module.double()(*streams)
    theirs = crossed(Meaning({n: t.double() for n, t in made.items()}), "encoder.coa_res3", *streams, **options)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_gates_equal_their_formulas():
    # Where a gate is known by construction the fusion is known: weights 0 leave the biases alone.
    a, m = torch.randn(2, 3, 32, 5, 6, dtype=torch.float64)
    gates = ScaleSensitiveGates(32).double().eval()
    for p in gates.parameters():
        torch.nn.init.zeros_(p)
    gates.excite.bias.data.fill_(0.4), gates.scale.bias.data.fill_(-0.3), gates.place[1].bias.data.fill_(1.7)
    c, g = torch.tensor([0.4, -0.3], dtype=torch.float64).sigmoid()
    torch.testing.assert_close(gates(a, m), torch.cat([a, m], 1) * (1 + g * 1.7 * c), rtol=0, atol=1e-12)
    for summed in (False, True):
        convex = ConvexGates(32, summed=summed).double()
        for p in convex.parameters():
            torch.nn.init.zeros_(p)
        convex.excite.bias.data.fill_(0.4)
        parts = [a * c * 0.5, m * (1 - c) * 0.5]
        torch.testing.assert_close(convex(a, m), sum(parts) if summed else torch.cat(parts, 1), rtol=0, atol=1e-12)


def test_convex_gates_equal_the_authors_formula():
    made, width = Made(3), 32
    made.conv("channel.fc1", width * 2, 4), made.conv("channel.fc2", 4, width), made.conv("spatial.conv1", 4, 1, 7, bias=False)
    a, m = made.draw(2, 3, width, 5, 6)
    net, module = Meaning(made), ConvexGates(width, 4)
    ours = {"channel.fc1": "squeeze", "channel.fc2": "excite", "spatial.conv1": "place"}
    module.load_state_dict({f"{ours[n.rpartition('.')[0]]}.{n.rpartition('.')[2]}": tensor for n, tensor in made.items()})
    unit = net.conv("channel.fc2", net.conv("channel.fc1", torch.cat([a, m], 1).mean((2, 3), keepdim=True)).clamp(min=0)).sigmoid()
    x, y = a * unit, m - m * unit
    seen = torch.stack([x.mean(1), x.max(1).values, y.mean(1), y.max(1).values], 1)
    place = net.conv("spatial.conv1", seen, padding=3).sigmoid()
    assert_near(module(a, m), torch.cat([x * place, y - y * place], 1), 1e-6)


@pytest.mark.parametrize("cross", CROSS)
def test_who_sees_whom_from_which_layer_on(cross):
    network, fusions = untrained(cross=cross), names("fusion", LEVELS)
    told_of_flow = names("appearance", (3, 4, 5) if cross != "none" else ())
    told_of_frames = names("motion", (3, 4, 5) if "reciprocal" in cross else ())
    assert_depends(network, ["flow"], [*told_of_flow, *names("motion", ALL), *fusions])
    assert_depends(network, ["frames"], [*names("appearance", ALL), *told_of_frames, *fusions])


@pytest.mark.parametrize("options", [{}, {"cross": "reciprocal_gated", "fusion": "convex_gated"}, {"boundary": False}])
def test_gradients_reach_all_parameters(options):
    network = untrained(**options)

    def loss(module):
        answer = module(picture_and_flow(network, 64, 64))
        return sum(x.square().mean() for x in (answer.masks, *answer.boundaries))

    # A constant added before a softmax over places changes nothing.
    free = {f"encoder.cross.{n}.place_{s}.bias" for n in (3, 4, 5) for s in ("appearance", "motion")}
    assert gradient_free(network.module, loss) - free == set()


@torch.inference_mode()
def test_any_size_is_segmented_and_read():
    for boundary in (True, False):
        network = untrained(boundary=boundary)
        for height, width in ((33, 47), (64, 18), (5, 5)):
            with hooked_layers(network, "mean") as activations:
                answer = network(picture_and_flow(network, height, width))
            assert len(answer.boundaries) == (5 if boundary else 0) and not answer.sides
            for maps in (answer.masks, *answer.boundaries):
                assert maps.shape == (2, 1, height, width) and maps.isfinite().all()
            units = {f"{s}_{n}": WIDTH * (1, 4, 8, 16, 32)[n - 1] for s in ("appearance", "motion") for n in ALL}
            units |= {f"fusion_{n}": 2 * units[f"motion_{n}"] for n in LEVELS}
            assert {n: v.shape[1] for n, v in activations.items()} == units


def released(cross="coatt", boundary=True, fusion="gated", seed=0):
    """Encoder and decoder as the authors' training saves them, with all that is never read."""
    made, w = Made(seed), WIDTH
    for i in (1, 2):
        made.backbone(f"conv1_{i}", f"bn1_{i}", [f"res{n}_{i}" for n in LEVELS], BLOCKS, w)
    for n in LEVELS:
        c, name = w * 2 * 2**n, f"gated_res{n}"
        if fusion == "gated":
            made.linear(f"{name}.excitation_1.0", c, c // 16), made.linear(f"{name}.excitation_2.0", c // 16, c)
            made.linear(f"{name}.global_attention.0", c // 16, 1), made.both(f"{name}.spatial.conv", f"{name}.spatial.bn", 1, 1, 7)
        else:
            made.conv(f"{name}.channel.fc1", c, c // 16), made.conv(f"{name}.channel.fc2", c // 16, c // 2)
            made.conv(f"{name}.spatial.conv1", 4, 1, 7, bias=False)
        if n > 2:
            with_cross(made, f"coa_res{n}", c // 2, CROSS[cross].get("gated"))
    encoder, made, mid = dict(made), Made(seed + 1), w * 4
    for i, kernels in (("l", [(7, 1), (1, 7)]), ("r", [(1, 7), (7, 1)])):
        made.conv(f"GC.conv_{i}1", w * 64 + boundary, mid, kernels[0]), made.conv(f"GC.conv_{i}2", mid, mid, kernels[1])
    made.conv("convG1", mid, mid, 3), made.conv("convG2", mid, mid, 3)
    for n in LEVELS:
        made.conv(f"pred{n}", mid, 1, 3)
        width_in = w * 2 * 2**n
        if boundary:
            made.norm(f"bdry{n}.bn1", width_in), made.conv(f"bdry{n}.conv1", width_in, w, 3)
            made.norm(f"bdry{n}.bn2", w), made.conv(f"bdry{n}.conv2", w, w, 3), made.conv(f"bdry{n}.conv3", w, 1)
        if n < 5:
            for part, inside in (
                ("convFS1", width_in + boundary),
                *((p, mid) for p in ("convFS2", "convFS3", "convMM1", "convMM2")),
            ):
                made.conv(f"RF{n}.{part}", inside, mid, 3)
            made.conv(f"RF{n}.pdc.block0", width_in + boundary, w), made.norm(f"RF{n}.pdc.bn", mid)
            for i in (1, 2, 3):
                made.conv(f"RF{n}.pdc.block{i}.conv", width_in + boundary, w, 3)
    if boundary:
        made.conv("concat", 4, 1, 3)
    return encoder, dict(made)


def refined(net, name, units, deeper):
    far = net.conv(f"{name}.pdc.block1.conv", units, padding=3, dilation=3)
    x = net.norm(f"{name}.pdc.bn", torch.cat([net.conv(f"{name}.pdc.block0", units), far, far, far], 1))
    x = x + net.conv(f"{name}.convFS3", net.conv(f"{name}.convFS2", x.clamp(min=0), padding=1).clamp(min=0), padding=1)
    x = x + bilinear(deeper, x.shape[2:])
    return x + net.conv(f"{name}.convMM2", net.conv(f"{name}.convMM1", x.clamp(min=0), padding=1).clamp(min=0), padding=1)


def meant(encoder, decoder, frames, flow):
    """Mask logits and boundary logits of the released network."""
    net, maps, streams = Meaning(encoder), {}, [frames, flow]
    streams = [net.stem(f"bn1_{i}", net.conv(f"conv1_{i}", x, padding=3, stride=2)) for i, x in enumerate(streams, 1)]
    for n in LEVELS:
        streams = [net.layer(f"res{n}_{i}", x, stride=1 if n == 2 else 2) for i, x in enumerate(streams, 1)]
        streams = crossed(net, f"coa_res{n}", *streams) if n > 2 else streams
        maps[n] = fused(net, f"gated_res{n}", torch.cat(streams, 1))
    net, boundaries, size = Meaning(decoder), {}, frames.shape[2:]
    for n in LEVELS:
        x = net.conv(f"bdry{n}.conv1", net.norm(f"bdry{n}.bn1", maps[n]), padding=1).clamp(min=0)
        x = net.conv(f"bdry{n}.conv3", net.conv(f"bdry{n}.conv2", net.norm(f"bdry{n}.bn2", x), padding=1).clamp(min=0))
        maps[n], boundaries[n] = torch.cat([maps[n], x], 1), bilinear(x, size)
    left, right = (net.conv(f"GC.conv_{i}1", maps[5], padding=p) for i, p in (("l", (3, 0)), ("r", (0, 3))))
    x = net.conv("GC.conv_l2", left, padding=(0, 3)) + net.conv("GC.conv_r2", right, padding=(3, 0))
    x = x + net.conv("convG2", net.conv("convG1", x.clamp(min=0), padding=1).clamp(min=0), padding=1)
    for n in (4, 3, 2):
        x = refined(net, f"RF{n}", maps[n], x)
    combined = net.conv("concat", torch.cat(list(boundaries.values()), 1), padding=1)
    return bilinear(net.conv("pred2", x.clamp(min=0), padding=1), size), [combined, *boundaries.values()]


@torch.inference_mode()
def test_a_released_checkpoint_of_two_files_loads_and_means_the_same(tmp_path):
    encoder, decoder = released()
    apart = {f"module.{name}": tensor for name, tensor in encoder.items()}
    torch.save({"encoder": apart, "decoder": decoder}, tmp_path / "matnet.pt")
    network, _ = build_network(entry("matnet", str(tmp_path / "matnet.pt"), **SMALL))
    videos = picture_and_flow(network, 50, 70)
    answer = network(videos)
    masks, boundaries = meant(encoder, decoder, *(video.squeeze(2) for video in videos))
    assert_near(answer.masks, masks)
    for ours, theirs in zip(answer.boundaries, boundaries, strict=True):
        assert_near(ours, theirs)


@pytest.mark.parametrize(("cross", "fusion", "boundary"), [("reciprocal_gated", "convex_gated", True), ("coatt", "gated", False)])
def test_released_variants_load_strictly(tmp_path, cross, fusion, boundary):
    encoder, decoder = released(cross, boundary, fusion)
    state = {f"module.encoder.{n}": t for n, t in encoder.items()} | {f"module.decoder.{n}": t for n, t in decoder.items()}
    torch.save({"model": state, "epoch": 3}, tmp_path / "variant.pt")
    options = SMALL | {"cross": cross, "fusion": fusion, "boundary": boundary}
    network, _ = build_network(entry("matnet", str(tmp_path / "variant.pt"), **options))
    assert torch.equal(network.module.encoder.motion.layer2[0].conv1.weight, encoder["res3_2.0.conv1.weight"])
    with pytest.raises(BadInput, match=r"weights .*variant.pt do not fit the network: they (lack|have)"):
        build_network(entry("matnet", str(tmp_path / "variant.pt"), **options | {"boundary": not boundary}))
    with pytest.raises(BadInput, match=r"they lack decoder.aspp.convs.0.0.weight"):
        build_network(entry("fusionseg", str(tmp_path / "variant.pt"), depth=BLOCKS, width=WIDTH))


def test_two_streams_can_be_fused_at_any_layers():
    encoder = TwoStreams(BLOCKS, 4, "none", "concat", (3,)).eval()
    assert encoder.widths == {3: 32} and list(encoder(*torch.randn(2, 1, 3, 32, 32))) == [3]
