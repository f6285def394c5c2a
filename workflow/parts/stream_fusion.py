"""Fusions of an appearance and a motion stream; all take two maps [batch, unit, height, width] and say the `width` they give."""

import torch
from torch import nn


class Concatenation(nn.Module):
    """A 1x1 convolution of both streams' units, without norm, to as many units as one of them has (FusionSeg, modified)."""

    def __init__(self, width):
        super().__init__()
        self.width = width
        self.mix = nn.Conv2d(width * 2, width, 1)

    def forward(self, appearance, motion):
        return self.mix(torch.cat([appearance, motion], 1))


class ScaleSensitiveGates(nn.Module):
    """O = U + g s U_se of both streams' units U (Zhou et al., MATNet, AAAI 2020, Sec. 3.1).

    U_se: U times a gate per unit (squeeze and excitation, Hu et al., CVPR 2018); s: a normed 7x7 convolution of the greatest
    unit of U_se at each place, as released without a sigmoid; g in (0, 1): one number per image.
    """

    def __init__(self, width):
        super().__init__()
        self.width = width * 2
        self.squeeze = nn.Linear(self.width, self.width // 16)
        self.excite = nn.Linear(self.width // 16, self.width)
        self.scale = nn.Linear(self.width // 16, 1)
        self.place = nn.Sequential(nn.Conv2d(1, 1, 7, padding=3, bias=False), nn.BatchNorm2d(1, momentum=0.01))

    def forward(self, appearance, motion):
        units = torch.cat([appearance, motion], 1)
        squeezed = torch.relu(self.squeeze(units.mean((2, 3))))
        excited = units * torch.sigmoid(self.excite(squeezed))[..., None, None]
        scale = torch.sigmoid(self.scale(squeezed))[..., None, None]  # [batch, 1, 1, 1]
        return units + scale * self.place(excited.amax(1, keepdim=True)) * excited


class ConvexGates(nn.Module):
    """A convex combination of the streams: c of the one and 1 - c of the other per unit, then the same per place.

    Ren et al. (RTNet, CVPR 2021), spatiotemporal attention fusion. The gate of a unit is read off the means of both streams,
    through `squeezed` numbers; that of a place off the mean and the greatest unit of either stream, by a 7x7 convolution.
    summed: False keeps the two weighted streams apart, as in the variant of MATNet of Kowal et al. (CVPR 2022).
    """

    def __init__(self, width, squeezed=None, summed=False):
        super().__init__()
        self.width, self.summed = width if summed else width * 2, summed
        self.squeeze = nn.Conv2d(width * 2, squeezed or width // 8, 1)
        self.excite = nn.Conv2d(squeezed or width // 8, width, 1)
        self.place = nn.Conv2d(4, 1, 7, padding=3, bias=False)

    def forward(self, appearance, motion):
        means = torch.cat([appearance, motion], 1).mean((2, 3), keepdim=True)
        unit = torch.sigmoid(self.excite(torch.relu(self.squeeze(means))))
        parts = [appearance * unit, motion * (1 - unit)]
        seen = [summary for part in parts for summary in (part.mean(1, keepdim=True), part.amax(1, keepdim=True))]
        place = torch.sigmoid(self.place(torch.cat(seen, 1)))
        parts = [parts[0] * place, parts[1] * (1 - place)]
        return parts[0] + parts[1] if self.summed else torch.cat(parts, 1)


FUSIONS = {"concat": Concatenation, "gated": ScaleSensitiveGates, "convex_gated": ConvexGates}
