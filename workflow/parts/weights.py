"""Loading, checking and drawing the weights of a network."""

import hashlib
from pathlib import Path

import safetensors.torch
import torch

from workflow.lib.errors import BadInput
from workflow.parts.seeding import generator


def file_sha256(path):
    """Hex sha256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_state(path, sha256=None):
    """State dict stored at `path` (safetensors, or PyTorch read with weights_only), checked against `sha256` where given."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"weights {path} do not exist")
    if sha256 and file_sha256(path) != sha256.lower():
        raise BadInput(f"weights {path} have sha256 {file_sha256(path)}, the config says {sha256}")
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise BadInput(f"weights {path} cannot be read as safetensors or as a PyTorch state dict: {reason}") from error
    for key in ("model_state", "state_dict"):
        state = state.get(key, state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise BadInput(f"weights {path} hold {type(state).__name__}, a state dict of tensors was needed")
    return state


def load_weights(module, state, where):
    """Load a state dict strictly; BadInput names the first tensors that are missing, superfluous or of another shape."""
    own = module.state_dict()
    missing, extra = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    shapes = [
        f"{k} is {list(state[k].shape)}, needed {list(own[k].shape)}" for k in own if k in state and state[k].shape != own[k].shape
    ]
    for what, names in (("lack", missing), ("have unknown", extra), ("have other shapes:", shapes)):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise BadInput(f"weights {where} do not fit the network: they {what} {', '.join(names[:3])}{more}")
    module.load_state_dict(state)


@torch.no_grad()
def draw_weights(module, seed, shape):
    """Give a network random weights: He-normal kernels, batch-norm gain 1, batch-norm statistics of seeded noise clips.

    shape: input shape [batch, rgb, frame, height, width]. Without calibration the activations of a random network grow or
    die with depth. ASSUME: noise smoothed over 3 frames and 9 x 9 pixels stands for video.
    """
    for name, parameter in module.named_parameters():
        rng = generator(seed, "weights", name)
        if parameter.ndim > 1:
            fan_in = parameter[0].numel()
            values = rng.standard_normal(parameter.shape, dtype="float32") * (2 / fan_in) ** 0.5
            parameter.copy_(torch.from_numpy(values))
        else:
            parameter.fill_(1.0 if name.endswith("weight") else 0.0)
    norms = [m for m in module.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average
    noise = torch.from_numpy(generator(seed, "calibration").standard_normal(shape, dtype="float32"))
    module.train()(torch.nn.functional.avg_pool3d(noise, (3, 9, 9), 1, (1, 4, 4)) * 9)
    module.eval()


def state_sha256(module):
    """Hex sha256 over names and bytes of all tensors of a module."""
    total = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        total.update(name.encode() + tensor.contiguous().cpu().numpy().tobytes())
    return total.hexdigest()
