"""Weights of style networks, checked whether trained here or elsewhere."""

from workflow.lib.errors import BadInput
from workflow.parts.generator import Generator
from workflow.parts.weights import check_finite

WIDEST = 16  # times the published generator


def generator_from(state, origin):
    """A generator in eval mode holding `state`, its width and last kernel read from the shapes; BadInput names what misfits."""
    for key in ("see_full.0.weight", "join.weight"):
        if key not in state or state[key].dim() != 4:
            raise BadInput(f"{origin} lacks the tensor '{key}' of four axes: it is no style network of workflow/parts/generator.py")
    width, kernel = len(state["see_full.0.weight"]) / 32, state["join.weight"].shape[-1]
    if not 0 < width <= WIDEST or kernel not in (3, 5, 7):
        came = f"a generator of width {width:g} with a last kernel of {kernel}"
        raise BadInput(f"{origin}: {came} came, up to {WIDEST} and 3, 5 or 7 are read")
    network = Generator(width, kernel)
    needed = network.state_dict()
    for key in needed:
        if key not in state:
            raise BadInput(f"{origin} lacks the tensor '{key}'")
        if state[key].shape != needed[key].shape:
            raise BadInput(f"{origin}: '{key}' has the shape {[*state[key].shape]}, {[*needed[key].shape]} was needed")
        if state[key].is_floating_point() != needed[key].is_floating_point():
            raise BadInput(f"{origin}: '{key}' holds no real numbers")
    if unknown := sorted(set(state) - set(needed)):
        raise BadInput(f"{origin} has tensors that a style network does not know: {', '.join(unknown)}")
    network.load_state_dict(state)
    check_finite(network, origin)
    return network.eval()
