"""Pooling inside forward hooks, so that no feature map outlives its layer."""

from contextlib import contextmanager

from workflow.lib.errors import BadInput


def pool(output):
    """Global mean of a layer's output: one value per unit, float32 [batch, unit].

    [batch, unit, ...] is averaged over space and time, [batch, token, unit] over tokens, [batch, unit] is kept.
    """
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
            activations[name] = pool(output)

        hooks.append(target.register_forward_hook(keep))
    try:
        yield activations
    finally:
        for hook in hooks:
            hook.remove()
