"""Reciprocal transforms between streams and between frames (Ren et al., RTNet, CVPR 2021), as released."""

import torch
import torch.nn.functional as F
from torch import nn

from workflow.parts.per_frame import PerFrame


class Transform(nn.Module):
    """Multi-head attention of one map [batch, unit, height, width] to another: maps of the first one's shape.

    As released, weights sum to 1 over the places of the source for each place of the query, and each place then gathers
    along the other axis: out_j = sum_i v_i softmax_j(q_i k_j / sqrt(units per head)).
    pooled: both are first reduced to the maxima over 3x3 at stride 2, and what is found is enlarged again.
    """

    def __init__(self, width, heads, pooled):
        super().__init__()
        self.heads, self.pooled = heads, pooled
        self.query, self.key, self.value = (nn.Conv2d(width, width, 1) for _ in range(3))

    def forward(self, x, source):
        size = x.shape[2:]
        if self.pooled:
            x, source = (F.max_pool2d(each, 3, 2, 1) for each in (x, source))
        query, key, value = (
            project(each).flatten(2).unflatten(1, (self.heads, -1))  # [batch, head, unit, place]
            for project, each in ((self.query, x), (self.key, source), (self.value, source))
        )
        weights = (query.transpose(2, 3) @ key / key.shape[2] ** 0.5).softmax(3)
        found = (value @ weights).view_as(x)
        return F.interpolate(found, size, mode="bilinear", align_corners=True) if self.pooled else found


class Reciprocal(nn.Module):
    """Scales, transforms and gates `count` maps of one shape by one another; a tuple of as many (the map itself for 1).

    Units are scaled by 1 to 2, read off the means of all maps. Each map then attends to the one before it in the circle,
    which is already transformed but for the first; a single map to itself. Places are scaled by 1 to 2, read off all maps.
    shared: all use one transform.
    """

    def __init__(self, width, heads, pooled, count=2, shared=True):
        super().__init__()
        self.count = count
        self.squeeze = nn.Conv2d(width * count, width // heads, 1)
        self.excite = nn.Conv2d(width // heads, width * count, 1)
        self.transforms = nn.ModuleList(Transform(width, heads, pooled) for _ in range(1 if shared else count))
        self.gate = nn.Conv2d(width * count, count, 1)

    def forward(self, *maps):
        joined = torch.cat(maps, 1)
        units = torch.sigmoid(self.excite(torch.relu(self.squeeze(joined.mean((2, 3), keepdim=True)))))
        maps = list((joined * (1 + units)).chunk(self.count, 1))
        for i in range(self.count):
            maps[i] = self.transforms[i % len(self.transforms)](maps[i], maps[i - 1])
        gates = torch.sigmoid(self.gate(torch.cat(maps, 1))).chunk(self.count, 1)
        gated = tuple(each * (1 + gate) for each, gate in zip(maps, gates, strict=True))
        return gated if self.count > 1 else gated[0]


class Sum(nn.Module):
    """The sum of its inputs: the module whose output a stream is read at after the exchange."""

    def forward(self, *parts):
        return sum(parts)


class Exchange(nn.Module):
    """Two streams [batch, unit, 2, height, width], each with what it learns of the other, its other frame and itself added."""

    def __init__(self, width, heads, pooled):
        super().__init__()
        self.appearance_frames, self.motion_frames = (Reciprocal(width, heads, pooled) for _ in range(2))
        self.streams = PerFrame(Reciprocal(width, heads, pooled, shared=False))
        self.appearance_self, self.motion_self = (PerFrame(Reciprocal(width, heads, pooled, count=1)) for _ in range(2))
        self.appearance, self.motion = Sum(), Sum()

    def forward(self, appearance, motion):
        of_motion, of_appearance = self.streams(appearance, motion)
        frames = torch.stack(self.appearance_frames(*appearance.unbind(2)), 2)
        told = self.appearance(appearance, frames, self.appearance_self(appearance), of_motion)
        frames = torch.stack(self.motion_frames(*motion.unbind(2)), 2)
        return told, self.motion(motion, frames, self.motion_self(motion), of_appearance)
