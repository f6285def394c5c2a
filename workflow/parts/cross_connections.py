"""Cross-connections between an appearance and a motion stream: co-attention, one way or reciprocal, plain or gated.

Zhou et al. (MATNet, AAAI 2020), Sec. 3.1; the variants are those of Kowal et al. (CVPR 2022) in their released code.
"""

import torch
import torch.nn.functional as F
from torch import nn

CROSS = {  # name -> options of CoAttention
    "none": None,
    "coatt": {},
    "gated": {"gated": True},
    "reciprocal": {"reciprocal": True},
    "reciprocal_gated": {"gated": True, "reciprocal": True},
}
ROUNDS = 5
GAIN = 0.1  # of random scores, beside He's: a peak over places feeds itself from round to round


class RectifiedSum(nn.Module):
    """relu(x + y): the module whose output a stream is read at after a cross-connection."""

    def forward(self, x, y):
        return F.relu(x + y)


class CoAttention(nn.Module):
    """Two streams [batch, unit, height, width] of one shape, each with what it is told by the other added: the same shapes.

    In each round either stream is weighted by a softmax over places, A and M. With the affinity T = tanh((P_m M)' P_a A)
    [place of motion, place of appearance], the appearance stream is told A T' over its length at every place: how the motion
    at a place selects appearance. The motion stream is told M itself, or M T over its length where reciprocal. Gates in
    (0, 1) per place and stream, read off both, add (1 + gate) times the weighted stream to what that stream is told. All
    rounds but the last change only what the next round reads; what the last one tells is added to the streams as they came.
    """

    def __init__(self, width, gated=False, reciprocal=False, rounds=ROUNDS):
        super().__init__()
        self.reciprocal, self.rounds = reciprocal, rounds
        self.place_appearance, self.place_motion = nn.Conv2d(width, 1, 1), nn.Conv2d(width, 1, 1)
        for scores in (self.place_appearance, self.place_motion):
            scores.weight.gain = GAIN
        self.project_appearance, self.project_motion = nn.Conv2d(width, width // 16, 1), nn.Conv2d(width, width // 16, 1)
        self.gates = nn.Conv2d(width * 2, 2, 1) if gated else None
        self.appearance, self.motion = RectifiedSum(), RectifiedSum()

    def forward(self, appearance, motion):
        a, m = appearance, motion
        for _ in range(self.rounds - 1):
            to_appearance, to_motion = self.told(a, m)
            a, m = F.relu(a + to_appearance), F.relu(m + to_motion)
        to_appearance, to_motion = self.told(a, m)
        return self.appearance(appearance, to_appearance), self.motion(motion, to_motion)

    def told(self, appearance, motion):
        """What one round tells the appearance and the motion stream."""
        a, m = at_places(appearance, self.place_appearance), at_places(motion, self.place_motion)
        affinity = torch.tanh(self.project_motion(m).flatten(2).transpose(1, 2) @ self.project_appearance(a).flatten(2))
        to_appearance = F.normalize(a.flatten(2) @ affinity.transpose(1, 2)).view_as(a)
        to_motion = F.normalize(m.flatten(2) @ affinity).view_as(m) if self.reciprocal else m
        if self.gates is not None:
            gates = torch.sigmoid(self.gates(torch.cat([a, m], 1)))
            to_appearance = to_appearance + a * (1 + gates[:, :1])
            to_motion = to_motion + m * (1 + gates[:, 1:]) if self.reciprocal else to_motion
        return to_appearance, to_motion


def at_places(x, scores):
    """A stream times the softmax over its places of what a 1x1 convolution gives there."""
    return x * scores(x).flatten(2).softmax(2).view(len(x), 1, *x.shape[2:])
