"""Networks: what they must be blind to, how their weights load, what is refused."""

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch

from tests.model_entry import entry
from tests.order_blindness import assert_order_is_first_seen, order_similarity
from workflow.lib.errors import BadInput
from workflow.lib.features import write_features
from workflow.models import frame_difference, time_average
from workflow.parts.networks import build_network
from workflow.parts.pooling import pooled_layers
from workflow.parts.weights import file_sha256
from workflow.scripts.describe_model import describe_model
from workflow.scripts.dump_features import dump_features

CLIP = {"frames": 8, "crop": [32, 32]}
SMALL = {"depth": 50, "width": 4, "classes": 5, "frames": 8, "stride": "spread", "size": 32}


@torch.inference_mode()
def pooled(network, video):
    with pooled_layers(network.module, network.layers) as activations:
        network([video])
    return activations


def test_the_average_over_time_is_blind_to_order():
    network, _ = build_network(entry("time_average"))
    assert_order_is_first_seen(order_similarity(network), blind=network.layers, seeing=[])


def test_frame_difference_is_zero_on_a_still_and_blind_to_gain_and_offset():
    network = frame_difference.build()
    video = torch.rand(3, 3, 8, 16, 16)
    still = video[:, :, :1].expand(-1, -1, 8, -1, -1)
    gain, offset = torch.tensor([0.3, 1.7, 40.0]).view(1, 3, 1, 1, 1), torch.tensor([-2.0, 0.0, 9.0]).view(1, 3, 1, 1, 1)
    for layer, values in pooled(network, video).items():
        assert (values > 0.1).all()
        torch.testing.assert_close(pooled(network, video * gain + offset)[layer], values, rtol=1e-5, atol=0)
        assert (pooled(network, still)[layer] == 0).all()
        assert (pooled(network, torch.ones(1, 3, 8, 4, 4))[layer] == 0).all()


def test_random_weights_are_drawn_by_seed_and_calibrated():
    first, second = (build_network(entry("resnet3d", architecture="slowonly", **SMALL))[0] for _ in range(2))
    other, training = build_network({**entry("resnet3d", architecture="slowonly", **SMALL), "seed": 1})
    same = [torch.equal(a, b) for a, b in zip(first.module.parameters(), second.module.parameters(), strict=True)]
    assert all(same) and training == "untrained"
    assert not torch.equal(first.module.blocks[0].conv.weight, other.module.blocks[0].conv.weight)
    values = pooled(first, torch.randn(4, 3, 8, 32, 32))
    assert all(0.01 < v.abs().mean() < 100 for v in values.values())


DROPPING = """
import torch
from workflow.parts.network import Network

def build():
    module = torch.nn.Sequential(torch.nn.Conv3d(3, 4, 1), torch.nn.Dropout(0.5), torch.nn.BatchNorm3d(4))
    return Network(module, {"last": "2"}, frames=2, size=32)
"""


def test_random_weights_do_not_hang_on_dropout_before_a_norm(tmp_path):
    (tmp_path / "dropping.py").write_text(DROPPING)
    first, second = (build_network(entry(str(tmp_path / "dropping.py")))[0].module for _ in range(2))
    assert torch.equal(first[2].running_var, second[2].running_var) and not first.training


def test_a_checkpoint_loads_strictly_in_both_formats(tmp_path):
    source, _ = build_network({**entry("resnet3d", architecture="c2d", **SMALL), "seed": 3})
    state = source.module.state_dict()
    torch.save({"model_state": state}, tmp_path / "c2d.pyth")
    safetensors.torch.save_file(state, tmp_path / "c2d.safetensors")
    for name in ("c2d.pyth", "c2d.safetensors"):
        path = tmp_path / name
        loaded, training = build_network(entry("resnet3d", str(path), file_sha256(path), architecture="c2d", **SMALL))
        assert training == str(path)
        assert all(torch.equal(state[k], v) for k, v in loaded.module.state_dict().items())


def test_weights_that_do_not_fit_are_refused(tmp_path):
    state = build_network(entry("resnet3d", architecture="c2d", **SMALL))[0].module.state_dict()
    path = tmp_path / "w.safetensors"
    safetensors.torch.save_file(state, path)
    with pytest.raises(BadInput, match="sha256"):
        build_network(entry("resnet3d", str(path), "0" * 64, architecture="c2d", **SMALL))
    with pytest.raises(BadInput, match=r"blocks.6.proj.weight is \[5, 128\], needed \[7, 128\]"):
        build_network(entry("resnet3d", str(path), architecture="c2d", **{**SMALL, "classes": 7}))
    with pytest.raises(BadInput, match="lack blocks.2"):
        build_network(entry("resnet3d", str(path), architecture="slowonly", **SMALL))
    with pytest.raises(BadInput, match="do not exist"):
        build_network(entry("resnet3d", str(tmp_path / "none.pth"), architecture="c2d", **SMALL))
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(BadInput, match="cannot be read"):
        build_network(entry("resnet3d", str(tmp_path / "text.pth"), architecture="c2d", **SMALL))


def test_unknown_options_and_names_are_refused():
    with pytest.raises(BadInput, match="unexpected keyword argument 'colour'"):
        build_network(entry("resnet3d", architecture="c2d", colour=1))
    with pytest.raises(BadInput, match=r"models/resnet4d.py; the nearest names are resnet3d"):
        build_network(entry("resnet4d"))


def test_a_clip_too_short_for_the_network_is_refused():
    with pytest.raises(BadInput, match="model c2d: clips of 8 frames came, 8 frames at stride 8 need clips of at least 57"):
        describe_model("c2d", entry("resnet3d", architecture="c2d", **{**SMALL, "stride": 8}), CLIP)


OWN_NETWORK = """
import torch
from workflow.parts.network import Network

def build(bad=False):
    module = torch.nn.Sequential(torch.nn.Conv3d(3, 6, 3), torch.nn.ReLU())
    if bad:
        module[0].register_forward_hook(lambda m, i, o: o / torch.zeros(6).view(6, 1, 1, 1))
    return Network(module, {"first": "0", "last": "1"}, frames=4, stride=2, size=24)
"""


def dump(model, n_clips=2, units=None):
    rng = np.random.default_rng(0)
    store = rng.integers(0, 256, (n_clips, 8, 32, 32, 3), "uint8")
    clips = pd.DataFrame({"clip": [f"c{i}" for i in range(n_clips)]})
    orders = [list(range(8)), [7, 6, 5, 4, 3, 2, 1, 0]]
    rows = [(f"c{i}/oil/{d}", f"c{i}", "oil", order, None, None) for i in range(n_clips) for d, order in enumerate(orders)]
    variants = pd.DataFrame(rows, columns=["variant", "clip", "style", "frame_order", "perturbation", "crop"])
    units = units or {row["layer"]: row["units"] for row in describe_model("mine", model, CLIP)}
    return dump_features("mine", model, units, variants, clips, {"oil": store})


def test_a_network_from_a_users_own_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(OWN_NETWORK)
    keys, activations, about = dump(entry(str(path)))
    assert {layer: values.shape for layer, values in activations.items()} == {"first": (4, 6), "last": (4, 6)}
    assert [[x.tolist() for x in shown] for shown in keys["frames_shown"][:2]] == [[[0, 2, 4, 6]], [[6, 4, 2, 0]]]
    assert keys["order_distance"] == [0, 1, 0, 1] and about["training"] == "untrained"


TWO_RATES = """
import torch
from workflow.parts.network import Network


class Two(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.slow, self.fast, self.scores = (torch.nn.Identity() for _ in range(3))

    def forward(self, videos):
        slow, fast = (pathway(video) for pathway, video in zip((self.slow, self.fast), videos, strict=True))
        return self.scores(torch.stack([1 + slow[:, 0].mean((1, 2, 3)), fast[:, 0].mean((1, 2, 3))], 1))


def build():
    layers = {"slow": "slow", "fast": "fast", "scores": "scores"}
    return Network(Two(), layers, frames=8, stride=1, size=32, pathways=(4, 1), control=True)
"""


def test_every_pathway_is_shown_its_frames_and_the_highest_score_is_kept(tmp_path):
    path = tmp_path / "two.py"
    path.write_text(TWO_RATES)
    store = np.zeros((1, 8, 32, 32, 3), "uint8") + np.arange(8, dtype="uint8")[None, :, None, None, None] * 10
    clips = pd.DataFrame({"clip": ["c0"]})
    rows = [(f"c0/oil/{d}", "c0", "oil", order, None, None) for d, order in enumerate([list(range(8)), [7, 1, 2, 3, 4, 5, 6, 0]])]
    variants = pd.DataFrame(rows, columns=["variant", "clip", "style", "frame_order", "perturbation", "crop"])
    model = entry(str(path)) | {"classes": "two.txt"}
    keys, activations, about = dump_features("two", model, {"slow": 3, "fast": 3, "scores": 2}, variants, clips, {"oil": store})
    assert [[own.tolist() for own in shown] for shown in keys["frames_shown"]] == [
        [[0, 7], [*range(8)]],
        [[7, 0], [7, 1, 2, 3, 4, 5, 6, 0]],
    ]
    np.testing.assert_allclose(activations["slow"] * 255, 35, rtol=1e-6)  # the mean of the frames 0 and 70
    np.testing.assert_allclose(activations["fast"] * 255, 35, rtol=1e-6)
    assert keys["order_distance"] == [0, pytest.approx(13 / 28)] and keys["predicted"] == [0, 0]
    write_features(tmp_path / "000.parquet", keys, activations, about)
    assert pd.read_parquet(tmp_path / "000.parquet")["frames_shown"][1][0].tolist() == [7, 0]


def test_sampling_that_cannot_be_had_is_refused_before_long_work(tmp_path):
    (tmp_path / "two.py").write_text(TWO_RATES)
    model = entry(str(tmp_path / "two.py")) | {"sampling": "independent"}
    assert describe_model("two", model, CLIP, [("shuffle", {})])
    with pytest.raises(BadInput, match="model two: sampling 'independent' shuffles each pathway by itself, reverse came"):
        describe_model("two", model, CLIP, [("shuffle", {}), ("reverse", {})])


def test_a_class_list_of_another_network_is_refused(tmp_path):
    (tmp_path / "classes.txt").write_text("jump\nrun\n")
    model = entry("resnet3d", architecture="c2d", **SMALL) | {"classes": str(tmp_path / "classes.txt")}
    with pytest.raises(BadInput, match=r"model c2d gives 5 outputs, the class list .*classes.txt names 2 classes"):
        describe_model("c2d", model, CLIP)


def test_a_network_that_gives_nan_is_refused(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(OWN_NETWORK)
    with pytest.raises(BadInput, match=r"model mine gave .* at variant c0/oil/0, layer first, unit 0"):
        dump(entry(str(path), bad=True), units={"first": 6, "last": 6})


BAD_NETWORKS = {
    "torch.nn.LSTM(8, 4)": "layer first gives 8 rows for one clip",
    "torch.nn.Flatten(0, 1)": "layer first gives 3 rows for one clip",
    "torch.nn.Threshold(float('inf'), float('nan'))": "gave nan at variant noise, layer first, unit 0",
}


@pytest.mark.parametrize("module", BAD_NETWORKS)
def test_a_network_that_cannot_be_dumped_is_refused_before_long_work(tmp_path, module):
    path = tmp_path / "mine.py"
    path.write_text(
        "import torch\nfrom workflow.parts.network import Network\n\n\nclass Mine(torch.nn.Module):\n    def __init__(self):\n"
        f"        super().__init__()\n        self.first = {module}\n\n    def forward(self, video):\n"
        "        return self.first(video[:, :, 0, :8, :8].flatten(0, 1) if 'LSTM' in str(self.first) else video)\n\n\n"
        "def build():\n    return Network(Mine(), {'first': 'first'}, frames=4)\n"
    )
    with pytest.raises(BadInput, match=BAD_NETWORKS[module]):
        describe_model("mine", entry(str(path)), CLIP)


def test_the_last_batch_is_filled_up(tmp_path):
    model = entry("resnet3d", architecture="slowonly", **SMALL)
    (_, whole, _), (_, alone, _) = dump({**model, "batch": 4}, n_clips=3), dump({**model, "batch": 4}, n_clips=2)
    for layer in whole:  # 6 variants in batches of 4 and 4, the last two repeated; 4 in one batch
        assert np.array_equal(whole[layer][:4], alone[layer]) and len(whole[layer]) == 6


def test_unknown_architectures_and_lags_are_refused():
    with pytest.raises(BadInput, match="architecture i3d2 came, one of c2d, slowonly"):
        build_network(entry("resnet3d", architecture="i3d2"))
    with pytest.raises(BadInput, match="a lag of 8 came, 8 frames allow at most 7"):
        build_network(entry("frame_difference", lags=[1, 8]))


def test_a_layer_that_does_not_exist_is_refused():
    network = time_average.build()
    network.layers["tenth"] = "filters.9"
    with pytest.raises(BadInput, match="no module 'filters.9'"), pooled_layers(network.module, network.layers):
        pass


def test_a_network_that_cannot_take_its_input_is_one_sentence(tmp_path):
    path = tmp_path / "flat.py"
    path.write_text(
        "import torch\nfrom workflow.parts.network import Network\n\n\ndef build():\n"
        "    return Network(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)), {'first': '0'}, frames=4, size=32, control=True)\n"
    )
    with pytest.raises(BadInput, match=r"the network cannot take .* = \[1, 3, 4, 32, 32\] \(see `call`\): Expected 3D"):
        describe_model("flat", entry(str(path)), CLIP)
