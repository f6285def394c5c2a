"""Pooling inside forward hooks, so that no feature map outlives its layer."""

from collections import Counter
from contextlib import contextmanager

import numpy as np
from torch import nn

from workflow.lib.errors import BadInput, nearest
from workflow.parts.unit_values import POOLINGS, frames_of_rows, token_layout, unit_tensor, unit_values


class Activations(dict):
    """Layer -> its pooled output of the latest forward pass, float32 [batch, unit].

    shown: to be set before each forward pass where a layer's rows may be frames, and for pooling "frames": per pathway the clip
    frames of every video in the order in which they are shown, int [batch, frame].
    runs: how often each layer has given an output, of which the last is kept.
    folded: how many frames of a clip the rows of a layer are, of the layers where they are.
    shapes: what each layer gave, its axes in the order of `unit_values`.
    """

    shown = ()

    def __init__(self):
        super().__init__()
        self.runs, self.folded, self.shapes = Counter(), {}, {}


class UnitAxis:
    """Tells [batch, unit, frame] from [batch, token, unit] in a network with convolutions over one axis.

    Of what has run last, convolutions over one axis and their normalisation have their units second, linear maps last; what
    stands between or around them, activations or whole blocks, keeps the channels where their number is found. Other
    convolutions make what was known void: that of the pass before, where they come first.
    """

    SECOND = (nn.Conv1d, nn.ConvTranspose1d, nn.BatchNorm1d)
    OTHER = (nn.Linear, nn.LayerNorm, nn.RNNBase, nn.MultiheadAttention, nn.Conv2d, nn.Conv3d)

    def __init__(self, module):
        self.channels, self.hooks = None, []
        parts = list(module.modules())
        if any(isinstance(part, self.SECOND) for part in parts):
            telling = [part for part in parts if isinstance(part, self.SECOND + self.OTHER)]
            self.hooks = [part.register_forward_hook(self.note) for part in telling]

    def note(self, part, _inputs, output):
        self.channels = output.shape[1] if isinstance(part, self.SECOND) and output.ndim == 3 else None

    def is_second(self, output):
        """Whether the units of an output are its second axis of three."""
        return output.ndim == 3 and output.shape[1] == self.channels


@contextmanager
def pooled_layers(module, layers, pooling="mean", tokens=None, channels_last=False):
    """Yield Activations that each forward pass fills, in the order in which the layers are computed.

    layers: name -> module path; pooling: one of POOLINGS; tokens, channels_last: as in Network. With "frames" the value of
    unit u at the n-th frame in natural order is column u x frames + n. Raises BadInput for a module path that does not
    exist, naming those that do, and for layers that cannot be pooled so.
    """
    if pooling not in POOLINGS:
        raise BadInput(f"pooling {pooling} came, one of {', '.join(POOLINGS)} was needed")
    if tokens is not None:
        token_layout(tokens)
    activations = Activations()
    axis = UnitAxis(module) if tokens is None else None  # first: its hooks are to run before those below
    hooks = axis.hooks if axis else []
    for name, path in layers.items():
        try:
            target = module.get_submodule(path)
        except AttributeError:
            near = nearest(path, [p for p, _ in module.named_modules() if p])
            raise BadInput(f"layer {name}: the network has no module '{path}'; the nearest are {near}") from None

        def keep(layer, _inputs, output, name=name):
            if not is_batch_first(layer):
                output = unit_tensor(output, name).transpose(0, 1)
            elif axis and axis.is_second(unit_tensor(output, name)):
                output = unit_tensor(output, name).transpose(1, 2)
            activations.runs[name] += 1
            activations.shapes[name] = unit_tensor(output, name).shape
            if (order := frames_of_rows(unit_tensor(output, name), activations.shown)) is not None:
                activations.folded[name] = order.shape[1]
            activations[name] = unit_values(output, name, pooling, tokens, activations.shown, channels_last)

        hooks.append(target.register_forward_hook(keep))
    try:
        yield activations
    finally:
        for hook in hooks:
            hook.remove()


def is_batch_first(module):
    """Whether a module's output has its batch first; torch's recurrent and attention layers say where it comes second."""
    return getattr(getattr(module, "self_attn", module), "batch_first", True)


def hooked_layers(network, pooling):
    """`pooled_layers` of a Network's own layers."""
    return pooled_layers(network.module, network.layers, pooling, network.tokens, network.channels_last)


def refuse_not_finite(name, activations, variants):
    """Raise BadInput naming the first variant, layer and unit whose activation is NaN or infinite."""
    for layer, values in activations.items():
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            row, unit = bad[0]
            raise BadInput(f"model {name} gave {values[row, unit]} at variant {variants[row]}, layer {layer}, unit {unit}")
