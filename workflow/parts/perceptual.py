"""How different two images look to the first layers of VGG19, whose weights the user brings."""

import torch
from torch import nn
from torch.nn import functional as F

from workflow.lib.errors import BadInput
from workflow.parts.weights import read_state

# convolutions of VGG19 as torchvision numbers them: conv1_1, conv1_2, conv2_1
SHAPES = {"features.0": (64, 3), "features.2": (64, 64), "features.5": (128, 64)}


class Perceptual(nn.Module):
    """Mean absolute difference of conv1_1, conv1_2 and conv2_1 (after their ReLU) of images in [-1, 1].

    ASSUME: the paper names the layers; the distance and the equal weights are ours.
    """

    def __init__(self, path):
        super().__init__()
        state = read_state(path)
        for name, (outputs, inputs) in SHAPES.items():
            if f"{name}.weight" not in state or state[f"{name}.weight"].shape != (outputs, inputs, 3, 3):
                raise BadInput(f"{path}: '{name}.weight' of shape [{outputs}, {inputs}, 3, 3] was needed: is it a VGG19?")
        for k, name in enumerate(SHAPES):
            self.register_buffer(f"weight{k}", state[f"{name}.weight"].float())
            self.register_buffer(f"bias{k}", state[f"{name}.bias"].float())
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225])[:, None, None])

    def features(self, images):
        """The three layers, each [image, channel, height, width]."""
        first = F.relu(F.conv2d(((images + 1) / 2 - self.mean) / self.std, self.weight0, self.bias0, padding=1))
        second = F.relu(F.conv2d(first, self.weight1, self.bias1, padding=1))
        third = F.relu(F.conv2d(F.max_pool2d(second, 2), self.weight2, self.bias2, padding=1))
        return first, second, third

    def forward(self, images, truth):
        pairs = zip(self.features(images), self.features(truth), strict=True)
        return sum((a - b).abs().mean() for a, b in pairs) / len(SHAPES)
