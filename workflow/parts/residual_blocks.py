"""The blocks of 3D residual networks (Feichtenhofer et al., SlowFast, ICCV 2019, Table 1).

Module names are those of the public PyTorchVideo checkpoints, so that their `model_state` loads strictly.
"""

from torch import nn

from workflow.lib.errors import BadInput

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
MEAN, STD = (0.45,) * 3, (0.225,) * 3  # of pixel values in [0, 1], as the public checkpoints were trained


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
    """The residual blocks of one of res2..res5; the temporal kernels are repeated over the blocks."""

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
    """Mean over space and time, dropout, class scores [batch, class].

    The public networks slide a mean of 7x7 over the last map and average the scores: the same thing at 224 pixels.
    """

    def __init__(self, width, classes, dropout):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.proj = nn.Linear(width, classes)

    def forward(self, x):
        return self.proj(self.dropout(x.mean((2, 3, 4))))


def residual_layers(width, stem, kernels, blocks, lateral=0):
    """Modules of res1..res5, of width x (1, 4, 8, 16, 32) units.

    stem: temporal kernel of res1; kernels: those of res2..res5, a tuple each; blocks: their numbers of blocks.
    lateral: units joined to the inputs of res2..res5, as a share of their own number.
    """
    layers, width_in = [Stem(width, stem)], width
    for i, (n_blocks, kernel) in enumerate(zip(blocks, kernels, strict=True)):
        inner = width * 2**i
        layers.append(ResStage(width_in + int(width_in * lateral), inner, inner * 4, kernel, n_blocks, 1 if i == 0 else 2))
        width_in = inner * 4
    return layers


def blocks_of(family, depth):
    """Numbers of blocks in res2..res5 for a published depth or for four numbers; raises BadInput for anything else."""
    blocks = BLOCKS.get(depth, ()) if isinstance(depth, int) else depth
    if isinstance(blocks, list | tuple) and len(blocks) == 4 and all(isinstance(n, int) and n > 0 for n in blocks):
        return tuple(blocks)
    raise BadInput(f"{family}: depth {depth} came, {', '.join(map(str, BLOCKS))} or four numbers of blocks were needed")
