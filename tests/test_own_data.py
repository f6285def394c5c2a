"""The page on one's own videos and network is walked, and a newcomer's slips are told in one sentence."""

import re

import pandas as pd
import pytest
import torch
import yaml

from tests.copied_project import ROOT, Project
from tests.made_videos import write_video
from tests.model_entry import entry
from workflow.lib.checked_config import check_merged
from workflow.lib.errors import BadInput
from workflow.lib.plugins import constant_of
from workflow.scripts.describe_model import describe_model

PAGE = (ROOT / "docs/own-data.md").read_text()
GESTURES = """
from torch import nn


class GestureNet(nn.Module):
    def __init__(self, classes=7):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(3, 4, 5, 4), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 3, 4), nn.BatchNorm2d(6), nn.ReLU()
        )
        self.rnn = nn.GRU(6, 5)
        self.head = nn.Linear(5, classes)

    def forward(self, clips):
        assert clips.shape[-1] == 3, "channels last, please"
        batch, frames = clips.shape[:2]
        images = clips.div(127.5).sub(1).flatten(0, 1).movedim(-1, 1)
        features = self.cnn(images).mean((2, 3)).unflatten(0, (batch, frames))
        sequence, _ = self.rnn(features.transpose(0, 1))
        return {"logits": self.head(sequence[-1]), "sequence": sequence}
"""
FEW = [  # of the default's 1000 draws and its figures; laid over the page's config on the command line
    "scores={draws: 20, permutations: 0, subsets: 0}",
    "plots=[claims, layer_curves]",
]


def block(language):
    """The page's first block of code in a language."""
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_page_names_every_metric():
    line = next(line for line in block("yaml").splitlines() if "metrics:" in line)
    listed, others = line.split("#")
    named = yaml.safe_load(listed)["metrics"] + re.findall(r"[a-z]+_?[a-z]+", others.split("also")[1].split(":")[0])
    assert sorted(named) == sorted(path.stem for path in (ROOT / "workflow/metrics").glob("*.py"))


@pytest.fixture
def newcomer(tmp_path, monkeypatch):
    """A folder with a stranger's network, its checkpoint and the page's file that says what it is; the run starts there."""
    (tmp_path / "gestures.py").write_text(GESTURES)
    (tmp_path / "my_network.py").write_text(block("python"))
    space = {}
    exec(GESTURES, space)
    torch.manual_seed(0)
    network = space["GestureNet"]()
    torch.save({"epoch": 3, "model_state_dict": network.state_dict(), "optimizer": {"lr": 0.1}}, tmp_path / "my_weights.pt")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_leads_from_a_folder_of_videos_to_the_report(newcomer, tmp_path_factory):
    videos = tmp_path_factory.mktemp("videos")
    for number in range(4):
        write_video(videos / f"{number}.mp4", 50 + number, size=(128, 128))
    (videos / "notes.mp4").write_text("no video")
    config = yaml.safe_load(block("yaml"))
    assert (dataset := config["datasets"]["my_videos"])["folder"] == "/data/my_videos"
    dataset["folder"] = str(videos)
    project = Project(newcomer, yaml.safe_load((ROOT / "config.yaml").read_text()))
    (newcomer / "mine.yaml").write_text(yaml.dump(config))
    printed = project.done("check", "--configfile", "mine.yaml")
    assert "my_network, my_weights.pt: conv1 (4 units), conv2 (6 units), gru (5 units)" in printed
    assert "my_videos: 4 clips of 4 videos; 1 of 5 videos cannot be used: 1 × cannot be decoded (e.g. notes.mp4)" in printed
    assert "Beyond what these lines say nothing was found wrong" in printed
    assert "The report as" not in printed
    planned = project.planned("--configfile", "mine.yaml")
    assert not {"train_model", "render_videos", "check_claims"} & planned.keys()  # nothing of the default's own is run
    assert not {"decode_clips", "describe_model"} & planned.keys()  # what the check has done is done
    project.done("--configfile", "mine.yaml", "--config", *FEW)
    assert (newcomer / "results/reports/mine/report.html").is_file()
    assert not (newcomer / "results/reports/mine/claims.png").exists()  # nothing is claimed
    (newcomer / "classes.txt").write_text("\n".join("abcdefg"))
    again = project.done("check", "--configfile", "mine.yaml", "--config", *FEW)
    assert re.search(r"The report as the last run left it, [\d-]+ [\d:]+: results/reports/mine/report.html\n", again)
    assert all(line in again for line in (newcomer / "results/reports/mine/answer.txt").read_text().splitlines())
    again = project.done("check", "--configfile", "mine.yaml", "--config", *FEW, "models={my_network: {classes: classes.txt}}")
    assert re.search(
        r"left it, [\d-]+ [\d:]+, older than what was checked now .*: results/reports/mine/report.html\n",
        again,
    )
    assert "no label of data set my_videos is a class of model my_network: there is no accuracy, it has no labels" in again
    (newcomer / "classes.txt").write_text("a\nb\nc\n")  # a list that is changed is held against the network anew
    status, said = project.run(
        "check", "--configfile", "mine.yaml", "--config", *FEW, "models={my_network: {classes: classes.txt}}"
    )
    assert status and "model my_network gives 7 outputs, the class list classes.txt names 3 classes" in said
    report = (newcomer / "results/reports/mine/report.html").read_text()
    assert "my_network" in report and not any(name in report for name in ("c2d-motion", "watercolour", "sequences"))
    assert not (newcomer / "results/styles").exists()  # the page's need no training
    scores = pd.read_parquet(newcomer / "results/reports/mine/scores.parquet")
    assert set(scores.loc[scores["model"] == "my_network", "layer"]) == {"conv1", "conv2", "gru"}
    assert (scores["n_videos"] == 4).all()
    # A frame is convolved by itself and averaged over the clip: no order to be seen.
    seen = scores[(scores["model"] == "my_network") & (scores["factor"] == "order_dependence") & scores["unit"].isna()]
    seen = seen.set_index("layer")["value"]
    assert seen[["conv1", "conv2"]].abs().max() < 1e-6 < seen["gru"]


CLIP = {"frames": 16, "crop": [128, 128]}
SLIPS = {  # what is changed in the page's file: (from, to), and what is said
    "a layer of another name": ('"cnn.2"', '"cnn.relu"', r"layer conv1: the network has no module 'cnn.relu'; the nearest are cnn"),
    "no call": (
        "255 * video.permute(0, 2, 3, 4, 1)",
        "video",
        r"cannot take .* = \[1, 3, 16, 112, 112\] \(see `call`\): channels last, please \(.*gestures.py, line 15\)",
    ),
    "code that is not there": ("from gestures", "from gesture", r"imports gesture, which is neither beside it nor installed"),
    "a module in place of a Network": (
        "return Network(",
        "return GestureNet() or Network(",
        "gave GestureNet; .*Network was needed",
    ),
    "another function": ("def build", "def make", r"has no function build\(\*\*options\)"),
    "a slip in the file's own code": (
        "255 * video.permute",
        "255 * video.permuted",
        r"the network fails, shown .* = \[1, 3, 16, 112, 112\]: AttributeError: .* 'permuted' \(.*my_network.py, line 13\)",
    ),
    "an argument that a Network does not take": (
        "stride=1",
        "strides=1",
        r"my_network.py cannot be built with {}: .* unexpected keyword argument 'strides' \(.*my_network.py, line 7\)",
    ),
    "a name that is not there where the file is read": (
        "def build",
        "width = wide\n\n\ndef build",
        r"my_network.py cannot be imported: NameError: name 'wide' is not defined \(.*my_network.py, line 6\)",
    ),
    "weights of another network": ("GestureNet(),", "GestureNet(9),", r"other shapes: .*head.bias is \[7\], needed \[9\]"),
    "more frames than the clip has": ("frames=16", "frames=32", "32"),
    "a layer that runs for every frame by itself": (
        "module(255 * video.permute(0, 2, 3, 4, 1))",
        "[module(255 * frame.permute(0, 2, 3, 4, 1)) for frame in video.split(1, 2)]",
        "layer conv1 runs 16 times for one clip, and its last answer alone would be read",
    ),
    "answers at random": ("255 * video", "video.new_empty(()).uniform_(0, 255) * video", "nothing in it may be random"),
    "activations that grow": (
        "255 * video",
        "video.new_empty(()).uniform_(1e9, 2e9) * video",
        r"its units reach \de\+\d+, so large that rounding may do it",
    ),
    "clips in another order than the rows": ("255 * video", "video.flip(0)", "its first axis must be the clips"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_before_any_work(newcomer, slip):
    old, new, said = SLIPS[slip]
    text = block("python")
    assert text.count(old) == 1
    (newcomer / "my_network.py").write_text(text.replace(old, new))
    with pytest.raises(BadInput, match=said) as caught:
        describe_model("my_network", entry("my_network.py", weights="my_weights.pt"), CLIP)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            '{"conv1": "cnn.2", "gru": "rnn", "conv2": "cnn.5"}',
            "conv2, listed last, is taken for the last layer, and gru is computed after it",
        ),
        ('{"conv2": "cnn.5", "conv1": "cnn.2", "gru": "rnn"}', None),
    ],
)
def test_a_last_layer_that_is_not_the_last_is_told_of(newcomer, layers, said):
    text = block("python").replace('{"conv1": "cnn.2", "conv2": "cnn.5", "gru": "rnn"}', layers)
    (newcomer / "my_network.py").write_text(text)
    rows = describe_model("my_network", entry("my_network.py", weights="my_weights.pt"), CLIP)
    folded = "the rows of 2 of its 3 layers are 16 frames of a clip, averaged"  # the CNN's
    assert {row["note"] for row in rows} == {f"{folded}; {said}" if said else folded}


def test_a_file_that_is_no_python_is_told_with_its_line(newcomer):
    (newcomer / "my_network.py").write_text("import torch\ndef build(:\n    pass\n")
    with pytest.raises(BadInput, match=r"my_network.py, line 2: .*: def build\(:"):
        constant_of("my_network.py", "READS", ())


def test_a_name_that_the_default_config_has_is_told():
    merged = {"datasets": {"shapes": {"moving_shapes": {"videos": 64}, "folder": "/data"}}, "models": None}
    with pytest.raises(BadInput, match="datasets: shapes has moving_shapes and folder, one was needed; .* take a name"):
        check_merged(merged)


def test_a_checkpoint_without_a_state_dict_says_what_it_has(newcomer):
    torch.save({"epoch": 3, "weights_of_generator": {"a": torch.zeros(1)}}, newcomer / "my_weights.pt")
    with pytest.raises(BadInput, match="hold a dict of epoch, weights_of_generator; a state dict, names -> tensors, was needed"):
        describe_model("my_network", entry("my_network.py", weights="my_weights.pt"), CLIP)
