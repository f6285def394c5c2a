"""2D residual networks without their heads: ResNet (He et al., CVPR 2016) and ResNeXt (Xie et al., CVPR 2017).

Names and shapes of their tensors are those of the public ImageNet checkpoints (conv1, bn1, layer1..layer4).
"""

import torch.nn.functional as F
from torch import nn


class Bottleneck(nn.Module):
    """Convolutions 1x1, 3x3 and 1x1 plus shortcut, which is projected where width or size change; the 3x3 one strides."""

    def __init__(self, width_in, inner, width, stride=1, dilation=1, groups=1):
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, dilation, dilation, groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.downsample = None
        if width_in != width or stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(shortcut + self.bn3(self.conv3(x)))


class ResidualBackbone(nn.Module):
    """A ResNet, or with `cardinality` a ResNeXt, of layers 1 (the convolution conv1) to 5, run one at a time.

    blocks: numbers of blocks in layer1..layer4; width: units of conv1, those of layers 2..5 are width x (4, 8, 16, 32).
    channels: of the image. cardinality: the 3x3 convolutions have twice the units in width / 2 groups, at width 64 the
    published 32x4d. dilated: the last layer keeps the size (output stride 16) and reads the same places, at dilation 2.
    """

    def __init__(self, blocks, width=64, channels=3, cardinality=False, dilated=False):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.widths = {1: width} | {layer: width * 2**layer for layer in range(2, 6)}
        groups, width_in = width // 2 if cardinality else 1, width
        for rank, count in enumerate(blocks):
            kept = dilated and rank == 3
            stride = 1 if rank == 0 or kept else 2
            inner, out = width * 2**rank * (2 if cardinality else 1), self.widths[rank + 2]
            # As the public ones do it, the block that would have strided is not dilated itself.
            rest = [Bottleneck(out, inner, out, 1, 2 if kept else 1, groups) for _ in range(count - 1)]
            setattr(self, f"layer{rank + 1}", nn.Sequential(Bottleneck(width_in, inner, out, stride, 1, groups), *rest))
            width_in = out

    def forward(self, x, layer):
        """Output of a layer, 1..5, from that of the layer before it, or from images [batch, channel, height, width]."""
        if layer == 1:
            return self.conv1(x)
        return getattr(self, f"layer{layer - 1}")(self.stem(x) if layer == 2 else x)

    def stem(self, x):
        """What layer1 reads of the output of conv1: normed, rectified, and the maxima over 3x3 at stride 2."""
        return F.max_pool2d(F.relu(self.bn1(x)), 3, 2, 1)
