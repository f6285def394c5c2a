"""Weights of style networks: written, read and checked, whether trained here or elsewhere."""

import json

from safetensors.torch import save

from workflow.lib.errors import BadInput
from workflow.lib.files import atomic
from workflow.parts.generator import Generator


def save_weights(path, network, metadata):
    """Write the network's tensors and `metadata` (strings) to a safetensors file; equal weights give equal bytes."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic(path) as temporary:
        temporary.write_bytes(in_order(save(state, metadata)))


def in_order(file):
    """The bytes of a safetensors file with its metadata sorted: the library writes them in an order of chance."""
    length = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors stay aligned to 8 bytes
    return len(text).to_bytes(8, "little") + text + file[8 + length :]


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
