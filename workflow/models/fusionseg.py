"""FusionSeg, modified: two-stream DeepLabv3+ (Jain et al., CVPR 2017, as Kowal et al., CVPR 2022, build and release it).

Two ResNet-101 at output stride 16, fused after layers 2 and 5, and the decoder of DeepLabv3+ (Chen et al., ECCV 2018).
"""

import torch
from torch import nn

from workflow.parts.author_names import renaming
from workflow.parts.network import Network
from workflow.parts.residual_blocks import blocks_of
from workflow.parts.segmentation import IMAGENET, Segmentation, convolution, resized
from workflow.parts.two_streams import STREAMS, TwoStreams, check_options

READS = ("frames", "flow")  # known while the workflow is parsed: which flows to estimate
SEGMENTS = True  # its output is a Segmentation
RATES = (6, 12, 18)  # dilations at output stride 16
RENAMED = {
    r"backbone\.app_stream\.": "encoder.appearance.",
    r"backbone\.mot_stream\.": "encoder.motion.",
    r"backbone\.sensor_fusion\.layer1\.": "encoder.fusion.2.mix.",
    r"backbone\.sensor_fusion\.layer4\.": "encoder.fusion.5.mix.",
    r"classifier\.": "decoder.",
}
UNREAD = (r"backbone\.sensor_fusion\.layer[23]\.",)
LAST = "decoder.classifier.3."


class AtrousPyramid(nn.Module):
    """1x1 convolution, 3x3 convolutions at three dilations and the mean over space, joined and mixed."""

    def __init__(self, width_in, width):
        super().__init__()
        dilated = [convolution(width_in, width, 3, rate) for rate in RATES]
        overall = nn.Sequential(nn.AdaptiveAvgPool2d(1), *convolution(width_in, width, 1))
        self.convs = nn.ModuleList([convolution(width_in, width, 1), *dilated, overall])
        self.project = nn.Sequential(*convolution(width * 5, width, 1), nn.Dropout(0.1))

    def forward(self, x):
        return self.project(torch.cat([branch(x).expand(-1, -1, *x.shape[2:]) for branch in self.convs], 1))


class Decoder(nn.Module):
    """Mask logits [batch, 1, height, width] at the size of layer 2, from the fused layers 2 and 5."""

    def __init__(self, shallow, deep, width):
        super().__init__()
        few, many = width * 3 // 4, width * 4
        self.project = convolution(shallow, few, 1)
        self.aspp = AtrousPyramid(deep, many)
        self.classifier = nn.Sequential(*convolution(few + many, many), nn.Conv2d(many, 1, 1))

    def forward(self, shallow, deep):
        shallow = self.project(shallow)
        return self.classifier(torch.cat([shallow, resized(self.aspp(deep), shallow)], 1))


class FusionSeg(nn.Module):
    """Maps [frames, flow], videos of one frame [batch, rgb, 1, height, width], to a Segmentation."""

    def __init__(self, blocks, width, cross, fusion):
        super().__init__()
        self.encoder = TwoStreams(blocks, width, cross, fusion, fused=(2, 5), dilated=True)
        self.decoder = Decoder(self.encoder.widths[2], self.encoder.widths[5], width)

    def forward(self, videos):
        frames, flow = (video.squeeze(2) for video in videos)
        fused = self.encoder(frames, flow)
        return Segmentation(resized(self.decoder(fused[2], fused[5]), frames))


def rename(state):
    """Our names for those of the released checkpoint; its scores of background and object become their difference.

    The softmax of two scores is the sigmoid of their difference, so that the masks are the same.
    """
    state = renaming(RENAMED, UNREAD)(state)
    two = [name for name in (f"{LAST}weight", f"{LAST}bias") if name in state and len(state[name]) == 2]
    return state | {name: state[name][1:] - state[name][:1] for name in two}


def build(depth=101, width=64, cross="none", fusion="concat", size=None):
    """FusionSeg; layers appearance_1..5 and motion_1..5 (width x (1, 4, 8, 16, 32) units), then fusion_2 and fusion_5.

    depth: 50, 101, or the numbers of blocks in the residual layers 2..5. cross: "none", or after layers 3..5 "coatt" (motion
    to appearance), "gated" (the same with gates), "reciprocal" or "reciprocal_gated". fusion: "concat", or the gates of
    MATNet ("gated") or RTNet ("convex_gated"), which double the fused units. size: None takes clips as they are, at the
    paper's 480 x 854. The published 112.4 M parameters hold 2.6 M of fusions of layers 3 and 4 that are never read, and a
    score of the background; here there are 109.8 M. Layer 1 is the output of the first convolution, before its norm.
    """
    check_options("fusionseg", width, cross, fusion)
    module = FusionSeg(blocks_of("fusionseg", depth), width, cross, fusion)
    return Network(
        module, module.encoder.paths("encoder"), 1, 1, size, **IMAGENET, rename=rename,
        pathways=(1, 1), reads=READS, streams=STREAMS,
    )  # fmt: skip
