"""PyTorchVideo, an independent implementation of the networks, made importable for tests alone.

It is installed from PyPI into a folder of its own and is no dependency of the project.
"""

import contextlib
import functools
import hashlib
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CACHE = Path(__file__).parents[2] / ".cache" / "peers"
UNREACHABLE = ("No matching distribution found", "NewConnectionError", "ReadTimeoutError", "ProxyError")


def peer(module="pytorchvideo.models.hub"):
    """Import a module of the peer; skips the test where PyPI cannot be reached."""
    folder = installed()
    if folder is None:
        pytest.skip("PyTorchVideo is not installed and PyPI cannot be reached, so nothing was compared with it")
    with stand_ins(folder):
        return importlib.import_module(module)


@functools.cache
def installed():
    """Folder that holds the packages of requirements.txt, or None where PyPI cannot be reached."""
    folder = CACHE / hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "15"]
        where = ["--no-deps", "--require-hashes", "--target", f"{scratch}/packages", "-r", str(REQUIREMENTS)]
        done = subprocess.run([*pip, *where], capture_output=True, text=True)
        if any(sign in done.stderr for sign in UNREACHABLE):
            return None
        assert done.returncode == 0, done.stderr
        if not folder.exists():  # another process may have been faster
            Path(scratch, "packages").rename(folder)  # in one step: a killed install is never taken for a whole one
    return folder


@contextlib.contextmanager
def stand_ins(folder):
    """Make `folder` importable, with empty modules for what the peer imports and its networks do not compute with."""
    torchvision, ops, nn = ModuleType("torchvision"), ModuleType("torchvision.ops"), ModuleType("fvcore.nn")
    ops.RoIAlign = None  # the default argument of a detection head
    nn.__path__ = [str(folder / "fvcore" / "nn")]  # the package without its __init__, which wants counting tools
    absent = {name: module for name, module in (("torchvision", torchvision), ("torchvision.ops", ops)) if name not in sys.modules}
    sys.modules.update(absent)
    sys.modules.setdefault("fvcore.nn", nn)
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in absent:  # others ask whether torchvision is there
            del sys.modules[name]


@torch.no_grad()
def fill(module, seed=0):
    """Random values for all parameters and running statistics, of a size that lets activations live through any depth.

    The public builders zero the last batch-norm gain of every block: compared as built, the blocks would do nothing.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, value in module.state_dict().items():
        if value.ndim > 1:
            value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=generator)
        elif name.endswith(("bias", "running_mean")):
            value.normal_(0, 0.1, generator=generator)
        elif value.is_floating_point():
            value.uniform_(0.5, 1.5, generator=generator)
    return module.eval()


def shapes(module):
    """Names and shapes of a state dict, in its order."""
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def gflop(network):
    """2 x multiply-adds in billions for one clip, of a Network built on the meta device."""
    video = torch.empty(1, 3, network.frames, network.size, network.size, device="meta")
    network.module.eval()
    with FlopCounterMode(display=False) as counter:
        network([video[:, :, ::k] for k in network.pathways])
    return counter.get_total_flops() / 1e9


@torch.inference_mode()
def outputs(module, paths, video):
    """What the modules at `paths` give for `video` (or a list of videos), then the network's own output last."""
    kept = {}
    hooks = [
        module.get_submodule(path).register_forward_hook(lambda _m, _i, output, path=path: kept.update({path: copied(output)}))
        for path in paths
    ]
    result = module(copied(video))
    for hook in hooks:
        hook.remove()
    return [*(kept[path] for path in paths), result]


def copied(videos):
    """A list of its own where there are several: the peer's two pathways change the lists they are given."""
    return list(videos) if isinstance(videos, list) else videos


def assert_same(ours, theirs, tolerance=1e-4):
    """Tensors equal to `tolerance` of the largest magnitude, and neither constant nor zero."""
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert a.shape == b.shape and b.std() > 0, i
        assert (a - b).abs().max() <= tolerance * b.abs().max(), i
