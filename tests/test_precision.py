"""Half precision: used where it leaves scores as they are, and nowhere else; reading ahead changes nothing."""

import platform
from contextlib import contextmanager
from threading import local
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from moving_scene import scene

from workflow.lib.plugins import load_plugin
from workflow.lib.processor import processor_name
from workflow.metrics import pearson
from workflow.parts import precision
from workflow.parts.generator import Generator, to_network
from workflow.parts.network import Network
from workflow.parts.precision import device_name, half_type, layer_noise, noise_share, off_device, on_device, own_device
from workflow.parts.prefetching import ahead
from workflow.parts.preprocessing import preprocess
from workflow.parts.shown_clips import ShownClips
from workflow.parts.weights import draw_weights
from workflow.scripts import dump_features
from workflow.scripts.stylize_clips import Painter, stylize

CPU = torch.device("cpu")
SMALL = {
    "resnet3d": {"architecture": "slowonly", "depth": [1, 1, 1, 1], "width": 16, "frames": 8, "stride": 2, "size": 48},
    "slowfast": {"depth": [1, 1, 1, 1], "width": 16, "alpha": 2, "frames": 8, "stride": 2, "size": 48},
    "x3d": {"version": "xs", "size": 64},
    "mvit": {"depth": 5, "width": 16, "heads": 2, "widen": [1, 3], "frames": 8, "stride": 2, "size": 64},
    "timesformer": {"width": 96, "heads": 3, "depth": 3, "frames": 8, "stride": 2, "size": 64},
}


@pytest.fixture(scope="module")
def clips():
    """Clips of moving scenes, in their own colours and in others: style -> uint8 [clip, frame, height, width, rgb]."""
    plain = np.stack([scene(seed, frames=16) for seed in range(12)])
    return {"plain": plain, "red": (plain * np.array([1.0, 0.5, 0.3])).astype(np.uint8)}


def shown(network, clips, orders):
    """The clips as a network is shown them: all in their own colours and `orders`, then in the others."""
    n = len(clips["plain"])
    rows = pd.DataFrame({"style": ["plain"] * n + ["red"] * n, "clip": [*range(n)] * 2, "crop": None})
    sets = [np.arange(0, 16, network.stride * k)[: network.frames // k] for k in network.pathways]
    frames = [[order[own] for own in sets] for order in [*orders, *[np.arange(16)] * n]]
    return ShownClips(rows, pd.DataFrame({"clip": range(n)}), clips, frames, ["frames"] * len(sets), None, [None] * 2 * n)


def run(network, clips, orders, precision, batch=8):
    """Activations of all layers and the precision that was used."""
    entry, seen = {"pooling": "mean", "batch": batch}, shown(network, clips, orders)
    judge = dump_features.MaskJudge(network, (), [], [], [])
    activations, _, used = dump_features.run_network("net", entry, network, units_of(network, seen), seen, judge, CPU, precision)
    return activations, used


def units_of(network, seen):
    """Layer -> number of its units."""
    with dump_features.hooked_layers(network, "mean") as activations, torch.inference_mode():
        network([dump_features.preprocess(seen.of_pathway(p, [0]), network) for p in range(len(network.pathways))])
    return {layer: activations[layer].shape[1] for layer in network.layers}


@pytest.mark.parametrize("tried", ["float16", "bfloat16"])
@pytest.mark.parametrize("family", SMALL)
def test_scores_of_every_family_stay_where_they_are(family, tried, clips):
    network = load_plugin("models", family).build(**SMALL[family])
    draw_weights(network, 0)
    rng, n = np.random.default_rng(0), len(clips["plain"])
    orders = [rng.permutation(16) for _ in range(n)]
    full, _ = run(network, clips, orders, "float32")
    half, used = run(network, clips, orders, tried)
    if family == "x3d":  # its random weights let the signal of the last layer sink below what either rounds away
        assert used == "float32"
    elif tried == "float16":
        assert used == "float16"
    for layer in full:
        s = [pearson.score({"neither": (own[layer][:n], own[layer][n:])})[0]["neither"] for own in (full, half)]
        assert abs(s[0] - s[1]) < 0.005


def one_convolution(weight, bias):
    """A network of one convolution."""
    module = torch.nn.Sequential(torch.nn.Conv3d(3, 2, 1))
    torch.nn.init.constant_(module[0].weight, weight)
    torch.nn.init.constant_(module[0].bias, bias)
    return Network(module.eval(), {"only": "0"}, frames=8, stride=2, size=48)


@pytest.mark.parametrize(
    ("weight", "bias", "precision", "used"),
    [(1e-3, 1000, "float16", "float32"), (1e-3, 1000, "bfloat16", "float32"), (1e6, 0, "float16", "float32")]
    + [(1e6, 0, "bfloat16", "bfloat16"), (1, 0, "float16", "float16"), (1, 0, "auto", "float32")],
    ids=["rounded away", "rounded away more", "infinite", "wide enough", "harmless", "auto on a CPU"],
)
def test_half_precision_is_used_only_where_it_keeps_the_signal(weight, bias, precision, used, clips, capsys):
    network, orders = one_convolution(weight, bias), [np.arange(16)] * len(clips["plain"])
    full, _ = run(network, clips, orders, "float32")
    values, came = run(network, clips, orders, precision)
    assert came == used
    if used == "float32":
        assert np.array_equal(values["only"], full["only"])
    assert ("float32 is used" in capsys.readouterr().out) == (precision not in (used, "auto"))


@pytest.mark.parametrize("where", ["activations", "class scores"])
def test_an_overflow_outside_the_sample_is_computed_again_in_float32(where, clips, monkeypatch, capsys):
    network, orders = one_convolution(1e6 if where == "activations" else 1, 0), [np.arange(16)] * len(clips["plain"])
    full, _ = run(network, clips, orders, "float32")
    monkeypatch.setattr(dump_features, "agreed_half", lambda wanted, *_: half_type(wanted, CPU))  # the sample was harmless
    forward = network.module.forward

    def with_scores(video):
        score = torch.inf if where == "class scores" and torch.is_autocast_enabled("cpu") else 0.0
        return {"maps": forward(video), "logits": torch.full((len(video), 5), score)}

    monkeypatch.setattr(network.module, "forward", with_scores)
    values, used = run(network, clips, orders, "float16")
    assert used == "float32" and np.array_equal(values["only"], full["only"])
    assert "float16 overflows outside the sample" in capsys.readouterr().out


def test_what_a_gpu_tries_by_itself():
    assert half_type("auto", torch.device("cuda", 0)) is torch.float16
    assert half_type("float32", torch.device("cuda", 0)) is None


def test_float32_on_a_gpu_is_no_tf32(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    own_device()
    assert not torch.backends.cudnn.allow_tf32


class Sent:
    """Frames that travel to a pretended GPU, which has room for them or not."""

    def __init__(self, room):
        self.room = room

    def pin_memory(self):
        return self

    def to(self, device, non_blocking):
        if not self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return SimpleNamespace(record_stream=lambda stream: None)


@pytest.fixture
def contexts(monkeypatch):
    """GPUs that get a context; the current one of a new thread is the first, and every stream goes back to its stream."""
    thread, opened = local(), set()

    @contextmanager
    def stream(_):
        opened.add(getattr(thread, "gpu", 0))
        yield

    pretended = {"set_device": lambda device: setattr(thread, "gpu", device.index), "stream": stream, "default_stream": id}
    for name, function in pretended.items():
        monkeypatch.setattr(torch.cuda, name, function)
    monkeypatch.setattr(precision, "side_stream", lambda device: SimpleNamespace(synchronize=lambda: None))
    return opened


@pytest.mark.parametrize("room", [True, False])
def test_frames_read_ahead_go_to_the_jobs_own_gpu_or_stay_where_there_is_no_room(room, contexts):
    frames = Sent(room)
    moved = next(ahead(lambda own: on_device(own, torch.device("cuda", 1)), [frames], 1))
    assert contexts == {1} and (moved is frames) == (not room)


def test_what_leaves_a_gpu_is_waited_for_when_it_is_needed(monkeypatch):
    said = []
    event = SimpleNamespace(record=lambda: said.append("left"), synchronize=lambda: said.append("waited"))
    monkeypatch.setattr(torch.cuda, "Event", lambda: event)
    there = SimpleNamespace(device=torch.device("cuda", 0), to=lambda where, non_blocking: where if non_blocking else None)
    arrived = off_device(there)
    assert said == ["left"]
    assert arrived() == "cpu" and said == ["left", "waited"]


def test_noise_of_a_known_share_and_what_it_takes_from_a_correlation():
    rng, n, v = np.random.default_rng(0), 40_000, 0.05
    signal, other = rng.standard_normal((2, n, 3))
    side = 0.6 * signal + 0.8 * other  # correlates with the signal by .6
    noisy = [x + np.sqrt(v) * rng.standard_normal(x.shape) for x in (signal, side)]
    share = noise_share({"a": torch.tensor(7 - 3 * noisy[0])}, {"a": torch.tensor(signal)})
    assert abs(share - v / (1 + v)) < 0.002  # four times its standard deviation; scale and offset are no noise
    s = pearson.score({"static": tuple(noisy)})[0]["static"]
    assert abs(s - 0.6 / (1 + v)) < 0.01
    assert np.isnan(layer_noise(torch.ones(8, 2), torch.ones(8, 2)))
    assert np.isnan(layer_noise(torch.full((8, 2), torch.inf), torch.arange(16.0).reshape(8, 2)))
    assert np.isnan(noise_share({"a": torch.ones(2, 2), "b": torch.ones(2, 2)}, {"a": torch.ones(2, 2), "b": torch.eye(2)}))


def test_reading_ahead_and_batches_that_do_not_fit_change_nothing(clips, monkeypatch):
    network = load_plugin("models", "resnet3d").build(**SMALL["resnet3d"])
    draw_weights(network, 0)
    orders = [np.arange(16)] * len(clips["plain"])
    plain, _ = run(network, clips, orders, "float32", batch=5)
    monkeypatch.setattr(dump_features, "AHEAD", {"cpu": 2})
    ahead, _ = run(network, clips, orders, "float32", batch=5)
    assert all(np.array_equal(plain[layer], ahead[layer]) for layer in plain)
    forward = network.module.forward

    def small(video):
        if len(video) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(video)

    monkeypatch.setattr(network.module, "forward", small)
    cut, _ = run(network, clips, orders, "float32", batch=5)
    for layer in plain:
        np.testing.assert_allclose(cut[layer], plain[layer], rtol=1e-4, atol=1e-5)


class Heavy(torch.Tensor):
    """Frames of which a pretended device has room for two."""

    def to(self, *where, **options):
        if len(self) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().to(*where, **options)


def test_frames_that_found_no_room_are_sent_in_parts(clips, monkeypatch, capsys):
    network, orders = one_convolution(1, 0), [np.arange(16)] * len(clips["plain"])
    plain, _ = run(network, clips, orders, "float32", batch=6)
    monkeypatch.setattr(dump_features, "on_device", lambda frames, device: frames.as_subclass(Heavy))
    monkeypatch.setattr(dump_features, "preprocess", lambda frames, own: preprocess(frames.as_subclass(torch.Tensor), own))
    cut, _ = run(network, clips, orders, "float32", batch=6)
    np.testing.assert_allclose(cut["only"], plain["only"], rtol=1e-4, atol=1e-5)
    assert "model net goes on with batches of 1" in capsys.readouterr().out  # 6, 3, 1


@pytest.fixture
def style():
    """A style's network, untrained."""
    torch.manual_seed(0)
    network = Generator(0.25, 3)
    network(to_network(scene(0)))  # gives batch norm some statistics
    return network.eval()


def test_precisions_of_a_style_are_compared_in_parts_that_fit(style, monkeypatch):
    clip, plain, forward = scene(1), Painter(style, CPU), style.forward

    def small(images):
        if len(images) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(images)

    whole = plain.levels_apart(clip, torch.float16)
    monkeypatch.setattr(style, "forward", small)
    assert Painter(style, CPU).levels_apart(clip, torch.float16) == pytest.approx(whole, rel=1e-2)


def test_a_style_in_half_precision_is_within_half_a_grey_level(style):
    clip, network = scene(1), style
    (full,) = stylize([clip], Painter(network, CPU))
    half = Painter(network, CPU, torch.float16)
    (shown,) = stylize([clip], half)
    assert np.abs(shown.astype(int) - full).mean() < 0.5
    assert 0 < half.levels_apart(clip, torch.float16) < 0.5


def test_a_device_has_the_name_that_its_maker_gave_it(tmp_path, monkeypatch):
    told, silent = tmp_path / "told", tmp_path / "silent"
    told.write_text("processor\t: 0\nmodel name\t: Abacus: 9 @ 1 Hz\n\nprocessor\t: 1\nmodel name\t: Abacus: 9 @ 1 Hz\n")
    silent.write_text("processor\t: 0\nmodel name\t:\n")
    assert processor_name(told) == "Abacus: 9 @ 1 Hz"
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert processor_name(silent) == processor_name(tmp_path / "none") == platform.machine()
    assert device_name(CPU) == f"{processor_name()}, {torch.backends.cpu.get_cpu_capability()}"
