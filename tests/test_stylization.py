"""Style networks: their size, their training, their cache, and what they do to clips."""

import hashlib

import numpy as np
import pytest
import torch
from moving_scene import scene
from safetensors import safe_open
from torch import nn

from workflow.lib.errors import BadInput
from workflow.lib.tables import read_table
from workflow.parts.checkpoints import save_weights
from workflow.parts.generator import Generator, to_frames, to_network
from workflow.parts.patch_training import Patches, PatchTraining
from workflow.parts.style_weights import generator_from
from workflow.parts.weights import read_state
from workflow.scripts import stylize_clips as stylization
from workflow.scripts import train_style as training
from workflow.scripts.import_style import import_style
from workflow.scripts.stylize_clips import Painter, stylize, stylize_clips
from workflow.scripts.train_style import train_style

SMALL = {"width": 0.25, "last_kernel": 3, "iterations": 6, "batch": 4, "patch": 32, "learning_rate": 4e-4, "reconstruction": 4}
SMALL |= {"adversarial": 0.15, "perceptual_weights": None}
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def painted(frames):
    """A simple style with a known truth: negative, with red and blue exchanged."""
    return 255 - frames[..., ::-1]


@pytest.fixture
def keyframes(tmp_path):
    frames = np.stack([scene(seed, frames=1)[0] for seed in range(3)])
    np.save(tmp_path / "keyframes.npy", np.stack([frames, painted(frames)], 1))
    return tmp_path / "keyframes.npy"


def trained(folder, keyframes, name="style", **settings):
    weights, curve = folder / f"{name}.safetensors", folder / f"{name}.parquet"
    train_style(keyframes, SMALL | settings, 3, folder / "scratch", weights, curve)
    return weights, curve


def test_the_published_size_and_cost():
    network, work = Generator(), 0

    def count(module, inputs, output):
        nonlocal work
        work += module.weight.numel() * output.shape[-1] * output.shape[-2]

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, 64, 64))
    assert sum(p.numel() for p in network.parameters()) == 3_267_651  # published: 3.27 M
    assert work / 64**2 == pytest.approx(1.02e6, rel=5e-3)


@pytest.mark.parametrize("size", [(32, 32), (33, 46)])
def test_every_frame_size_keeps_its_size(size):
    assert Generator(0.25, 3)(torch.zeros(1, 3, *size)).shape == (1, 3, *size)


def test_every_patch_centre_comes_once():
    pairs = np.arange(2 * 2 * 5 * 6 * 3, dtype=np.uint8).reshape(2, 2, 5, 6, 3)
    patches = Patches(pairs, 4, 0)
    drawn = np.concatenate([patches.draw(step, 3) for step in range(4)])  # 2 frames x 2 x 3 places
    assert drawn.shape == (12, 2, 3, 4, 4) and len({d.tobytes() for d in drawn}) == 12
    with pytest.raises(BadInput, match="too small"):
        Patches(pairs, 8, 0)


def test_training_learns_a_style_for_unseen_frames(tmp_path, keyframes):
    weights, curve = trained(tmp_path, keyframes, iterations=60, batch=4)
    table = read_table(curve, "training").query("quantity == 'reconstruction'")
    assert table.value.iloc[-1] < 0.5 * table.value.iloc[0]
    unseen = scene(11, frames=2)
    (shown,), truth = stylize([unseen], Painter(generator_from(read_state(weights), weights), CPU)), painted(unseen)
    assert np.abs(shown - truth.astype(float)).mean() < 0.6 * np.abs(unseen - truth.astype(float)).mean()


def test_weights_say_where_they_come_from(tmp_path, keyframes):
    weights, _ = trained(tmp_path, keyframes, iterations=1)
    with safe_open(weights, "pt") as file:
        metadata = file.metadata()
    assert metadata["seed"] == "3" and '"width": 0.25' in metadata["settings"]
    assert metadata["exemplar"] == hashlib.sha256(np.load(keyframes).tobytes()).hexdigest()


def test_a_killed_training_ends_with_the_same_bytes(tmp_path, keyframes, monkeypatch):
    monkeypatch.setattr(training, "SAVED_EVERY", 2)
    undisturbed = trained(tmp_path / "a", keyframes)
    step = PatchTraining.step

    def killed(self, k):
        if k == 5:
            raise KeyboardInterrupt
        return step(self, k)

    monkeypatch.setattr(PatchTraining, "step", killed)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "b", keyframes)
    seen = []
    monkeypatch.setattr(PatchTraining, "step", lambda self, k: seen.append(k) or step(self, k))
    resumed = trained(tmp_path / "b", keyframes)
    assert seen == [4, 5]
    assert [p.read_bytes() for p in resumed] == [p.read_bytes() for p in undisturbed]
    assert not list((tmp_path / "b/scratch").glob("*.checkpoint"))


def test_a_known_network_is_not_trained_again(tmp_path, keyframes, monkeypatch):
    first, curve = trained(tmp_path, keyframes, iterations=2)

    def forbidden(self, k):
        raise AssertionError("trained again")

    monkeypatch.setattr(PatchTraining, "step", forbidden)
    second, copy = trained(tmp_path, keyframes, name="again", iterations=2)
    assert second.read_bytes() == first.read_bytes() and copy.read_bytes() == curve.read_bytes()
    for change in ({"iterations": 3}, {"iterations": 2, "adversarial": 0.2}):
        with pytest.raises(AssertionError, match="trained again"):
            trained(tmp_path, keyframes, **change)


def test_the_perceptual_term_reads_a_vgg19_file(tmp_path, keyframes):
    shapes = {"features.0": (64, 3), "features.2": (64, 64), "features.5": (128, 64)}
    state = {f"{n}.weight": torch.randn(o, i, 3, 3) * 0.05 for n, (o, i) in shapes.items()}
    torch.save(state | {f"{n}.bias": torch.zeros(o) for n, (o, _) in shapes.items()}, tmp_path / "vgg.pth")
    _, curve = trained(tmp_path, keyframes, iterations=2, perceptual_weights=str(tmp_path / "vgg.pth"))
    assert "perceptual" in set(read_table(curve, "training").quantity)
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "not.pth")
    with pytest.raises(BadInput, match="is it a VGG19"):
        trained(tmp_path, keyframes, perceptual_weights=str(tmp_path / "not.pth"))


@pytest.fixture
def network(tmp_path):
    torch.manual_seed(0)
    network = Generator(0.25, 3)
    network(to_network(scene(0)))  # gives batch norm some statistics
    save_weights(tmp_path / "network.safetensors", network, {"seed": "0"})
    return network.eval()


def test_a_still_video_stays_exactly_still(network):
    paint = Painter(network, CPU)
    clip = scene(5, frames=11)
    still = np.repeat(clip[:1], 11, 0)
    (stands,) = stylize([still], paint)
    assert all(np.array_equal(frame, stands[0]) for frame in stands)
    paused = clip[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 3, 3, 0]]
    (shown,) = stylize([paused], paint)
    assert np.array_equal(shown[3], shown[11]) and np.array_equal(shown[3], shown[12]) and np.array_equal(shown[0], shown[13])
    plain = to_frames(network(to_network(clip)).detach()).numpy()
    assert np.abs(shown[:11].astype(int) - plain).max() <= 1


@pytest.mark.parametrize("threads", [0, 2])
def test_a_clip_is_fetched_when_the_next_one_is_being_painted(threads, monkeypatch):
    monkeypatch.setattr(stylization, "AHEAD", {"cpu": threads})
    clips, begun = [scene(seed, frames=2) for seed in range(5)], []

    class Negative:
        device = CPU

        def __call__(self, frames):
            begun.append(frames)
            return lambda: painted(frames.numpy())

    for k, shown in enumerate(stylize(clips, Negative())):
        assert np.array_equal(shown, painted(clips[k])) and len(begun) == min(k + 2, 5)


def test_a_clip_does_not_depend_on_its_shard(tmp_path, network):
    clips = np.stack([scene(seed) for seed in range(3)])
    shown = {}
    for name, part in {"all": clips, "last": clips[2:], "none": clips[:0]}.items():
        np.save(tmp_path / f"{name}.npy", part)
        stylize_clips(tmp_path / f"{name}.npy", tmp_path / "network.safetensors", tmp_path / f"{name}.out.npy")
        shown[name] = np.load(tmp_path / f"{name}.out.npy")
        assert shown[name].shape == part.shape and shown[name].dtype == np.uint8
    assert np.array_equal(shown["all"][2], shown["last"][0])


@pytest.mark.parametrize("width, kernel", [(0.25, 3), (0.5, 7)])
def test_a_ready_network_is_taken_over(tmp_path, width, kernel):
    given, path = Generator(width, kernel), tmp_path / "given.pth"
    torch.save(given.state_dict(), path)
    import_style(path, hashlib.sha256(path.read_bytes()).hexdigest(), tmp_path / "w.safetensors")
    taken = generator_from(read_state(tmp_path / "w.safetensors"), "w").state_dict()
    assert all(torch.equal(taken[k], v) for k, v in given.state_dict().items())


def test_a_wrong_network_is_refused_by_name(tmp_path):
    state, path, out = Generator(0.25, 3).state_dict(), tmp_path / "given.pth", tmp_path / "w.safetensors"
    torch.save(state, path)
    with pytest.raises(BadInput, match="sha256"):
        import_style(path, "0" * 64, out)
    with pytest.raises(BadInput, match="do not exist"):
        import_style(tmp_path / "absent.pth", None, out)
    wrong = {
        "'to_full.0.bias' has the shape": state | {"to_full.0.bias": torch.zeros(5)},
        "lacks the tensor 'to_full.0.bias'": {k: v for k, v in state.items() if k != "to_full.0.bias"},
        "no style network": {"conv.weight": torch.zeros(1)},
        "does not know: extra": state | {"extra": torch.zeros(1)},
    }
    for message, bad in wrong.items():
        torch.save(bad, path)
        with pytest.raises(BadInput, match=message):
            import_style(path, None, out)
