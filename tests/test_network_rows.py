"""What the rows of a network are: frames folded into the batch are told, and outputs, reshapes and orders that are mistaken."""

import re

import pytest

from tests.copied_project import ROOT
from tests.model_entry import entry
from workflow.lib.errors import BadInput
from workflow.scripts.describe_model import describe_model

CALL = re.search(r"frames folded into the batch.*?`call=(.*?)`;", (ROOT / "docs/own-data.md").read_text())[1]
SEGMENTS = """
from torch import nn
from workflow.parts.network import Network


class Folded(nn.Module):
    def __init__(self, segments=8):
        super().__init__()
        self.segments, self.pool = segments, nn.AvgPool3d((1, 2, 2))
        self.stem, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

    def forward(self, images):
        scores = self.head(self.stem(images).mean((2, 3)))
        return scores.view(-1, self.segments, 5).mean(1)


def build(frames=8):
    return Network(Folded(), {"stem": "stem", "head": "head"}, frames=frames, stride=1, size=16, call=CALL)
"""
CLIP = {"frames": 16, "crop": [16, 16]}
NOTE = "the rows of its layers are 8 frames of a clip, averaged"


@pytest.fixture
def described(tmp_path):
    """Describes the network with another call or class list; gives its note."""
    (tmp_path / "classes.txt").write_text("a\nb\nc\nd\ne\n")

    def describe(call=CALL, scored=False, keys=(), **options):
        (tmp_path / "folded.py").write_text(SEGMENTS.replace("CALL", call))
        own = {"classes": str(tmp_path / "classes.txt")} if scored else {}
        return describe_model("net", entry(str(tmp_path / "folded.py"), **options) | own | dict(keys), CLIP)[0]["note"]

    return describe


def test_frames_that_are_rows_are_told(described):
    assert described() == described(scored=True) == NOTE
    assert described(keys={"layers": ["head"]}) == NOTE
    assert described(keys={"pooling": "frames"}) == "the rows of its layers are 8 frames of a clip, one by one"


def test_layers_whose_rows_are_frames_are_counted(described):
    call = "lambda module, video: module(module.pool(video).transpose(1, 2).flatten(0, 1))"
    layers = {"layers": {"pool": "pool", "stem": "stem", "head": "head"}}
    assert described(call, keys=layers) == "the rows of 2 of its 3 layers are 8 frames of a clip, averaged"


ODD = {  # a network's call, its frames, and what is said of its output
    CALL: (16, "its output has 2 rows for one clip of 16 frames, one was needed: "),
    f"{CALL}.mean(0)": (8, "its output has 5 rows for one clip of 8 frames, one was needed: "),
    f"{CALL}.sum()": (8, "its output has 0 rows for one clip of 8 frames, one was needed: "),
    f"{CALL}[:-1]": (8, "its output has 0 rows for one clip of 8 frames, one was needed: "),
    f"{CALL}.mean(0, keepdim=True)": (8, "its output has 1 row for two clips of 8 frames, two were needed: "),
}


@pytest.mark.parametrize("call", ODD)
def test_an_output_whose_rows_are_not_clips_is_told_and_where_accuracy_is_measured_refused(described, call):
    frames, said = ODD[call]
    said += f"is its first axis the clips, and does it take {frames} frames?"
    assert described(call, frames=frames) == f"{NOTE.replace('8', str(frames))}; Warning: {said}"
    with pytest.raises(BadInput) as caught:
        described(call, scored=True, frames=frames)
    assert str(caught.value) == f"model net: {said}"


def test_outputs_of_frames_and_of_no_tensors_are_not_told_of(described):
    for output in ("module.head(module.stem(images).mean((2, 3)))", "(module(images), 0)", "{'logits': module(images)}"):
        assert described(f"lambda module, video: [{output} for images in [video.transpose(1, 2).flatten(0, 1)]][0]") == NOTE


def test_an_output_of_clips_in_another_order_is_refused_where_accuracy_is_measured(described):
    with pytest.raises(BadInput, match="model net: its output gives a clip other values .* must be the clips, and nothing in"):
        described(f"{CALL}.flip(0)", scored=True)


def test_frames_of_clips_that_alternate_are_refused(described):
    with pytest.raises(BadInput, match="layer stem gives a clip other values .* or clips x frames with the"):
        described("lambda module, video: module(video.permute(2, 0, 1, 3, 4).flatten(0, 1))")


BY_FRAME = "lambda module, video: module.head(module.stem({}).mean((2, 3)))"  # of any number of frames


@pytest.mark.parametrize("frames", [2, 3, 8, 16])
def test_a_reshape_that_mixes_colours_and_frames_is_refused(described, frames):
    said = r"red is in the first \d of the \d+ rows of layer stem alone, blue in the last: video.transpose\(1, 2\)"
    with pytest.raises(BadInput, match=said):
        described(BY_FRAME.format("video.reshape(-1, 3, *video.shape[3:])"), frames=frames)


@pytest.mark.parametrize("frames", [2, 3, 8])
def test_networks_that_see_their_first_frames_alone_are_not_taken_for_such(described, frames):
    first = -(-frames // 3)
    seen = f"video.new_tensor([1.0] * {first} + [0.0] * {frames - first}).repeat(len(video)).view(-1, 1, 1, 1)"
    told = described(BY_FRAME.format(f"video.transpose(1, 2).flatten(0, 1) * {seen}"), frames=frames)
    assert told == NOTE.replace("8", str(frames))


@pytest.mark.parametrize(
    "call", ["module(video.new_zeros(len(video) * 8, 3, 16, 16))", "module(IMAGES[:, [2, 1, 0]])", "module(IMAGES)"]
)
def test_networks_of_few_colours_are_not_taken_for_such(described, call):
    grey = "video.mean(1, keepdim=True).expand_as(video).transpose(1, 2).flatten(0, 1)"
    assert described(f"lambda module, video: {call.replace('IMAGES', grey)}") == NOTE
