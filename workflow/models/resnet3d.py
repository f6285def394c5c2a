"""3D residual networks of one pathway: C2D, I3D, SlowOnly and FastOnly, at any width and depth.

C2D and I3D as in Wang et al. (Non-local, CVPR 2018, Table 1), the pathways of SlowFast as in Feichtenhofer et al. (ICCV
2019, Table 1). Module names are those of the public PyTorchVideo checkpoints, so that their `model_state` loads strictly.
"""

from dataclasses import dataclass

from torch import nn

from workflow.lib.errors import BadInput
from workflow.parts.network import Network
from workflow.parts.preprocessing import published_short_side
from workflow.parts.residual_blocks import MEAN, STD, Head, blocks_of, residual_layers


@dataclass(frozen=True)
class Architecture:
    """Temporal kernels of the stem and of res2..res5, repeated over the blocks of each, and what was published with them.

    pools: whether time is halved by max pooling after res2.
    """

    stem: int
    kernels: tuple
    pools: bool
    width: int = 64
    frames: int = 8
    stride: int = 8


ARCHITECTURES = {
    "c2d": Architecture(1, ((1,), (1,), (1,), (1,)), True),
    "slowonly": Architecture(1, ((1,), (1,), (3,), (3,)), False),
    "i3d": Architecture(5, ((3,), (3, 1), (3, 1), (1, 3)), True),
    "fastonly": Architecture(5, ((3,), (3,), (3,), (3,)), False, width=8, frames=32, stride=2),
}


class ResNet3D(nn.Module):
    """res1..res5 and a head in one list, with the pooling of time standing third where the architecture has it."""

    def __init__(self, architecture, blocks, width, classes, temporal_pool, dropout):
        super().__init__()
        layers = residual_layers(width, architecture.stem, architecture.kernels, blocks)
        pool = [nn.MaxPool3d((2, 1, 1), (2, 1, 1)) if temporal_pool else nn.Identity()] if architecture.pools else []
        self.blocks = nn.ModuleList([*layers[:2], *pool, *layers[2:], Head(width * 32, classes, dropout)])

    def forward(self, video):
        for block in self.blocks:
            video = block(video)
        return video


def build(architecture, depth=50, width=None, classes=400, frames=None, stride=None, size=224, temporal_pool=True, dropout=0.5):
    """C2D, I3D, SlowOnly or FastOnly; layers res1..res5 have width x (1, 4, 8, 16, 32) units.

    depth: 50, 101, or the numbers of blocks in res2..res5, e.g. [1, 1, 1, 1] for a network that runs on small machines.
    width, frames, stride: None takes the published ones: 64 units and 8 frames at stride 8; FastOnly 8 units, 32 at 2.
    dropout: share of the last means dropped in training; narrow networks learn faster with less than the published half.
    temporal_pool: False takes the pooling of time out of C2D and I3D, which leaves C2D blind to frame order.
    """
    if architecture not in ARCHITECTURES:
        raise BadInput(f"resnet3d: architecture {architecture} came, one of {', '.join(ARCHITECTURES)} was needed")
    published = ARCHITECTURES[architecture]
    given = (width, published.width), (frames, published.frames), (stride, published.stride)
    width, frames, stride = (default if value is None else value for value, default in given)
    module = ResNet3D(published, blocks_of("resnet3d", depth), width, classes, temporal_pool, dropout)
    ranks = (0, 1, 3, 4, 5) if published.pools else range(5)
    layers = {f"res{rank}": f"blocks.{i}" for rank, i in enumerate(ranks, 1)}
    short_side = published_short_side(size)
    return Network(module, layers, frames, stride, size, MEAN, STD, short_side=short_side, any_size=True)
