"""X3D: small 3D networks of depthwise convolutions (Feichtenhofer, CVPR 2020), at any width and depth.

Module names are those of the public PyTorchVideo checkpoints X3D_XS, X3D_S, X3D_M and X3D_L, so that their `model_state`
loads strictly.
"""

from collections import OrderedDict
from math import ceil

from torch import nn

from workflow.lib.errors import BadInput
from workflow.parts.network import Network

# Per version: expansion of depth, frames, stride, size and, before the crop, least short side in pixels, as trained.
VERSIONS = {"xs": (2.2, 4, 12, 160, 182), "s": (2.2, 13, 6, 160, 182), "m": (2.2, 16, 5, 224, 256), "l": (5.0, 16, 5, 312, 356)}
BLOCKS = (1, 2, 5, 3)  # per stage, before depth expands them
INNER = 2.25  # width inside a block, as a multiple of the width outside


def rounded_to_8(width):
    """Multiple of 8 next to a width, at least 8 and at most 10 % below it."""
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * width else rounded


class Stem(nn.Module):
    """res1: 1x3x3 convolution at stride 2, depthwise 5x1x1 convolution, norm, rectification."""

    def __init__(self, width):
        super().__init__()
        space = nn.Conv3d(3, width, (1, 3, 3), (1, 2, 2), (0, 1, 1), bias=False)
        time = nn.Conv3d(width, width, (5, 1, 1), 1, (2, 0, 0), groups=width, bias=False)
        # The checkpoints name the convolution over space conv_t and the one over time conv_xy.
        self.conv = nn.Sequential(OrderedDict(conv_t=space, conv_xy=time))
        self.norm = nn.BatchNorm3d(width)
        self.activation = nn.ReLU()

    def forward(self, x):
        return self.activation(self.norm(self.conv(x)))


class SqueezeExcitation(nn.Module):
    """Scales every unit by a gate in (0, 1) read off the means of all units over space and time (Hu et al., CVPR 2018)."""

    def __init__(self, width):
        super().__init__()
        squeezed = rounded_to_8(width / 16)
        self.block = nn.Sequential(nn.Conv3d(width, squeezed, 1), nn.ReLU(), nn.Conv3d(squeezed, width, 1), nn.Sigmoid())

    def forward(self, x):
        return x * self.block(x.mean((2, 3, 4), keepdim=True))


class Bottleneck(nn.Module):
    """Convolutions 1x1x1, depthwise 3x3x3 and 1x1x1, with squeeze and excitation after the second where asked."""

    def __init__(self, width_in, width, stride, excited):
        super().__init__()
        inner = int(INNER * width)
        self.conv_a = nn.Conv3d(width_in, inner, 1, bias=False)
        self.norm_a = nn.BatchNorm3d(inner)
        self.act_a = nn.ReLU()
        self.conv_b = nn.Conv3d(inner, inner, 3, (1, stride, stride), 1, groups=inner, bias=False)
        self.norm_b = nn.Sequential(nn.BatchNorm3d(inner), *([SqueezeExcitation(inner)] if excited else []))
        self.act_b = nn.SiLU()
        self.conv_c = nn.Conv3d(inner, width, 1, bias=False)
        self.norm_c = nn.BatchNorm3d(width)

    def forward(self, x):
        x = self.act_a(self.norm_a(self.conv_a(x)))
        x = self.act_b(self.norm_b(self.conv_b(x)))
        return self.norm_c(self.conv_c(x))


class ResBlock(nn.Module):
    """Bottleneck plus shortcut; projected where the stride is 2, and normed only where the width changes too, as released."""

    def __init__(self, width_in, width, stride, excited):
        super().__init__()
        self.branch1_conv = nn.Conv3d(width_in, width, 1, (1, stride, stride), bias=False) if stride > 1 else nn.Identity()
        self.branch1_norm = nn.BatchNorm3d(width) if width_in != width else nn.Identity()
        self.branch2 = Bottleneck(width_in, width, stride, excited)
        self.activation = nn.ReLU()

    def forward(self, x):
        return self.activation(self.branch1_norm(self.branch1_conv(x)) + self.branch2(x))


class ResStage(nn.Module):
    """The residual blocks of one of res2..res5: the first halves the image, every other one is excited."""

    def __init__(self, width_in, width, blocks):
        super().__init__()
        self.res_blocks = nn.ModuleList(
            ResBlock(width if i else width_in, width, 1 if i else 2, excited=i % 2 == 0) for i in range(blocks)
        )

    def forward(self, x):
        for block in self.res_blocks:
            x = block(x)
        return x


class Head(nn.Module):
    """Widening, mean over space and time, two linear maps: class scores [batch, class], before any softmax."""

    def __init__(self, width, classes, hidden=2048):
        super().__init__()
        inner = int(INNER * width)
        layers = OrderedDict(
            pre_conv=nn.Conv3d(width, inner, 1, bias=False),
            pre_norm=nn.BatchNorm3d(inner),
            pre_act=nn.ReLU(),
            pool=nn.AdaptiveAvgPool3d(1),
            post_conv=nn.Conv3d(inner, hidden, 1, bias=False),
            post_act=nn.ReLU(),
        )
        self.pool = nn.Sequential(layers)
        self.dropout = nn.Dropout(0.5)
        self.proj = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.proj(self.dropout(self.pool(x).flatten(1)))


def build(version, width=24, depth=None, classes=400, frames=None, stride=None, size=None):
    """X3D of a version (xs, s, m, l); layers res1..res5 have width x (1, 1, 2, 4, 8) units.

    width 24 is the published one. depth multiplies the 1, 2, 5, 3 blocks of the stages, rounded up; None takes the
    version's 2.2 or 5. frames, stride, size: None takes those the version was trained with, 4 x 12 at 160 pixels, 13 x 6
    at 160, 16 x 5 at 224, 16 x 5 at 312; the model zoo tests at 182, 182, 256 and 356.
    """
    if version not in VERSIONS:
        raise BadInput(f"x3d: version {version} came, one of {', '.join(VERSIONS)} was needed")
    known_depth, *sampling, short_side = VERSIONS[version]
    depth = known_depth if depth is None else depth
    if width < 1 or depth <= 0:
        raise BadInput(f"x3d: width {width} and depth {depth} came, a width of 1 or more and a depth above 0 were needed")
    widths = [width] + [width * 2**i for i in range(4)]
    stages = [ResStage(widths[i], widths[i + 1], ceil(depth * n)) for i, n in enumerate(BLOCKS)]
    module = nn.Sequential(OrderedDict(blocks=nn.Sequential(Stem(width), *stages, Head(widths[-1], classes))))
    layers = {f"res{rank}": f"blocks.{rank - 1}" for rank in range(1, 6)}
    shown = [known if given is None else given for given, known in zip((frames, stride, size), sampling, strict=True)]
    return Network(module, layers, *shown, mean=(0.45,) * 3, std=(0.225,) * 3, short_side=short_side if size is None else None)
