"""Pooling inside forward hooks, so that no feature map outlives its layer."""

from contextlib import contextmanager

import numpy as np
import torch

from workflow.lib.errors import BadInput


def pool(output, layer=""):
    """Global mean of a layer's output: one value per unit, float32 [batch, unit].

    [batch, unit, ...] is averaged over space and time, [batch, token, unit] over tokens, [batch, unit] is kept. Raises
    BadInput where the layer gives anything but one tensor with a unit axis.
    """
    if not isinstance(output, torch.Tensor) or output.ndim < 2:
        came = list(output.shape) if isinstance(output, torch.Tensor) else type(output).__name__
        raise BadInput(f"layer {layer} gives {came}; a tensor [batch, unit, ...] or [batch, token, unit] was needed")
    if output.ndim == 3:
        return output.float().mean(1)
    return output.float().flatten(2).mean(2) if output.ndim > 2 else output.float()


@contextmanager
def pooled_layers(module, layers):
    """Yield a dict that after each forward pass holds every layer's pooled output [batch, unit], in depth order.

    Raises BadInput for a module path that does not exist, naming those that do.
    """
    activations, hooks = {}, []
    for name, path in layers.items():
        try:
            target = module.get_submodule(path)
        except AttributeError:
            known = ", ".join(p for p, _ in module.named_modules() if p)
            raise BadInput(f"layer {name}: the network has no module '{path}'; it has {known}") from None

        def keep(_module, _inputs, output, name=name):
            activations[name] = pool(output, name)

        hooks.append(target.register_forward_hook(keep))
    try:
        yield activations
    finally:
        for hook in hooks:
            hook.remove()


def refuse_not_finite(name, activations, variants):
    """Raise BadInput naming the first variant, layer and unit whose activation is NaN or infinite."""
    for layer, values in activations.items():
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            row, unit = bad[0]
            raise BadInput(f"model {name} gave {values[row, unit]} at variant {variants[row]}, layer {layer}, unit {unit}")
