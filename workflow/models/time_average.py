"""Control network blind to frame order: what it sees is the mean of the frames."""

import torch
from torch import nn

from workflow.parts.network import Network
from workflow.parts.seeding import generator


class TimeAverage(nn.Module):
    """Mean over frames, then fixed random 5x5 filters, rectified: [batch, rgb, frame, h, w] -> [batch, unit, h, w]."""

    def __init__(self, units):
        super().__init__()
        self.mean = nn.Identity()
        self.filters = nn.Sequential(nn.Conv2d(3, units, 5, padding=2, bias=False), nn.ReLU())
        kernels = generator("time_average", units).standard_normal(self.filters[0].weight.shape, dtype="float32")
        self.filters[0].weight = nn.Parameter(torch.from_numpy(kernels), requires_grad=False)

    def forward(self, video):
        return self.filters(self.mean(video.mean(2)))


def build(units=32, frames=8, stride="spread", size=None):
    """Control whose static similarity is 1 and whose order-dependence is 0, whatever the clips."""
    layers = {"mean": "mean", "filters": "filters"}
    return Network(TimeAverage(units), layers, frames, stride, size, control=True)
