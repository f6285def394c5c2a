"""What is said to be averaged is what pooling averages: one value of 1 among zeros becomes 1 over the numbers named."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.model_entry import entry
from workflow.parts.layer_shapes import averaged_over
from workflow.parts.unit_values import unit_values
from workflow.scripts.describe_model import describe_model

TOKENS = "class frame space"
CASES = {  # shape, its one 1, what is said
    "volumes": ((1, 5, 4, 6, 7), (0, 2, 1, 3, 3), {}, "4 x 6 x 7"),
    "volumes, units last": ((1, 4, 6, 7, 5), (0, 1, 3, 3, 2), {"channels_last": True}, "4 x 6 x 7"),
    "volumes by frame": ((1, 5, 4, 6, 7), (0, 2, 1, 3, 3), {"pooling": "frames"}, "6 x 7, frame by frame"),
    "units last by frame": (
        (1, 4, 6, 7, 5),
        (0, 1, 3, 3, 2),
        {"channels_last": True, "pooling": "frames"},
        "6 x 7, frame by frame",
    ),
    "images": ((4, 5, 6, 7), (3, 2, 3, 3), {"folded": 4}, "4 frames x 6 x 7"),
    "images by frame": ((4, 5, 6, 7), (3, 2, 3, 3), {"folded": 4, "pooling": "frames"}, "6 x 7, frame by frame"),
    "all tokens": ((1, 9, 5), (0, 3, 2), {"tokens": TOKENS}, "9 tokens"),
    "unknown tokens": ((1, 9, 5), (0, 3, 2), {}, "9 tokens or steps"),
    "patches": ((1, 9, 5), (0, 3, 2), {"tokens": TOKENS, "pooling": "patches"}, "8 of 9 tokens"),
    "no class token": ((1, 8, 5), (0, 3, 2), {"tokens": "frame space", "pooling": "patches"}, "8 tokens"),
    "class token": ((1, 9, 5), (0, 0, 2), {"tokens": TOKENS, "pooling": "class"}, "1 of 9 tokens, the class token"),
    "class tokens of images": (
        (4, 9, 5),
        (1, 0, 2),
        {"tokens": "class space", "pooling": "class", "folded": 4},
        "4 frames x 1 of 9 tokens, the class token",
    ),
    "tokens of images": ((4, 9, 5), (1, 0, 2), {"tokens": "class space", "folded": 4}, "4 frames x 9 tokens"),
    "one value of frames": ((4, 5), (1, 2), {"folded": 4}, "4 frames"),
    "one value by frame": ((4, 5), (1, 2), {"folded": 4, "pooling": "frames"}, None),
    "tokens by frame": ((1, 13, 5), (0, 4, 2), {"tokens": TOKENS, "pooling": "frames"}, "3 of 13 tokens, frame by frame"),
    "tokens of images by frame": (
        (4, 9, 5),
        (1, 0, 2),
        {"tokens": "class space", "folded": 4, "pooling": "frames"},
        "9 tokens, frame by frame",
    ),
    "one token": ((1, 1, 5), (0, 0, 2), {}, None),
    "one place": ((1, 5, 1, 1, 1), (0, 2, 0, 0, 0), {}, None),
    "one value": ((1, 5), (0, 2), {}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_to_be_averaged_is(case):
    shape, place, about, said = CASES[case]
    about = {"pooling": "mean", "tokens": None, "channels_last": False, "folded": None} | about
    network = SimpleNamespace(tokens=about["tokens"], channels_last=about["channels_last"])
    output = torch.zeros(shape)
    output[place] = 1
    values = unit_values(output, "it", about["pooling"], about["tokens"], [np.arange(4)[None]], about["channels_last"])
    assert averaged_over(output.shape, values.shape[1], about["folded"], network, about["pooling"]) == said
    numbers = map(int, re.findall(r"\d+", re.sub(r"of \d+", "", said or "")))
    assert values.max().item() == pytest.approx(1 / math.prod(numbers), rel=1e-6)
    assert values.count_nonzero() == 1


SEQUENCES = """
from torch import nn
from workflow.parts.network import Network


class Sequences(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.mixed, self.rnn = nn.Conv2d(3, 4, 3), nn.Conv1d(4, 6, 3, padding=1), nn.GRU(6, 5)
        self.blocks = nn.ModuleList(nn.Linear(5, 5) for _ in range(4))
        self.pool = nn.AdaptiveAvgPool1d(1)

    def forward(self, images):
        values = self.stem(images).mean((2, 3)).view(-1, 8, 4)
        steps = self.rnn(self.mixed(values.transpose(1, 2)).permute(2, 0, 1))[0].transpose(0, 1)
        for block in self.blocks:
            steps = block(steps)
        return self.pool(steps.transpose(1, 2)).squeeze(2)


def build():
    layers = {"stem": "stem", "mixed": "mixed", "rnn": "rnn", "first": "blocks.0", "third": "blocks.2"}
    call = lambda module, video: module(video.transpose(1, 2).flatten(0, 1))
    return Network(Sequences(), layers, frames=8, stride=1, size=16, call=call)
"""


def test_a_network_is_described_with_what_is_averaged_and_what_is_not_read(tmp_path):
    """Frames folded into the batch, convolutions over time, a recurrent layer whose batch comes second, a last block unread."""
    (tmp_path / "sequences.py").write_text(SEQUENCES)
    own = entry(str(tmp_path / "sequences.py"))
    rows = describe_model("net", own, {"frames": 16, "crop": [16, 16]})
    steps = "8 tokens or steps"
    assert [(row["units"], row["averaged_over"]) for row in rows] == (
        [(4, "8 frames x 14 x 14"), (6, steps), (5, steps), (5, steps), (5, steps)]
    )
    unread = "not read, though built like third and listed after it in the network: blocks.3"
    assert rows[0]["note"].split("; ") == ["the rows of 1 of its 5 layers are 8 frames of a clip, averaged", unread]
    auto = describe_model("net", own | {"layers": "auto"}, {"frames": 16, "crop": [16, 16]})
    assert "not read, though" not in auto[0]["note"]
