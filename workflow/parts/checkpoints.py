"""Weights of networks trained here: tensors, and beside them what they are; equal weights and metadata give equal bytes."""

import json
from io import BytesIO
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save

from workflow.lib.errors import BadInput
from workflow.lib.files import atomic

TOLD = {"model": str, "training": str, "dataset": str, "step": int, "classes": json.loads}  # what a checkpoint says of itself


def save_weights(path, network, metadata):
    """Write the network's tensors and `metadata` (strings) to a safetensors file; what is equal gives equal bytes."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic(path) as temporary:
        temporary.write_bytes(in_order(save(state, metadata)))


def save_state(path, state):
    """Write what an interrupted training goes on from; OSError where the disk is full, which torch's own writer hides."""
    data = BytesIO()
    torch.save(state, data)
    with atomic(path) as temporary:
        temporary.write_bytes(data.getbuffer())


def in_order(file):
    """The bytes of a safetensors file with its metadata sorted: the library writes them in an order of chance."""
    length = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors stay aligned to 8 bytes
    return len(text).to_bytes(8, "little") + text + file[8 + length :]


def checkpoint_about(path):
    """What a checkpoint of a network trained here says of itself: TOLD, and its `device`; {} for any other file, and for none."""
    if not path or Path(path).suffix != ".safetensors" or not Path(path).is_file():
        return {}
    try:
        with safetensors.safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
    except (safetensors.SafetensorError, OSError):
        return {}  # whoever reads its tensors says what is wrong with it
    if not TOLD.keys() <= metadata.keys():
        return {}
    try:
        about = {key: read(metadata[key]) for key, read in TOLD.items()}
    except (ValueError, RecursionError):
        about = {"classes": None}
    if not isinstance(about["classes"], list) or not all(isinstance(name, str) for name in about["classes"]):
        raise BadInput(f"weights {path}: what they say of their step or their classes cannot be read; they are damaged")
    return about | {"device": metadata.get("device")}
