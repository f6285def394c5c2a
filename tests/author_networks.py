"""The authors' segmentation networks from their published structure: made checkpoints, and what they mean, in plain functions.

Written apart from our modules: every tensor is reached by the name it has in the authors' files.
"""

import torch
import torch.nn.functional as F

from workflow.parts.pooling import hooked_layers


class Made(dict):
    """A made state dict: every call adds the tensors of one layer, drawn at random so that activations neither grow nor die."""

    def __init__(self, seed=0):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def draw(self, *shape):
        return torch.randn(shape, generator=self.generator)

    def conv(self, name, width_in, width, kernel=1, bias=True, groups=1):
        shape = (kernel, kernel) if isinstance(kernel, int) else kernel
        fan_in = width_in // groups * shape[0] * shape[1]
        self[f"{name}.weight"] = self.draw(width, width_in // groups, *shape) * (2 / fan_in) ** 0.5
        if bias:
            self[f"{name}.bias"] = self.draw(width) * 0.1

    def linear(self, name, width_in, width):
        self[f"{name}.weight"], self[f"{name}.bias"] = self.draw(width, width_in) * (2 / width_in) ** 0.5, self.draw(width) * 0.1

    def norm(self, name, width):
        self[f"{name}.weight"], self[f"{name}.bias"] = 1 + 0.1 * self.draw(width), 0.1 * self.draw(width)
        self[f"{name}.running_mean"], self[f"{name}.running_var"] = 0.1 * self.draw(width), 0.5 + self.draw(width).abs()
        self[f"{name}.num_batches_tracked"] = torch.tensor(7)

    def both(self, conv, norm, width_in, width, kernel=1, groups=1):
        self.conv(conv, width_in, width, kernel, bias=False, groups=groups)
        self.norm(norm, width)

    def backbone(self, conv1, bn1, layers, blocks, width, channels=3, groups=1):
        """conv1, bn1: names; layers: of layer1..layer4."""
        self.both(conv1, bn1, channels, width, 7)
        width_in = width
        for rank, (name, count) in enumerate(zip(layers, blocks, strict=True)):
            inner, out = width * 2**rank * (2 if groups > 1 else 1), width * 4 * 2**rank
            for i in range(count):
                block = f"{name}.{i}"
                self.both(f"{block}.conv1", f"{block}.bn1", width_in, inner)
                self.both(f"{block}.conv2", f"{block}.bn2", inner, inner, 3, groups)
                self.both(f"{block}.conv3", f"{block}.bn3", inner, out)
                if i == 0:
                    self.both(f"{block}.downsample.0", f"{block}.downsample.1", width_in, out)
                width_in = out


class Meaning:
    """The functions that a state dict stands for; images are [batch, unit, height, width]."""

    def __init__(self, state):
        self.state = state

    def conv(self, name, x, padding=0, stride=1, dilation=1, groups=1):
        return F.conv2d(x, self.state[f"{name}.weight"], self.state.get(f"{name}.bias"), stride, padding, dilation, groups)

    def linear(self, name, x):
        return x @ self.state[f"{name}.weight"].T + self.state[f"{name}.bias"]

    def norm(self, name, x):
        mean, var, gain, offset = (
            self.state[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (var + 1e-5).sqrt() * gain + offset

    def rectified(self, conv, norm, x, **options):
        return self.norm(norm, self.conv(conv, x, **options)).clamp(min=0)

    def stem(self, bn1, x):
        return F.max_pool2d(self.norm(bn1, x).clamp(min=0), 3, 2, 1)

    def layer(self, name, x, stride=1, groups=1, dilated=False):
        """Bottlenecks; dilated: all after the first at dilation 2, none strides."""
        for i in range(sum(f"{name}.{j}.conv1.weight" in self.state for j in range(9))):
            block, step, rate = f"{name}.{i}", 1 if i or dilated else stride, 2 if i and dilated else 1
            y = self.rectified(f"{block}.conv1", f"{block}.bn1", x)
            options = {"padding": rate, "stride": step, "dilation": rate, "groups": groups}
            y = self.rectified(f"{block}.conv2", f"{block}.bn2", y, **options)
            y = self.norm(f"{block}.bn3", self.conv(f"{block}.conv3", y))
            if i == 0:
                x = self.norm(f"{block}.downsample.1", self.conv(f"{block}.downsample.0", x, stride=step))
            x = (x + y).clamp(min=0)
        return x


def bilinear(x, size, align_corners=False):
    return F.interpolate(x, tuple(size), mode="bilinear", align_corners=align_corners)


def assert_near(ours, theirs, tolerance=1e-4):
    """Equal shapes, and a root mean square difference below a share of the root mean square."""
    assert ours.shape == theirs.shape
    assert (ours - theirs).norm() < tolerance * theirs.norm()


def picture_and_flow(network, height, width, batch=2, seed=1):
    """Standard normal input of a network, one video per pathway."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(batch, 3, network.frames, height, width, generator=generator) for _ in network.pathways]


def gradient_free(module, loss_of):
    """Names of parameters that no gradient reaches; norms use their running statistics, as a mean taken off hides biases."""
    module.eval()
    module.training = True  # what is there for training alone is to be reached too
    loss_of(module).backward()
    return {name for name, p in module.named_parameters() if p.grad is None or not p.grad.abs().max() > 0}


def assert_depends(network, pathways, layers, shape=(64, 64)):
    """Of all layers just `layers` change where the videos of some pathways are others; the rest stays to the last bit."""
    videos, others = (picture_and_flow(network, *shape, seed=seed) for seed in (1, 2))
    changed = [other if reads in pathways else own for own, other, reads in zip(videos, others, network.reads, strict=True)]
    with torch.inference_mode(), hooked_layers(network, "mean") as activations:
        network(videos)
        before = dict(activations)
        network(changed)
    moved = {name for name, values in before.items() if not torch.equal(values, activations[name])}
    assert moved == set(layers)
    for name in moved:
        assert (before[name] - activations[name]).norm() > 1e-5 * before[name].norm()


def names(stream, numbers):
    return [f"{stream}_{n}" for n in numbers]
