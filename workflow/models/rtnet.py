"""RTNet (Ren et al., CVPR 2021): reciprocal transforms between two streams and two frames, spatiotemporal attention fusion."""

import torch
from torch import nn

from workflow.parts.author_names import renaming
from workflow.parts.network import Network
from workflow.parts.per_frame import PerFrame
from workflow.parts.reciprocal_transforms import Exchange
from workflow.parts.residual_backbones import ResidualBackbone
from workflow.parts.residual_blocks import blocks_of
from workflow.parts.rtnet_names import RENAMED
from workflow.parts.segmentation import IMAGENET, Segmentation, convolution, resized
from workflow.parts.stream_fusion import ConvexGates
from workflow.parts.two_streams import STREAMS, check_width

READS = ("frames", "flow", "flow_backward")  # known while the workflow is parsed: which flows to estimate
SEGMENTS = True  # its output is a Segmentation
LEVELS = (2, 3, 4, 5)


class Wide(nn.Module):
    """A 1x1 convolution and 3x3 ones at dilations 1, 2, 4 and 8, joined."""

    def __init__(self, width_in, width):
        super().__init__()
        dilated = [convolution(width_in, width, 3, rate) for rate in (1, 2, 4, 8)]
        self.branches = nn.ModuleList([convolution(width_in, width, 1), *dilated])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Stage(nn.Module):
    """Three convolutions of a deeper map, enlarged to the one it is joined to, if any."""

    def __init__(self, width_in, inner, width):
        super().__init__()
        self.layers = nn.Sequential(*convolution(width_in, inner), *convolution(inner, inner), *convolution(inner, width))

    def forward(self, deeper, joined=None):
        return self.layers(deeper if joined is None else torch.cat([resized(deeper, joined, align_corners=True), joined], 1))


class Decoder(nn.Module):
    """Mask logits [batch, frame, height, width] of the levels wanted, at their sizes."""

    def __init__(self, deepest, width):
        super().__init__()
        out = {5: width * 4, 4: width * 2, 3: width, 2: width}
        inner = {5: width * 8, 4: width * 4, 3: width * 2, 2: width}
        read = {5: inner[5] * 5, 4: out[5] * 2, 3: out[4] * 2, 2: out[3] * 2}
        self.wide = PerFrame(Wide(deepest, inner[5]))
        self.stages = nn.ModuleDict({str(n): PerFrame(Stage(read[n], inner[n], out[n])) for n in (5, 4, 3, 2)})
        masks = {str(n): nn.Sequential(*convolution(out[n], width), nn.Conv2d(width, 1, 1)) for n in LEVELS}
        self.masks = nn.ModuleDict({n: PerFrame(mask) for n, mask in masks.items()})

    def forward(self, deepest, joined, wanted):
        found = {5: self.stages["5"](self.wide(deepest))}
        for level in (4, 3, 2):
            found[level] = self.stages[str(level)](found[level + 1], joined[level])
        return [self.masks[str(level)](found[level]).squeeze(1) for level in wanted]


class Stream(nn.Module):
    """Encoder and decoder of one stream, their parts run on every frame."""

    def __init__(self, blocks, width, channels):
        super().__init__()
        backbone = ResidualBackbone(blocks, width, channels, cardinality=True)
        self.widths = backbone.widths
        self.conv1 = PerFrame(backbone.conv1)
        self.stem = PerFrame(nn.Sequential(backbone.bn1, nn.ReLU(), nn.MaxPool2d(3, 2, 1)))
        self.layers = nn.ModuleDict({str(n): PerFrame(getattr(backbone, f"layer{n - 1}")) for n in LEVELS})
        bridged = {2: width, 3: width * 2, 4: width * 4}
        self.bridges = nn.ModuleDict({str(n): PerFrame(convolution(self.widths[n], to, 1)) for n, to in bridged.items()})
        self.decoder = Decoder(self.widths[5], width)


class RTNet(nn.Module):
    """Maps [frames, flow, backward flow], videos [batch, rgb, 2, height, width], to a Segmentation of both frames.

    In training mode its sides are the masks of levels 3..5 of the appearance stream, then those of levels 2..5 of the motion
    stream, whose decoder says nothing to the masks; else there are none.
    """

    def __init__(self, blocks, width):
        super().__init__()
        self.appearance, self.motion = Stream(blocks, width, 3), Stream(blocks, width, 6)
        units = self.appearance.widths
        heads = {n: 2 ** (n - 2) for n in LEVELS}
        self.exchanges = nn.ModuleDict({str(n): Exchange(units[n], heads[n], pooled=n == 2) for n in LEVELS})
        fusions = {n: ConvexGates(width * heads[n], squeezed=width, summed=True) for n in LEVELS[:3]}
        self.fusion = nn.ModuleDict({str(n): PerFrame(fusion) for n, fusion in fusions.items()})

    def forward(self, videos):
        frames, forward, backward = videos
        a = self.appearance.stem(self.appearance.conv1(frames))
        m = self.motion.stem(self.motion.conv1(torch.cat([forward, backward], 1)))
        fused, moved = {}, {}
        for level in LEVELS:
            a, m = self.exchanges[str(level)](self.appearance.layers[str(level)](a), self.motion.layers[str(level)](m))
            if level < 5:
                moved[level] = self.motion.bridges[str(level)](m)
                fused[level] = self.fusion[str(level)](self.appearance.bridges[str(level)](a), moved[level])
        sides = self.motion.decoder(m, moved, LEVELS) if self.training else ()
        masks = self.appearance.decoder(a, fused, LEVELS if self.training else LEVELS[:1])
        masks, *sides = (resized(mask, frames, align_corners=True) for mask in (*masks, *sides))
        return Segmentation(masks, sides=tuple(sides))


def build(depth=50, width=64, stride=5, size=384):
    """RTNet; layers appearance_1..5 and motion_1..5 (width x (1, 4, 8, 16, 32) units), then fusion_2..5 (width x (1, 2, 4, 4)).

    depth: 50, 101, or the numbers of blocks in the residual layers 2..5. stride: clip frames between the two frames. size:
    None takes clips as they are, as Kowal et al. (CVPR 2022) did at 480 x 854. Layers hold both frames, [batch, unit, frame,
    height, width]; fusion_5 is the first map of the decoder, as in that paper. 277.2 M parameters, as published.
    """
    check_width("rtnet", width)
    layers = {}
    for stream in STREAMS[:2]:
        layers |= {f"{stream}_1": f"{stream}.conv1"} | {f"{stream}_{n}": f"exchanges.{n}.{stream}" for n in LEVELS}
    layers |= {f"fusion_{n}": f"fusion.{n}" for n in LEVELS[:3]} | {"fusion_5": "appearance.decoder.stages.5"}
    # ASSUME: 5, as the authors draw the other frame among the 10 before and the 10 after.
    return Network(
        RTNet(blocks_of("rtnet", depth), width), layers, 2, stride, size,
        **IMAGENET, rename=renaming(RENAMED), pathways=(1, 1, 1), reads=READS, streams=STREAMS,
    )  # fmt: skip
