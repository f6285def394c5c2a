"""MATNet (Zhou et al., AAAI 2020): motion-attentive two-stream encoder, boundary-aware refinement; and without that, NoBAR.

Structure as released, also where it differs from the paper: what a checkpoint was trained with is what it means.
"""

import torch
import torch.nn.functional as F
from torch import nn

from workflow.parts.author_names import renaming
from workflow.parts.matnet_names import RENAMED, UNREAD
from workflow.parts.network import Network
from workflow.parts.residual_blocks import blocks_of
from workflow.parts.segmentation import IMAGENET, Segmentation, resized
from workflow.parts.two_streams import STREAMS, TwoStreams, check_options

READS = ("frames", "flow")  # known while the workflow is parsed: which flows to estimate
SEGMENTS = True  # its output is a Segmentation
LEVELS = (2, 3, 4, 5)


class BoundaryModule(nn.Module):
    """Boundary logits [batch, 1, height, width] of a fused map."""

    def __init__(self, width_in, width):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(width_in), nn.Conv2d(width_in, width, 3, padding=1)
        self.bn2, self.conv2 = nn.BatchNorm2d(width), nn.Conv2d(width, width, 3, padding=1)
        self.conv3 = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        x = F.relu(self.conv1(self.bn1(x)))
        return self.conv3(F.relu(self.conv2(self.bn2(x))))


class WideConvolution(nn.Module):
    """A 7x7 convolution as the sum of two separable ones (Peng et al., Large Kernel Matters, CVPR 2017)."""

    def __init__(self, width_in, width):
        super().__init__()
        tall, wide = {"kernel_size": (7, 1), "padding": (3, 0)}, {"kernel_size": (1, 7), "padding": (0, 3)}
        self.l1, self.l2 = nn.Conv2d(width_in, width, **tall), nn.Conv2d(width, width, **wide)
        self.r1, self.r2 = nn.Conv2d(width_in, width, **wide), nn.Conv2d(width, width, **tall)

    def forward(self, x):
        return self.l2(self.l1(x)) + self.r2(self.r1(x))


class Residual(nn.Module):
    """Two rectified 3x3 convolutions plus shortcut, without norms."""

    def __init__(self, width):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return x + self.conv2(F.relu(self.conv1(F.relu(x))))


class Refinement(nn.Module):
    """A fused map joined to the one refined before it: [batch, width, height, width] at the size of the fused map."""

    def __init__(self, width_in, width):
        super().__init__()
        self.near, self.far = nn.Conv2d(width_in, width // 4, 1), nn.Conv2d(width_in, width // 4, 3, padding=3, dilation=3)
        self.norm = nn.BatchNorm2d(width)
        self.before, self.after = Residual(width), Residual(width)

    def forward(self, x, deeper):
        # As released: one dilation three times over, where the paper has three.
        x = self.before(self.norm(torch.cat([self.near(x), *[self.far(x)] * 3], 1)))
        return self.after(x + resized(deeper, x))


class Decoder(nn.Module):
    """Mask logits [batch, 1, height, width] at the size of layer 2 and the boundary logits of layers 2..5 at theirs."""

    def __init__(self, widths, width, boundary):
        super().__init__()
        self.boundary = nn.ModuleDict({str(n): BoundaryModule(widths[n], width) for n in LEVELS} if boundary else {})
        self.combine = nn.Conv2d(len(LEVELS), 1, 3, padding=1) if boundary else None
        read = {n: widths[n] + bool(boundary) for n in LEVELS}
        self.wide = WideConvolution(read[5], width * 4)
        self.deepest = Residual(width * 4)
        self.refine = nn.ModuleDict({str(n): Refinement(read[n], width * 4) for n in (4, 3, 2)})
        self.predict = nn.Conv2d(width * 4, 1, 3, padding=1)

    def forward(self, fused):
        boundaries = {n: self.boundary[str(n)](fused[n]) for n in LEVELS if self.boundary}
        read = {n: torch.cat([fused[n], boundaries[n]], 1) if boundaries else fused[n] for n in LEVELS}
        refined = self.deepest(self.wide(read[5]))
        for level in (4, 3, 2):
            refined = self.refine[str(level)](read[level], refined)
        return self.predict(F.relu(refined)), list(boundaries.values())


class MATNet(nn.Module):
    """Maps [frames, flow], videos of one frame [batch, rgb, 1, height, width], to a Segmentation.

    Its boundaries are the one combined of all layers, then those of layers 2..5.
    """

    def __init__(self, blocks, width, cross, fusion, boundary):
        super().__init__()
        self.encoder = TwoStreams(blocks, width, cross, fusion, LEVELS)
        self.decoder = Decoder(self.encoder.widths, width, boundary)

    def forward(self, videos):
        frames, flow = (video.squeeze(2) for video in videos)
        masks, boundaries = self.decoder(self.encoder(frames, flow))
        boundaries = [resized(boundary, frames) for boundary in boundaries]
        combined = [self.decoder.combine(torch.cat(boundaries, 1))] if boundaries else []
        return Segmentation(resized(masks, frames), (*combined, *boundaries))


def build(depth=101, width=64, cross="coatt", fusion="gated", boundary=True, size=473):
    """MATNet; layers appearance_1..5 and motion_1..5 (width x (1, 4, 8, 16, 32) units), fusion_2..5 (width x (8, 16, 32, 64)).

    depth: 50, 101, or the numbers of blocks in the residual layers 2..5. cross, fusion: as in `fusionseg`; the published
    network has "coatt" and "gated", its variants the others. boundary: False leaves out the boundary-aware refinement
    (NoBAR). size: None takes clips as they are, as Kowal et al. (CVPR 2022) did at 480 x 854. A released checkpoint is two
    files: save {"encoder": ..., "decoder": ...} of what they hold as one. The published 99.5 M parameters are those of the
    encoder, with 11.0 M that are never read, left out here: 88.5 M, and 119.2 M with the decoder.
    """
    check_options("matnet", width, cross, fusion)
    module = MATNet(blocks_of("matnet", depth), width, cross, fusion, boundary)
    return Network(
        module, module.encoder.paths("encoder"), 1, 1, size, **IMAGENET, rename=renaming(RENAMED, UNREAD),
        pathways=(1, 1), reads=READS, streams=STREAMS,
    )  # fmt: skip
