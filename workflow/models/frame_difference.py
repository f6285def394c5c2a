"""Control network blind to the gain and offset of each colour channel: it sees only how frames change."""

import torch
from torch import nn

from workflow.lib.errors import BadInput
from workflow.parts.network import Network


class FrameDifference(nn.Module):
    """Mean |difference| of frames `lag` apart over the clip's standard deviation: [batch, rgb, frame, h, w] -> [batch, rgb].

    0 on a still; unchanged under positive gain and offset per channel, because both cancel in the ratio.
    """

    def __init__(self, lag):
        super().__init__()
        self.lag = lag

    def forward(self, video):
        video = video.double()
        change = (video[:, :, self.lag :] - video[:, :, : -self.lag]).abs().mean((2, 3, 4))
        deviation = video.std((2, 3, 4), correction=0)
        return torch.where(change == 0, 0.0, change / deviation)  # a still of one colour has neither


class FrameDifferences(nn.Module):
    """Frame differences at several lags, one layer each."""

    def __init__(self, lags):
        super().__init__()
        self.lags = nn.ModuleDict({f"lag{lag}": FrameDifference(lag) for lag in lags})

    def forward(self, video):
        return torch.cat([layer(video) for layer in self.lags.values()], 1)


def build(lags=(1, 2, 4), frames=8, stride="spread", size=None):
    """Control that reads only change over time, at the given lags in sampled frames."""
    if max(lags) >= frames:
        raise BadInput(f"frame_difference: a lag of {max(lags)} came, {frames} frames allow at most {frames - 1}")
    layers = {f"lag{lag}": f"lags.lag{lag}" for lag in lags}
    return Network(FrameDifferences(lags), layers, frames, stride, size, control=True)
