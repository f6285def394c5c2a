"""3D residual networks: C2D and SlowOnly (Feichtenhofer et al., SlowFast, ICCV 2019), at any width and depth.

Module names are those of the public PyTorchVideo checkpoints, so that their `model_state` loads strictly.
"""

from torch import nn

from workflow.lib.errors import BadInput
from workflow.parts.network import Network

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
# Per architecture: temporal kernel of the stem, temporal kernels of conv_a in res2..res5 (repeated over the blocks of a
# stage), and whether time is halved by max pooling after res2.
ARCHITECTURES = {
    "c2d": (1, ((1,), (1,), (1,), (1,)), True),
    "slowonly": (1, ((1,), (1,), (3,), (3,)), False),
}


class Stem(nn.Module):
    """res1: convolution 7x7 at stride 2, norm, rectification, max pooling."""

    def __init__(self, width, temporal):
        super().__init__()
        self.conv = nn.Conv3d(3, width, (temporal, 7, 7), (1, 2, 2), (temporal // 2, 3, 3), bias=False)
        self.norm = nn.BatchNorm3d(width)
        self.activation = nn.ReLU()
        self.pool = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))

    def forward(self, x):
        return self.pool(self.activation(self.norm(self.conv(x))))


class Bottleneck(nn.Module):
    """Convolutions temporal x1x1, 1x3x3 and 1x1x1."""

    def __init__(self, width_in, inner, width, temporal, stride):
        super().__init__()
        self.conv_a = nn.Conv3d(width_in, inner, (temporal, 1, 1), 1, (temporal // 2, 0, 0), bias=False)
        self.norm_a = nn.BatchNorm3d(inner)
        self.act_a = nn.ReLU()
        self.conv_b = nn.Conv3d(inner, inner, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False)
        self.norm_b = nn.BatchNorm3d(inner)
        self.act_b = nn.ReLU()
        self.conv_c = nn.Conv3d(inner, width, 1, bias=False)
        self.norm_c = nn.BatchNorm3d(width)

    def forward(self, x):
        x = self.act_a(self.norm_a(self.conv_a(x)))
        x = self.act_b(self.norm_b(self.conv_b(x)))
        return self.norm_c(self.conv_c(x))


class ResBlock(nn.Module):
    """Bottleneck plus shortcut; the shortcut is projected where width or stride change."""

    def __init__(self, width_in, inner, width, temporal, stride):
        super().__init__()
        self.branch1_conv = self.branch1_norm = None
        if width_in != width or stride > 1:
            self.branch1_conv = nn.Conv3d(width_in, width, 1, (1, stride, stride), bias=False)
            self.branch1_norm = nn.BatchNorm3d(width)
        self.branch2 = Bottleneck(width_in, inner, width, temporal, stride)
        self.activation = nn.ReLU()

    def forward(self, x):
        shortcut = x if self.branch1_conv is None else self.branch1_norm(self.branch1_conv(x))
        return self.activation(shortcut + self.branch2(x))


class ResStage(nn.Module):
    """The residual blocks of one of res2..res5."""

    def __init__(self, width_in, inner, width, kernels, blocks, stride):
        super().__init__()
        self.res_blocks = nn.ModuleList(
            ResBlock(width_in if i == 0 else width, inner, width, kernels[i % len(kernels)], stride if i == 0 else 1)
            for i in range(blocks)
        )

    def forward(self, x):
        for block in self.res_blocks:
            x = block(x)
        return x


class Head(nn.Module):
    """Mean over space and time, dropout, class scores [batch, class]."""

    def __init__(self, width, classes):
        super().__init__()
        self.dropout = nn.Dropout(0.5)
        self.proj = nn.Linear(width, classes)

    def forward(self, x):
        return self.proj(self.dropout(x.mean((2, 3, 4))))


class ResNet3D(nn.Module):
    """Stem, four residual stages and a head in one list, with C2D's temporal pooling standing third."""

    def __init__(self, architecture, depth, width, classes, temporal_pool):
        super().__init__()
        stem, kernels, pools = ARCHITECTURES[architecture]
        blocks = [Stem(width, stem)]
        for i, (n_blocks, kernel) in enumerate(zip(BLOCKS[depth], kernels, strict=True)):
            width_in, inner = (width if i == 0 else width * 4 * 2 ** (i - 1)), width * 2**i
            blocks.append(ResStage(width_in, inner, inner * 4, kernel, n_blocks, 1 if i == 0 else 2))
            if i == 0 and pools:
                blocks.append(nn.MaxPool3d((2, 1, 1), (2, 1, 1)) if temporal_pool else nn.Identity())
        self.blocks = nn.ModuleList([*blocks, Head(width * 32, classes)])

    def forward(self, video):
        for block in self.blocks:
            video = block(video)
        return video


def build(architecture, depth=50, width=64, classes=400, frames=8, stride=8, size=224, temporal_pool=True):
    """C2D or SlowOnly; width 64 is the published one, layers res1..res5 have width x (1, 4, 8, 16, 32) units.

    temporal_pool: False takes C2D's pooling of time away, which leaves it blind to frame order.
    """
    for what, value, known in (("architecture", architecture, ARCHITECTURES), ("depth", depth, BLOCKS)):
        if value not in known:
            raise BadInput(f"resnet3d: {what} {value} came, one of {', '.join(map(str, known))} was needed")
    module = ResNet3D(architecture, depth, width, classes, temporal_pool)
    stages = [i for i, block in enumerate(module.blocks) if isinstance(block, (Stem, ResStage))]
    layers = {f"res{rank}": f"blocks.{i}" for rank, i in enumerate(stages, 1)}
    return Network(module, layers, frames, stride, size, mean=(0.45,) * 3, std=(0.225,) * 3)
