"""Weights of style networks, checked whether trained here or elsewhere."""

from workflow.lib.errors import BadInput
from workflow.parts.generator import Generator


def generator_from(state, origin):
    """A generator in eval mode holding `state`, its width and last kernel read from the shapes; BadInput names what misfits."""
    for key in ("see_full.0.weight", "join.weight"):
        if key not in state or state[key].dim() != 4:
            raise BadInput(f"{origin} lacks the tensor '{key}' of four axes: it is no style network of workflow/parts/generator.py")
    network = Generator(len(state["see_full.0.weight"]) / 32, state["join.weight"].shape[-1])
    needed = network.state_dict()
    for key in needed:
        if key not in state:
            raise BadInput(f"{origin} lacks the tensor '{key}'")
        if state[key].shape != needed[key].shape:
            raise BadInput(f"{origin}: '{key}' has the shape {[*state[key].shape]}, {[*needed[key].shape]} was needed")
    if unknown := sorted(set(state) - set(needed)):
        raise BadInput(f"{origin} has tensors that a style network does not know: {', '.join(unknown)}")
    network.load_state_dict(state)
    return network.eval()
