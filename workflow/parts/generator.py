"""The network that paints and the one that judges it (Texler et al., SIGGRAPH 2020), without guides.

Images are float [image, rgb, height, width] in [-1, 1].
"""

import torch
from torch import nn
from torch.nn import functional as F


def encode(inputs, outputs, kernel, stride):
    """Convolution, batch norm, leaky ReLU."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2))


def decode(inputs, outputs):
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 1, 1), nn.BatchNorm2d(outputs), nn.ReLU())


class Residual(nn.Module):
    """ReLU, convolution, batch norm, ReLU, convolution, added to the input."""

    def __init__(self, channels):
        super().__init__()
        first, second = (nn.Conv2d(channels, channels, 3, 1, 1) for _ in range(2))
        self.change = nn.Sequential(nn.ReLU(), first, nn.BatchNorm2d(channels), nn.ReLU(), second)

    def forward(self, x):
        return x + self.change(x)


class Generator(nn.Module):
    """Encoder, seven residual blocks and a decoder that sees every scale of the encoder and the input again.

    width: 1 as published, a fraction for machines without a GPU. last_kernel: size of the convolution that joins the
    decoder with the input, 7 as published; it alone costs half of the published network's time.
    """

    def __init__(self, width=1, last_kernel=7):
        super().__init__()
        a, b, c = (int(channels * width) for channels in (32, 64, 128))
        self.see_full, self.see_half, self.see_quarter = encode(3, a, 7, 1), encode(a, b, 3, 2), encode(b, c, 3, 2)
        self.middle = nn.Sequential(*(Residual(c) for _ in range(7)))
        self.to_half, self.to_full = decode(c + c, c), decode(c + b, c)
        self.join = nn.Conv2d(c + a + 3, b, last_kernel, 1, last_kernel // 2)
        self.finish = nn.Sequential(
            nn.ReLU(), nn.Conv2d(b, b, 3, 1, 1), nn.ReLU(), nn.Conv2d(b, b, 3, 1, 1), nn.ReLU(), nn.Conv2d(b, 3, 1), nn.Tanh()
        )

    def forward(self, x):
        full = self.see_full(x)
        half = self.see_half(full)
        quarter = self.see_quarter(half)
        up = enlarge(torch.cat([self.middle(quarter), quarter], 1), half)
        up = enlarge(torch.cat([self.to_half(up), half], 1), full)
        return self.finish(self.join(torch.cat([self.to_full(up), full, x], 1)))


def enlarge(x, like):
    """Nearest-neighbour enlargement to the height and width of `like` (twice, or one pixel less at odd sizes)."""
    return F.interpolate(x, size=like.shape[-2:], mode="nearest")


class Discriminator(nn.Module):
    """Patch discriminator: a grid of numbers, each saying how real the part of the image below it looks.

    ASSUME: strides 2, 2, 1, 1 (a third stride of 2 left a grid in the paintings); instance norm on the second and third.
    """

    def __init__(self):
        super().__init__()
        layers, inputs = [], 3
        for outputs, stride in ((12, 2), (24, 2), (48, 1)):
            norm = [nn.InstanceNorm2d(outputs)] if inputs > 3 else []
            layers += [nn.Conv2d(inputs, outputs, 4, stride, 1), *norm, nn.LeakyReLU(0.2)]
            inputs = outputs
        self.judge = nn.Sequential(*layers, nn.Conv2d(inputs, 1, 4, 1, 1))

    def forward(self, x):
        return self.judge(x)


def to_network(frames, device="cpu"):
    """uint8 frames [frame, height, width, rgb] as float [frame, rgb, height, width] in [-1, 1]."""
    return torch.as_tensor(frames, device=device).permute(0, 3, 1, 2).float() / 127.5 - 1


def to_frames(images):
    """Float images [image, rgb, height, width] in [-1, 1] as uint8 [image, height, width, rgb], rounded."""
    return ((images + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1)
