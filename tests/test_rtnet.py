"""RTNet: published sizes, which stream and frame see which, the released checkpoint's names and meaning."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.author_networks import Made, Meaning, assert_depends, assert_near, bilinear, gradient_free, picture_and_flow
from tests.model_entry import entry
from workflow.lib.errors import BadInput
from workflow.models import rtnet
from workflow.parts.networks import build_network
from workflow.parts.pooling import hooked_layers
from workflow.scripts.describe_model import describe_model

BLOCKS, WIDTH = [1, 1, 1, 2], 4
SMALL = {"depth": BLOCKS, "width": WIDTH, "size": None}
ALL, LEVELS = range(1, 6), range(2, 6)
UNITS = {n: WIDTH * (1, 4, 8, 16, 32)[n - 1] for n in ALL}
KEYS = {"SSTransformer": 2, "TTTransformer": 2, "STTransformer": 2, "SselfTransformer": 1, "TselfTransformer": 1}  # maps read


def untrained():
    return build_network(entry("rtnet", **SMALL))[0]


def on_meta():
    with torch.device("meta"):
        return rtnet.build()


def test_published_size():
    """277.2 M parameters, and 535 GFLOP at two frames of 384 x 384.

    The published GFLOP leave out the motion stream's decoder, but not the dilated convolutions before that; they hold the side
    masks of the other stream, the last convolution of all four masks at the size of the image, and both first convolutions
    run a second time to be read. Here the sides are for training alone and scores are enlarged after the last convolution.
    """
    network = on_meta()
    assert round(sum(p.numel() for p in network.module.parameters()) / 1e6, 1) == 277.2
    with FlopCounterMode(display=False) as counter:
        network.module.eval()([torch.empty(1, 3, 2, 384, 384, device="meta") for _ in range(3)])
    dilated = 2 * 2 * 12**2 * 2048 * 512 * (1 + 4 * 9)
    first = 2 * 2 * 192**2 * 64 * 7**2 * (3 + 6)
    sides = 2 * 2 * 3**2 * 64 * (64 * 48**2 + 128 * 24**2 + 256 * 12**2)
    last = 2 * 2 * 64 * (4 * 384**2 - 96**2)
    assert round((counter.get_total_flops() + dilated + first + sides + last) / 1e9) == 535
    assert (network.size, network.frames, network.reads) == (384, 2, ("frames", "flow", "flow_backward"))
    assert network.module.motion.conv1.image.weight.shape == (64, 6, 7, 7)


def test_units_and_sizes_of_the_published_layers():
    network, shapes = on_meta(), {}
    for name, path in network.layers.items():
        keep = lambda _m, _i, output, name=name: shapes.update({name: tuple(output.shape)})  # noqa: E731
        network.module.get_submodule(path).register_forward_hook(keep)
    network.module.eval()([torch.empty(3, 3, 2, 64, 96, device="meta") for _ in range(3)])
    sizes = {1: (64, 2, 32, 48), 2: (256, 2, 16, 24), 3: (512, 2, 8, 12), 4: (1024, 2, 4, 6), 5: (2048, 2, 2, 3)}
    fused = {2: 64, 3: 128, 4: 256, 5: 256}
    assert shapes == {f"{s}_{n}": (3, *sizes[n]) for s in ("appearance", "motion") for n in ALL} | {
        f"fusion_{n}": (3, fused[n], *sizes[n][1:]) for n in LEVELS
    }


def test_streams_see_each_other_from_layer_2_on():
    network, shared = untrained(), [f"{stream}_{n}" for stream in ("appearance", "motion", "fusion") for n in LEVELS]
    assert_depends(network, ["frames"], ["appearance_1", *shared])
    assert_depends(network, ["flow"], ["motion_1", *shared])
    assert_depends(network, ["flow_backward"], ["motion_1", *shared])


@torch.inference_mode()
def test_clips_do_not_see_each_other_but_frames_do():
    network = untrained()
    videos = picture_and_flow(network, 64, 64, batch=3)
    together, alone = network(videos).masks, network([video[1:2] for video in videos]).masks
    assert together.shape == (3, 2, 64, 64)
    torch.testing.assert_close(together[1:2], alone, rtol=1e-3, atol=1e-3 * alone.abs().max().item())
    for video in videos:
        video[:, :, 1] = video[:, :, 1].flip(0)
    assert not torch.equal(network(videos).masks[0, 0], together[0, 0])


def test_gradients_reach_all_parameters():
    network = untrained()

    def loss(module):
        answer = module(picture_and_flow(network, 64, 64))
        assert len(answer.sides) == 7 and not answer.boundaries
        return sum(masks.square().mean() for masks in (answer.masks, *answer.sides))

    # What is added to all keys adds one number to all weights of a query, before their softmax.
    free = gradient_free(network.module, loss)
    assert all(name.endswith(".key.bias") for name in free)


@torch.inference_mode()
def test_any_size_is_segmented_and_read():
    network = untrained()
    units = {f"{s}_{n}": UNITS[n] for s in ("appearance", "motion") for n in ALL}
    units |= {f"fusion_{n}": WIDTH * (1, 2, 4, 4)[n - 2] for n in LEVELS}
    for height, width in ((33, 47), (64, 18), (5, 5)):
        with hooked_layers(network, "mean") as activations:
            answer = network(picture_and_flow(network, height, width))
        assert answer.masks.shape == (2, 2, height, width) and answer.masks.isfinite().all() and not answer.sides
        assert {n: tuple(v.shape) for n, v in activations.items()} == {n: (2, u) for n, u in units.items()}


def test_layers_are_described_by_stream_and_frame():
    rows = describe_model("rtnet", entry("rtnet", **SMALL) | {"pooling": "frames"}, {"frames": 8, "crop": [32, 48]})
    assert [row["stream"] for row in rows] == ["appearance"] * 5 + ["motion"] * 5 + ["fusion"] * 4
    assert rows[4]["layer"] == "appearance_5" and rows[4]["units"] == 2 * UNITS[5]


def released(seed=0):
    """A checkpoint as the authors' training saves it."""
    made, w = Made(seed), WIDTH
    for net, channels in (("spatial_net", 3), ("temporal_net", 6)):
        layers = [f"{net}.encoder{i}" for i in range(1, 5)]
        made.backbone(f"{net}.inconv.0", f"{net}.inconv.1", layers, BLOCKS, w, channels, groups=w // 2)
        for i, to in ((1, w), (2, w * 2), (3, w * 4)):
            made.both(f"{net}.bridge{i}.0", f"{net}.bridge{i}.1", UNITS[i + 1], to)
        for i in range(5):
            made.both(f"{net}.dilation{i}.0", f"{net}.dilation{i}.1", UNITS[5], w * 8, 3 if i else 1)
        for i, sizes in ((4, (w * 40, w * 8, w * 4)), (3, (w * 8, w * 4, w * 2)), (2, (w * 4, w * 2, w)), (1, (w * 2, w, w))):
            for j, (a, b) in enumerate(((sizes[0], sizes[1]), (sizes[1], sizes[1]), (sizes[1], sizes[2]))):
                made.both(f"{net}.decoder{i}.layer.{3 * j}", f"{net}.decoder{i}.layer.{3 * j + 1}", a, b, 3)
            made.both(f"{net}.out{i}.conv1.0", f"{net}.out{i}.conv1.1", sizes[2], w, 3)
            made.conv(f"{net}.out{i}.conv2", w, 1)
    for i in range(1, 5):
        c, squeezed = UNITS[i + 1], UNITS[i + 1] // 2 ** (i - 1)
        for key, n in KEYS.items():
            made.conv(f"{key}{i}.scaling.fc1", c * n, squeezed), made.conv(f"{key}{i}.scaling.fc2", squeezed, c * n)
            made.conv(f"{key}{i}.gating.conv.0", c * n, n)
            for part in {"ST": ("transformation1", "transformation2")}.get(
                key[:2], ("transformation1" if n == 2 else "transformation",)
            ):
                for each in ("query", "key", "value"):
                    made.conv(f"{key}{i}.{part}.{each}", c, c)
        if i < 4:
            c = w * 2 ** (i - 1)
            made.conv(f"Transformerstafm{i}.channel.fc1", c * 2, w), made.conv(f"Transformerstafm{i}.channel.fc2", w, c)
            made.conv(f"Transformerstafm{i}.spatial.conv1", 4, 1, 7, bias=False)
    return dict(made)


def attended(net, name, x, source, level):
    """One map told of another, head by head."""
    size = x.shape[2:]
    if level == 1:
        x, source = (torch.nn.functional.max_pool2d(each, 3, 2, 1) for each in (x, source))
    heads = 2 ** (level - 1)
    maps = [net.conv(f"{name}.{p}", y).chunk(heads, 1) for p, y in (("query", x), ("key", source), ("value", source))]
    found = []
    for query, key, value in zip(*maps, strict=True):
        weights = torch.einsum("bci,bcj->bij", query.flatten(2), key.flatten(2)) / query.shape[1] ** 0.5
        found.append(torch.einsum("bci,bij->bcj", value.flatten(2), weights.softmax(2)).view_as(query))
    found = torch.cat(found, 1)
    return bilinear(found, size, align_corners=True) if level == 1 else found


def reciprocal(net, name, level, *maps):
    """What each of one or two maps is told."""
    units = [len(m[0]) for m in maps]
    scale = net.conv(f"{name}.scaling.fc1", torch.cat(maps, 1).mean((2, 3), keepdim=True)).clamp(min=0)
    scale = net.conv(f"{name}.scaling.fc2", scale).sigmoid().split(units, 1)
    maps = [m + m * s for m, s in zip(maps, scale, strict=True)]
    if len(maps) == 1:
        maps = [attended(net, f"{name}.transformation", maps[0], maps[0], level)]
    else:
        back = f"{name}.transformation{2 if name.startswith('ST') else 1}"
        x = attended(net, f"{name}.transformation1", maps[0], maps[1], level)
        maps = [x, attended(net, back, maps[1], x, level)]
    gates = net.conv(f"{name}.gating.conv.0", torch.cat(maps, 1)).sigmoid()
    return [m + m * gates[:, i : i + 1] for i, m in enumerate(maps)]


def exchanged(net, level, s1, s2, t1, t2):
    s1_s, s2_s = reciprocal(net, f"SSTransformer{level}", level, s1, s2)
    t1_t, t2_t = reciprocal(net, f"TTTransformer{level}", level, t1, t2)
    s1_t, t1_s = reciprocal(net, f"STTransformer{level}", level, s1, t1)
    s2_t, t2_s = reciprocal(net, f"STTransformer{level}", level, s2, t2)
    own = [reciprocal(net, f"{'S' if i < 2 else 'T'}selfTransformer{level}", level, x)[0] for i, x in enumerate((s1, s2, t1, t2))]
    return s1 + s1_s + s1_t + own[0], s2 + s2_s + s2_t + own[1], t1 + t1_t + t1_s + own[2], t2 + t2_t + t2_s + own[3]


def blended(net, name, a, m):
    unit = net.conv(f"{name}.channel.fc1", torch.cat([a, m], 1).mean((2, 3), keepdim=True)).clamp(min=0)
    unit = net.conv(f"{name}.channel.fc2", unit).sigmoid()
    a, m = a * unit, m - m * unit
    seen = torch.stack([a.mean(1), a.max(1).values, m.mean(1), m.max(1).values], 1)
    place = net.conv(f"{name}.spatial.conv1", seen, padding=3).sigmoid()
    return a * place + m - m * place


def decoded(net, at, deepest, joined, size):
    """Mask logits of the levels 1..4 of one frame of one stream."""
    rates = (0, 1, 2, 4, 8)
    wide = [
        net.rectified(f"{at}.dilation{i}.0", f"{at}.dilation{i}.1", deepest, padding=r, dilation=max(1, r))
        for i, r in enumerate(rates)
    ]
    x, masks = torch.cat(wide, 1), []
    for i in (4, 3, 2, 1):
        x = x if i == 4 else torch.cat([bilinear(x, joined[i].shape[2:], True), joined[i]], 1)
        for j in (0, 3, 6):
            x = net.rectified(f"{at}.decoder{i}.layer.{j}", f"{at}.decoder{i}.layer.{j + 1}", x, padding=1)
        y = bilinear(net.rectified(f"{at}.out{i}.conv1.0", f"{at}.out{i}.conv1.1", x, padding=1), size, True)
        masks.insert(0, net.conv(f"{at}.out{i}.conv2", y))
    return masks


def meant(state, frames, flow):
    """Mask logits of one clip, [rgb, frame, height, width] and six channels of flow: per stream and frame, levels 1..4."""
    net, w = Meaning(state), WIDTH
    both = [(at, x[None, :, i]) for at, x in (("spatial_net", frames), ("temporal_net", flow)) for i in (0, 1)]
    maps = [net.stem(f"{at}.inconv.1", net.conv(f"{at}.inconv.0", x, padding=3, stride=2)) for at, x in both]
    bridged = [{} for _ in both]
    for i in range(1, 5):
        maps = [net.layer(f"{at}.encoder{i}", x, 1 if i == 1 else 2, w // 2) for (at, _), x in zip(both, maps, strict=True)]
        maps = exchanged(net, i, *maps)
        for k, (at, _) in enumerate(both):
            if i < 4:
                bridged[k][i] = net.rectified(f"{at}.bridge{i}.0", f"{at}.bridge{i}.1", maps[k])
    for k in (0, 1):
        bridged[k] = {i: blended(net, f"Transformerstafm{i}", x, bridged[k + 2][i]) for i, x in bridged[k].items()}
    return [decoded(net, at, maps[k], bridged[k], frames.shape[2:]) for k, (at, _) in enumerate(both)]


@torch.inference_mode()
def test_a_released_checkpoint_loads_and_means_the_same(tmp_path):
    state = released()
    torch.save({"state_dict": {f"module.{n}": t for n, t in state.items()}}, tmp_path / "rtnet.pth")
    network, _ = build_network(entry("rtnet", str(tmp_path / "rtnet.pth"), **SMALL))
    videos = picture_and_flow(network, 50, 70)
    network.module.training = True
    answer = network(videos)
    for clip in (0, 1):
        theirs = meant(state, videos[0][clip], torch.cat(videos[1:], 1)[clip])
        ours = [answer.masks, *answer.sides]  # appearance 1..4, motion 1..4
        for k, masks in enumerate(theirs):
            for level, mask in enumerate(masks):
                assert_near(ours[level + 4 * (k // 2)][clip, k % 2], mask[0, 0], 1e-3)


def test_other_checkpoints_are_refused(tmp_path):
    state = released()
    del state["SSTransformer3.scaling.fc1.bias"]
    state["extra.weight"] = torch.zeros(2)
    torch.save(state, tmp_path / "bad.pth")
    message = r"they lack exchanges.4.appearance_frames.squeeze.bias; they have unknown extra.weight"
    with pytest.raises(BadInput, match=message):
        build_network(entry("rtnet", str(tmp_path / "bad.pth"), **SMALL))
    with pytest.raises(BadInput, match="rtnet: width 2 came, a multiple of 4 was needed"):
        rtnet.build(width=2)
