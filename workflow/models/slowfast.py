"""SlowFast (Feichtenhofer et al., ICCV 2019, Table 1), at any width, depth and ratio of its two rates.

Module names are those of the public PyTorchVideo checkpoints, so that their `model_state` loads strictly.
"""

import torch
from torch import nn

from workflow.lib.errors import BadInput
from workflow.parts.network import Network
from workflow.parts.preprocessing import published_short_side
from workflow.parts.residual_blocks import BLOCKS, MEAN, STD, Head, blocks_of, residual_layers

KERNELS = (1, ((1,), (1,), (3,), (3,))), (5, ((3,), (3,), (3,), (3,)))  # temporal, of the slow and of the fast pathway
BETA_INVERSE = 8  # units of the slow pathway to one of the fast
RATIO = 2  # units that a lateral connection makes of one unit of the fast pathway


class LateralConnection(nn.Module):
    """The slow activations with the fast ones, brought to their rate by a convolution over time, joined to them."""

    def __init__(self, fast_width, kernel, alpha):
        super().__init__()
        width, pad = fast_width * RATIO, (kernel // 2, 0, 0)
        self.conv_fast_to_slow = nn.Conv3d(fast_width, width, (kernel, 1, 1), (alpha, 1, 1), pad, bias=False)
        self.norm = nn.BatchNorm3d(width)
        self.activation = nn.ReLU()

    def forward(self, slow, fast):
        lateral = self.activation(self.norm(self.conv_fast_to_slow(fast)))
        return torch.cat([slow, lateral], 1)  # [batch, slow unit + lateral unit, slow frame, height, width]


class TwoPathways(nn.Module):
    """One of res1..res5 in both pathways, then the lateral connection; res5 has none."""

    def __init__(self, slow, fast, lateral):
        super().__init__()
        self.multipathway_blocks = nn.ModuleList([slow, fast])
        self.multipathway_fusion = lateral

    def forward(self, videos):
        slow, fast = (block(x) for block, x in zip(self.multipathway_blocks, videos, strict=True))
        return [slow if self.multipathway_fusion is None else self.multipathway_fusion(slow, fast), fast]


class JoinPathways(nn.Module):
    """Means over space and time of both pathways, joined: [batch, slow unit + fast unit, 1, 1, 1]."""

    def forward(self, videos):
        return torch.cat([x.mean((2, 3, 4), keepdim=True) for x in videos], 1)


class SlowFast(nn.Module):
    """Maps [slow video, fast video], the fast one with alpha times the frames, to class scores [batch, class]."""

    def __init__(self, blocks, width, classes, alpha, lateral_kernel, dropout):
        super().__init__()
        fast_width = width // BETA_INVERSE
        slow = residual_layers(width, *KERNELS[0], blocks, lateral=RATIO / BETA_INVERSE)
        fast = residual_layers(fast_width, *KERNELS[1], blocks)
        lateral = [LateralConnection(fast_width * factor, lateral_kernel, alpha) for factor in (1, 4, 8, 16)] + [None]
        pathways = [TwoPathways(*parts) for parts in zip(slow, fast, lateral, strict=True)]
        self.blocks = nn.ModuleList([*pathways, JoinPathways(), Head((width + fast_width) * 32, classes, dropout)])

    def forward(self, videos):
        for block in self.blocks:
            videos = block(videos)
        return videos


def build(
    depth=50, width=64, classes=400, frames=32, stride=2, size=224, alpha=4, lateral_kernel=None, fused=False, dropout=0.5
):  # fmt: skip
    """SlowFast 8x8; alpha 8 makes it SlowFast 4x16. Layers slow_res1..slow_res5, then fast_res1..fast_res5.

    The pathways stand one after the other, so that each is one piece of a layer curve; the fast pathway has an eighth of
    the units of the slow one, which has width x (1, 4, 8, 16, 32).
    depth: 50, 101, or the numbers of blocks in res2..res5.
    frames: shown to the fast pathway; the slow one is shown every alpha-th of them.
    lateral_kernel: frames that a lateral connection reads; None takes the paper's 5, but the 7 of the public 8x8 R50.
    dropout: share of the last means dropped in training; narrow networks learn faster with less than the published half.
    fused: read the slow pathway after its lateral connection: slow_res1..slow_res4 have a quarter more units, which come
        from the fast pathway. By default both are read before it, as in Kowal et al. (CVPR 2022).
    """
    if frames % alpha:
        raise BadInput(f"slowfast: {frames} frames at alpha {alpha} came, a multiple of alpha was needed")
    if width % BETA_INVERSE:
        raise BadInput(f"slowfast: width {width} came, a multiple of {BETA_INVERSE} was needed")
    blocks = blocks_of("slowfast", depth)
    kernel = lateral_kernel or (7 if (blocks, alpha) == (BLOCKS[50], 4) else 5)
    module = SlowFast(blocks, width, classes, alpha, kernel, dropout)
    slow = {f"slow_res{i + 1}": f"blocks.{i}.multipathway_blocks.0" for i in range(5)}
    if fused:
        slow |= {f"slow_res{i + 1}": f"blocks.{i}.multipathway_fusion" for i in range(4)}
    fast = {f"fast_res{i + 1}": f"blocks.{i}.multipathway_blocks.1" for i in range(5)}
    return Network(
        module, slow | fast, frames, stride, size, MEAN, STD, pathways=(alpha, 1), streams=("slow", "fast"),
        short_side=published_short_side(size), any_size=True,
    )  # fmt: skip
