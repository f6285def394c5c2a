"""Loading, checking and drawing the weights of a network."""

import hashlib
import pickle
import re
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

from workflow.lib.errors import BadInput
from workflow.parts.published_names import published_family
from workflow.parts.seeding import generator

# What trainings leave beside the weights, as their arguments and best accuracy, by the names that it is stored under.
VALUES = ["argparse.Namespace", "pathlib.PosixPath", "numpy.dtype", *(f"numpy.dtypes.{name}" for name in np.dtypes.__all__)]
VALUES += ["numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"]  # of NumPy 1 and 2
IN_ITS_PLACE = "where the network was made, torch.save(network.state_dict(), 'weights.pt') saves them alone"


class Beside:
    """Stands for such a value and holds nothing of it: what a file says of NumPy's own objects could reach past their memory."""

    def __init__(self, *about):
        pass

    def __setstate__(self, state):
        pass


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
    check_archive(path)
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        with torch.serialization.safe_globals([Beside, *((Beside, name) for name in VALUES)]):
            state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # torch's own words would have the user run the code, so not in the log either
        asked = re.search(r"GLOBAL (\S+)", str(error))
        why = f"they want to run {asked[1]}" if asked else "they are damaged, or no PyTorch file"
        safe = f"tensors alone are loaded, never code: {IN_ITS_PLACE}"
        raise BadInput(f"weights {path} cannot be read as a PyTorch state dict: {why}; {safe}") from None
    except Exception as error:
        reason = textwrap.shorten(str(error), 300, placeholder=" ...") or type(error).__name__
        raise BadInput(f"weights {path} cannot be read as safetensors or as a PyTorch state dict: {reason}") from error
    for key in ("model_state", "model_state_dict", "state_dict", "model", "net"):
        state = state.get(key, state) if isinstance(state, dict) else state
    if isinstance(state, dict) and state and all(isinstance(part, dict) for part in state.values()):  # saved in parts
        state = {f"{part}.{name}": tensor for part, own in state.items() for name, tensor in own.items()}
    if not isinstance(state, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        came = f"a dict of {some(list(map(str, state)))}" if isinstance(state, dict) else type(state).__name__
        raise BadInput(f"weights {path} hold {came}; a state dict, names -> tensors, was needed, by itself or as state_dict")
    for name, tensor in state.items():
        if not isinstance(name, str):
            raise BadInput(f"weights {path} hold a tensor called {name!r}, a name was needed")
        if tensor.layout != torch.strided or tensor.is_meta or tensor.is_quantized:
            raise BadInput(f"weights {path}: {name[:100]} is sparse, quantized or without values; plain tensors are needed")
    return state


def check_archive(path):
    """Raise BadInput for a zip archive that unpacks to more than it is: torch does not compress, and memory is bounded."""
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                held = sum(info.file_size for info in archive.infolist())
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return  # torch says what is wrong with it
        if held > path.stat().st_size:
            raise BadInput(
                f"weights {path} unpack from {path.stat().st_size} to {held} bytes, torch's own files are not compressed"
            )


def load_weights(module, state, where, rename=None):
    """Load a state dict strictly; BadInput names the first tensors that are missing, superfluous or of another shape.

    rename: maps the checkpoint's names to the module's, {name: tensor} -> {name: tensor}. A `module.` before every name, as
    torch.nn.DataParallel leaves it, is taken off first, unless the module's own names have it.
    """
    own = module.state_dict()
    if all(name.startswith("module.") for name in state) and not all(name.startswith("module.") for name in own):
        state = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    found = rename(state) if rename else state
    misfits = {
        "lack": sorted(own.keys() - found.keys()),
        "have unknown": sorted(found.keys() - own.keys()),
        "have other shapes:": [
            f"{name} is {list(found[name].shape)}, needed {list(tensor.shape)}"
            for name, tensor in own.items()
            if name in found and found[name].shape != tensor.shape
        ],
        "hold no real numbers in": [
            name for name, tensor in own.items() if name in found and tensor.is_floating_point() != found[name].is_floating_point()
        ],
    }
    if any(misfits.values()):
        told = "; ".join(f"they {what} {some(names)}" for what, names in misfits.items() if names)
        family = published_family(state)
        hint = f"; they look like those of {family}" if family not in (None, published_family(own)) else ""
        if not hint and [what for what, names in misfits.items() if names] == ["have unknown"]:
            hint = ": take them out of the file, or build the network that has them"
        raise BadInput(f"weights {where} do not fit the network: {told}{hint}")
    module.load_state_dict(found)
    check_finite(module, where)


def check_finite(module, where):
    """Raise BadInput where a parameter holds nan or inf."""
    if bad := [name for name, parameter in module.named_parameters() if not parameter.isfinite().all()]:
        raise BadInput(f"weights {where}: {some(bad)} hold values that are not finite")


def some(names, shown=3):
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


@torch.no_grad()
def draw_weights(network, seed):
    """Give a Network random weights: He-normal kernels, batch-norm gain 1, batch-norm statistics of seeded noise clips.

    A kernel is multiplied by its attribute `gain`, where it has one.
    Without calibration the activations of a random network grow or die with depth. ASSUME: noise smoothed over 3 frames and
    9 x 9 pixels stands for video.
    """
    module = network.module
    for name, parameter in module.named_parameters():
        rng = generator(seed, "weights", name)
        if parameter.ndim > 1:
            # Class tokens and positions [1, token, unit] are no kernels: small beside tokens, whatever their number.
            fan_in = parameter[0].numel() if name.endswith("weight") else parameter.shape[-1]
            values = rng.standard_normal(parameter.shape, dtype="float32") * (2 / fan_in) ** 0.5 * getattr(parameter, "gain", 1)
            parameter.copy_(torch.from_numpy(values))
        else:
            parameter.fill_(0.0 if name.endswith("bias") else 1.0)
    norms = [m for m in module.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    momentum = [norm.momentum for norm in norms]
    for norm in norms:  # the rest stays as it is used: dropout before a norm would make the statistics random
        norm.reset_running_stats()
        norm.train().momentum = None  # cumulative average
    network.tried([smoothed(video) for video in network.noise(2, 112, generator(seed, "calibration"))])
    module.eval()
    for norm, own in zip(norms, momentum, strict=True):
        norm.momentum = own


def smoothed(noise):
    """Noise [batch, rgb, frame, height, width] averaged over 3 frames (or all, if fewer) and 9 x 9 pixels, times 9."""
    frames = min(3, noise.shape[2])
    return torch.nn.functional.avg_pool3d(noise, (frames, 9, 9), 1, (frames // 2, 4, 4))[:, :, : noise.shape[2]] * 9


def state_sha256(module):
    """Hex sha256 over names and bytes of all tensors of a module."""
    total = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        total.update(name.encode() + tensor.contiguous().cpu().numpy().tobytes())
    return total.hexdigest()
