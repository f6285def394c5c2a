"""Pooling: what is averaged, which column is which frame, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.model_entry import entry
from workflow.lib.errors import BadInput
from workflow.parts.networks import build_network
from workflow.parts.pooling import pooled_layers
from workflow.parts.unit_values import unit_values


class Giving(nn.Module):
    """Gives its input back in another form."""

    def __init__(self, form):
        super().__init__()
        self.form = form

    def forward(self, x):
        return self.form(x)


@torch.inference_mode()
def pooled(form, x, pooling="mean", tokens=None, shown=()):
    """The pooled output of a layer that gives form(x)."""
    module = nn.Sequential(Giving(form))
    with pooled_layers(module, {"layer": "0"}, pooling, tokens) as activations:
        activations.shown = shown
        module(x)
    return activations["layer"]


def same(x):
    return x


def numbers(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_mean_is_over_all_but_batch_and_unit():
    for shape in ((2, 5), (2, 5, 3, 4), (2, 5, 3, 4, 6)):
        expected = numbers(*shape).numpy().mean(tuple(range(2, len(shape))))
        np.testing.assert_allclose(pooled(same, numbers(*shape)), expected, atol=1e-6)
    tokens = numbers(2, 7, 5)
    np.testing.assert_allclose(pooled(same, tokens, tokens="class space"), tokens.numpy().mean(1), atol=1e-6)


@pytest.mark.parametrize(
    ("tokens", "first"), [("class space frame", slice(0, 1)), ("class class space", slice(0, 2)), ("frame class", slice(6, 7))]
)
def test_class_tokens_and_patches_are_told_apart(tokens, first):
    x = numbers(2, 7, 5)
    kept = np.delete(x.numpy(), np.arange(7)[first], 1)
    np.testing.assert_allclose(pooled(same, x, "class", tokens), x.numpy()[:, first].mean(1), atol=1e-6)
    np.testing.assert_allclose(pooled(same, x, "patches", tokens), kept.mean(1), atol=1e-6)


def test_patches_are_all_where_there_is_no_class_token():
    tokens, maps = numbers(2, 6, 5), numbers(2, 5, 4, 3, 3)
    assert torch.equal(pooled(same, tokens, "patches", "tubelet space"), pooled(same, tokens))
    assert torch.equal(pooled(same, maps, "patches"), pooled(same, maps))


@torch.inference_mode()
def test_frames_stand_in_natural_order_however_they_were_shown():
    module = nn.Sequential(nn.Conv3d(3, 2, (1, 3, 3)), nn.ReLU())  # each frame by itself
    video = numbers(3, 3, 4, 8, 8)  # frames 1, 3, 5, 7 of three clips
    orders = np.array([[1, 3, 5, 7], [7, 5, 3, 1], [5, 1, 7, 3]])
    shown = torch.stack([clip[:, torch.from_numpy((order - 1) // 2)] for clip, order in zip(video, orders, strict=True)])
    with pooled_layers(module, {"layer": "1"}, "frames") as activations:
        activations.shown = [orders]
        module(shown)
        values = activations["layer"]
    natural = module(video).mean((3, 4))
    for unit in range(2):
        for frame in range(4):
            torch.testing.assert_close(values[:, unit * 4 + frame], natural[:, unit, frame])


@pytest.mark.parametrize("tokens", ["class space frame", "class frame space", "frame space class", "frame"])
def test_frames_of_tokens(tokens):
    places = 1 if tokens == "frame" else 6
    values = numbers(2, 4, places, 5)  # [batch, frame shown, place, unit]
    grid = values.transpose(1, 2) if tokens.endswith("space frame") else values
    x = grid.flatten(1, 2)
    if "class" in tokens:
        x = torch.cat([x, 9 * numbers(2, 1, 5)] if tokens.endswith("class") else [9 * numbers(2, 1, 5), x], 1)
    order = np.array([[4, 2, 0, 6], [0, 2, 4, 6]])
    expected = values.mean(2).numpy().copy()
    expected[0] = expected[0][[2, 1, 0, 3]]  # frames 0, 2, 4, 6 stood third, second, first, fourth
    found = pooled(same, x, "frames", tokens, [order]).numpy().reshape(2, 5, 4)
    np.testing.assert_allclose(found, expected.transpose(0, 2, 1), atol=1e-6)


def test_each_layer_finds_the_pathway_whose_frames_it_has():
    slow, fast = np.array([[8, 0]]), np.array([[12, 8, 4, 0]])
    for order in (slow, fast):
        x = torch.as_tensor(order, dtype=torch.float32)[:, None, :, None, None].expand(
            1, 2, -1, 3, 3
        )  # tells the frame it was shown
        assert pooled(same, x, "frames", shown=[slow, fast])[0].tolist() == sorted(order[0]) * 2


def test_a_frozen_frame_keeps_the_order_in_which_it_was_shown():
    x = torch.arange(3.0)[None, None, :, None, None]
    assert pooled(same, x, "frames", shown=[np.array([[5, 5, 5]])])[0].tolist() == [0, 1, 2]


def test_units_may_come_last():
    x = numbers(2, 4, 3, 3, 6)
    assert torch.equal(unit_values(x, channels_last=True), unit_values(x.movedim(-1, 1)))
    assert unit_values(x, channels_last=True).shape == (2, 6)


def test_two_pathways_of_one_length_in_different_orders_cannot_be_told_apart():
    x = numbers(1, 2, 3, 1, 1)
    orders = [np.array([[0, 1, 2]]), np.array([[2, 1, 0]])]
    with pytest.raises(BadInput, match="pooling frames needs an axis of just these frames"):
        unit_values(x, "last", "frames", shown=orders)
    assert unit_values(x, "last", "frames", shown=[orders[1]] * 2)[0, 0] == x[0, 0, 2, 0, 0]


@torch.inference_mode()
def test_frames_of_a_transformer_are_not_shifted():
    options = {"width": 24, "depth": 1, "heads": 4, "patch": 8, "classes": 5, "frames": 4, "size": 24}
    network, _ = build_network(entry("timesformer", **options))
    network.module.timesformer["encoder"]["layer"][0].temporal_dense.weight.zero_()  # no exchange between frames
    network.module.timesformer["embeddings"].time_embeddings.zero_()
    video, order = numbers(1, 3, 4, 24, 24), [2, 0, 3, 1]
    found = []
    for shown in ([0, 1, 2, 3], order):
        with pooled_layers(network.module, network.layers, "frames", network.tokens) as activations:
            activations.shown = [np.array([shown])]
            network.module(video[:, :, shown])
        found.append(activations["block00"])
    torch.testing.assert_close(found[0], found[1], rtol=1e-4, atol=1e-5)
    assert found[0].reshape(24, 4).std(1).min() > 1e-4


def test_the_tensor_in_a_tuple_or_mapping_is_pooled():
    x = numbers(2, 7, 5)
    for form in (lambda x: (x, None), lambda x: (None, x, x * 0), lambda x: {"last_hidden_state": x, "attentions": None}):
        assert torch.equal(pooled(form, x), pooled(same, x))


ORDERS = [np.array([[0, 1, 2, 3], [3, 1, 0, 2]])]  # of two videos


@pytest.mark.parametrize("pooling", ["mean", "frames"])
def test_rows_that_are_frames_are_pooled_as_their_videos(pooling):
    videos = numbers(2, 3, 4, 5, 6)  # [video, unit, frame, height, width]
    as_rows = pooled(lambda x: x.transpose(1, 2).flatten(0, 1), videos, pooling, shown=ORDERS)
    torch.testing.assert_close(as_rows, pooled(same, videos, pooling, shown=ORDERS))


def test_class_tokens_of_frames_are_averaged_over_them():
    images = numbers(8, 7, 5)  # [video x frame, token, unit]
    expected = images.numpy().reshape(2, 4, 7, 5)[:, :, 0].mean(1)
    np.testing.assert_allclose(pooled(same, images, "class", "class space", ORDERS), expected, atol=1e-6)


class Mixer(nn.Module):
    """Frames [batch, frame, unit], convolved over time [batch, unit, frame], as a block that turns back, then a linear map."""

    def __init__(self, units):
        super().__init__()
        self.mixed = nn.Sequential(nn.Conv1d(4, units, 1), nn.BatchNorm1d(units), nn.GELU())
        self.block = Turned(nn.Conv1d(units, 6, 3, padding=1))
        self.mapped = nn.Linear(6, 7)

    def forward(self, frames):
        return self.mapped(self.block(self.mixed(frames.transpose(1, 2)).transpose(1, 2)))


class Transposed(nn.Module):
    def forward(self, values):
        return values.transpose(1, 2)


class Turned(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, values):
        return self.inner(values.transpose(1, 2)).transpose(1, 2)


@pytest.mark.parametrize("units", [5, 9])  # 9: as many as frames
def test_convolutions_over_one_axis_have_their_units_second(units):
    """Of kernel 1 and averaged over time they cannot see order; read the other way, their frames would be their units."""
    network, frames = Mixer(units).eval(), torch.rand(2, 9, 4)
    paths = ["mixed", "mixed.0", "mixed.2", "block", "block.inner", "mapped"]
    found = []
    for shown in (frames, frames[:, torch.randperm(9)]):
        with pooled_layers(network, {path: path for path in paths}) as activations:
            network(shown)
        found.append(dict(activations))
    with torch.no_grad():
        mixed = network.mixed(frames.transpose(1, 2))
        block = network.block(mixed.transpose(1, 2))
        truth = {"mixed": mixed.mean(2), "mixed.2": mixed.mean(2), "mixed.0": network.mixed[0](frames.transpose(1, 2)).mean(2)}
        truth |= {"block": block.mean(1), "block.inner": block.mean(1), "mapped": network.mapped(block).mean(1)}
    for path in paths:
        torch.testing.assert_close(found[0][path], truth[path], msg=path)
    torch.testing.assert_close(found[1]["mixed.0"], found[0]["mixed.0"])
    assert not network.mixed[0]._forward_hooks


def test_what_a_pass_ended_with_is_not_known_of_the_next():
    """Nine patches of four units, then a convolution of nine units: in the second pass the patches are still no units."""
    patches = nn.Sequential(nn.Conv2d(3, 4, 2, 2), nn.Flatten(2), Transposed())  # [batch, token, unit]
    network = nn.Sequential(patches, Transposed(), nn.Conv1d(4, 9, 1))
    with pooled_layers(network, {"patches": "0"}) as activations:
        for _ in range(2):
            network(torch.rand(2, 3, 6, 6))
            assert activations["patches"].shape == (2, 4)


@torch.inference_mode()
def test_recurrent_layers_are_read_whichever_axis_is_their_batch():
    x, found = numbers(2, 4, 5), []
    for batch_first in (True, False):
        torch.manual_seed(0)
        module = nn.Sequential(nn.GRU(5, 3, batch_first=batch_first))
        with pooled_layers(module, {"gru": "0"}) as activations:
            activations.shown = ORDERS
            module(x if batch_first else x.transpose(0, 1))
        found.append(activations["gru"])
    assert found[0].shape == (2, 3)
    torch.testing.assert_close(found[1], found[0])


REFUSED = {
    "tuple without a tensor": (lambda x: (None, "x"), "mean", None, "layer layer gives tuple"),
    "list of pathways": (lambda x: [x, x], "mean", None, "layer layer gives list"),
    "no unit axis": (lambda x: x[:, 0, 0], "mean", None, r"layer layer gives \[2\]"),
    "number": (lambda x: x.sum(), "mean", None, r"layer layer gives \[\]"),
    "tokens unknown": (same, "patches", None, "pooling patches needs to know what its tokens are"),
    "no class token": (same, "class", "frame space", "needs a class token, its tokens are 'frame space'"),
    "class token of a map": (lambda x: x[..., None], "class", "class space", r"gives \[2, 9, 5, 1\]; pooling class needs tokens"),
    "frames of unknown tokens": (same, "frames", None, r"gives \[2, 9, 5\], tokens None, where \[2, 4\] \[video, frame\]"),
    "frames of tubelets": (same, "frames", "class tubelet space", "needs an axis of just these frames"),
    "tokens that are no such grid": (lambda x: x[:, :8], "frames", "class space frame", "needs an axis of just these frames"),
    "frames of an earlier pooling of time": (
        lambda x: x[:, :, :2, None, None],
        "frames",
        None,
        "needs an axis of just these frames",
    ),
    "rows that are no frames": (lambda x: x[:, None, :4, None].repeat(3, 1, 1, 1, 1), "frames", None, r"gives \[6, 1, 4, 1, 5\]"),
    "frames of a vector": (lambda x: x[:, 0], "frames", None, r"gives \[2, 5\]"),
    "unknown pooling": (same, "max", None, "pooling max came, one of mean, patches, class, frames was needed"),
    "unknown tokens": (same, "mean", "clas space", "tokens 'clas space' came"),
    "class among the patches": (same, "mean", "space class frame", "tokens 'space class frame' came"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_pooled_is_refused(case):
    form, pooling, tokens, message = REFUSED[case]
    with pytest.raises(BadInput, match=message):
        pooled(form, numbers(2, 9, 5), pooling, tokens, [np.array([[0, 1, 2, 3]] * 2)])


def test_frames_that_fit_two_pathways_are_refused():
    with pytest.raises(BadInput, match=r"where \[1, 2\] and \[1, 4\] \[video, frame\] were shown"):
        pooled(same, numbers(1, 8, 5), "frames", "frame space", [np.array([[0, 1]]), np.array([[0, 1, 2, 3]])])
