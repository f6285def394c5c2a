"""What is said to be averaged is what pooling averages: one value of 1 among zeros becomes 1 over the numbers named."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from workflow.parts.layer_shapes import averaged_over
from workflow.parts.unit_values import unit_values

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
    "class token": ((1, 9, 5), (0, 0, 2), {"tokens": TOKENS, "pooling": "class"}, "1 of 9 tokens"),
    "class tokens of images": (
        (4, 9, 5),
        (1, 0, 2),
        {"tokens": "class space", "pooling": "class", "folded": 4},
        "4 frames x 1 of 9 tokens",
    ),
    "tokens of images": ((4, 9, 5), (1, 0, 2), {"tokens": "class space", "folded": 4}, "4 frames x 9 tokens"),
    "one value of frames": ((4, 5), (1, 2), {"folded": 4}, "4 frames"),
    "one value": ((1, 5), (0, 2), {}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_to_be_averaged_is(case):
    shape, place, about, said = CASES[case]
    about = {"pooling": "mean", "tokens": None, "channels_last": False, "folded": None} | about
    network = SimpleNamespace(tokens=about["tokens"], channels_last=about["channels_last"])
    assert averaged_over(torch.Size(shape), about["folded"], network, about["pooling"]) == said
    output = torch.zeros(shape)
    output[place] = 1
    values = unit_values(output, "it", about["pooling"], about["tokens"], [np.arange(4)[None]], about["channels_last"])
    numbers = map(int, re.findall(r"\d+", re.sub(r"of \d+", "", said or "")))
    assert values.max().item() == pytest.approx(1 / math.prod(numbers), rel=1e-6)
    assert values.count_nonzero() == 1


def test_tokens_by_frame_are_said_to_be():
    network = SimpleNamespace(tokens=TOKENS, channels_last=False)
    assert averaged_over((1, 9, 5), None, network, "frames") == "8 of 9 tokens, frame by frame"
