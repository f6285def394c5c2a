"""What networks that segment objects share: what they give, how their input was normalised, pieces of their decoders."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}  # of frames and of pictures of flow alike


class Segmentation(NamedTuple):
    """What a network says of the object in its frames, in logits [batch, frame, height, width] at the size of its input.

    masks: of the object, one per frame shown: the answer. boundaries: of the object's boundary, several estimates that a
    training compares with one truth; empty where the method has none. sides: further estimates of `masks`, for training alone.
    """

    masks: torch.Tensor
    boundaries: tuple = ()
    sides: tuple = ()


def resized(maps, like, align_corners=False):
    """Maps [batch, unit, height, width] resized bilinearly to the height and width of other ones."""
    return F.interpolate(maps, like.shape[-2:], mode="bilinear", align_corners=align_corners)


def convolution(width_in, width, kernel=3, rate=1):
    """Convolution, norm, rectification, at unchanged size."""
    kernels = nn.Conv2d(width_in, width, kernel, padding=rate * (kernel // 2), dilation=rate, bias=False)
    return nn.Sequential(kernels, nn.BatchNorm2d(width), nn.ReLU())
