"""A small two-stream network of one frame and its flow, for tests; a family of its own file, as a user would bring it."""

import torch
from torch import nn

from workflow.parts.network import Network

READS = ("frames", "flow")


def convolutions(width):
    return nn.Sequential(nn.Conv2d(3, width, 3, 2, 1), nn.ReLU()), nn.Sequential(nn.Conv2d(width, width, 3, 2, 1), nn.ReLU())


class TwoStream(nn.Module):
    """Two layers per stream; `cross` adds motion to appearance after the first of them; `fusion` joins both."""

    def __init__(self, width, cross):
        super().__init__()
        self.appearance = nn.ModuleList(convolutions(width))
        self.motion = nn.ModuleList(convolutions(width))
        self.fusion, self.cross = nn.Conv2d(2 * width, width, 1), cross

    def forward(self, streams):
        frame, flow = (stream[:, :, 0] for stream in streams)  # [batch, rgb, height, width]
        flow = self.motion[0](flow)
        frame = self.appearance[0](frame)
        frame = frame + flow if self.cross else frame
        return self.fusion(torch.cat([self.appearance[1](frame), self.motion[1](flow)], 1))


def build(width=6, cross=False, frames=1, stride=1, reads=READS):
    layers = {f"{stream}_layer{k + 1}": f"{stream}.{k}" for stream in ("appearance", "motion") for k in range(2)}
    module, layers = TwoStream(width, cross), {**layers, "fusion": "fusion"}
    return Network(module, layers, frames, stride, pathways=(1,) * len(READS), reads=reads, streams=("appearance", "motion"))
