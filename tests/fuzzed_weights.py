"""Hostile checkpoints: tensors that fit are loaded, all else is one sentence, and nothing in them is ever run."""

import io
import json
import os
import pickle
import zipfile
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import save

from tests.damage import choice, damaged, value
from workflow.parts.checkpoints import checkpoint_about
from workflow.parts.generator import Generator
from workflow.parts.networks import build_network
from workflow.scripts.import_style import import_style

ENTRY = {
    "family": "resnet3d",
    "options": {"architecture": "c2d", "depth": [1, 1, 1, 1], "width": 2, "frames": 2, "size": 32, "classes": 3},
    "weights": None,
    "sha256": None,
    "classes": None,
    "pooling": "mean",
    "layers": None,
    "sampling": "trained",
    "seed": 0,
    "batch": 1,
}
TOLD = {"model": "m", "training": "t", "dataset": "d", "step": "3", "classes": '["a", "b", "c"]'}


class Runs:
    """What leaves a file behind where it is unpickled."""

    def __init__(self, how):
        self.how = how

    def __reduce__(self):
        if self.how == "system":
            return os.system, ("touch pwned",)
        return (exec, ("open('pwned', 'w')",)) if self.how == "exec" else (eval, ("open('pwned', 'w')",))


@cache
def states():
    """State dicts that fit: of a small network and of a style's generator."""
    network, _ = build_network(ENTRY)
    return {
        key: {n: t.clone() for n, t in m.state_dict().items()}
        for key, m in (("network", network.module), ("style", Generator(0.25, 3)))
    }


def weights_case(rng, folder):
    """A hostile checkpoint of a network or of a style, read as by the rules."""
    kind = choice(rng, ["network", "network", "style"])
    state = spoiled_state(rng, dict(states()[kind])) if rng.random() < 0.5 else dict(states()[kind])
    path = folder / f"net{choice(rng, ['.safetensors', '.pth', '.pyth', ''])}"
    path.write_bytes(choice(rng, [as_safetensors, as_safetensors, as_torch, as_torch, lying, pickled, packed])(rng, state))
    if rng.random() < 0.25:
        path.write_bytes(damaged(rng, path.read_bytes()))
    try:
        if kind == "style":
            import_style(path, None, folder / "out.safetensors")
        else:
            about = checkpoint_about(str(path))
            assert not about or isinstance(about["classes"], list)
            network, training = build_network(ENTRY | {"weights": str(path), "options": dict(ENTRY["options"])})
            assert isinstance(training, str)
            assert all(t.isfinite().all() for t in network.module.state_dict().values()), "weights that are not finite were taken"
    finally:
        assert not Path("pwned").exists() and not (folder / "pwned").exists(), "a checkpoint ran code"
    return "done", ""


def spoiled_state(rng, state):
    """A state dict with something wrong: names, shapes, kinds, values."""
    name = choice(rng, sorted(state))
    tensor = state[name]
    way = rng.integers(10)
    if way == 0:
        del state[name]
    elif way == 1:
        state[f"{name}x"] = tensor.clone()
    elif way == 2:
        state[name] = tensor[..., None]
    elif way == 3:
        state[name] = choice(rng, [tensor.to(k) for k in (torch.int64, torch.bool, torch.float64, torch.bfloat16, torch.complex64)])
    elif way == 4:
        state[name] = torch.full_like(tensor.float(), choice(rng, [float("nan"), float("inf"), 1e38]))
    elif way == 5:
        state[name] = torch.zeros(0)
    elif way == 6:
        state = {f"module.{n}": t for n, t in state.items()}
    elif way == 7:
        state = {f"x.{n}": t for n, t in state.items()}
    elif way == 8:
        state = {}
    else:
        state[name] = torch.zeros((), dtype=tensor.dtype)
    return state


def as_safetensors(rng, state):
    """A safetensors file whose metadata may be nonsense."""
    told = dict(TOLD)
    if rng.random() < 0.5:
        told[choice(rng, sorted(told))] = choice(
            rng, ["", "x", "{", "[1]", "null", "3.5", "-1", "9" * 5000, '{"a": 1}', "[" * 3000]
        )
    return save({n: t.contiguous() for n, t in state.items()}, told if rng.random() < 0.8 else None)


def as_torch(rng, state):
    """A torch file, the tensors nested as others nest them, or as nobody does."""
    odd = {"sparse": torch.eye(3).to_sparse(), "meta": torch.zeros(2, device="meta"), "number": 3, "none": None, "list": [1, {}]}
    wrap = choice(
        rng,
        [
            lambda s: s,
            lambda s: {"state_dict": s, "epoch": 3},
            lambda s: {"model": {"model_state": s}},
            lambda s: [s],
            lambda s: list(s.values()),
            lambda s: s | {choice(rng, [7, None, "x"]): choice(rng, list(odd.values()))},
            lambda s: {"a": s, "b": {"c": s}},
            lambda s: value(rng),
            lambda s: {"model": s, "optimizer": {"x": [1]}},
            lambda s: next(iter(s.values()), None),
            lambda s: {(1, 2): torch.zeros(1)},
        ],
    )
    file = io.BytesIO()
    torch.save(wrap(state), file, _use_new_zipfile_serialization=bool(rng.integers(4)))
    return file.getvalue()


def lying(rng, state):
    """A safetensors file whose header does not say what is in it."""
    data = save({n: t.contiguous() for n, t in state.items()}, TOLD)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    name = choice(rng, sorted(header.keys() - {"__metadata__"}) or ["x"])
    own = header.setdefault(name, {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]})
    own[choice(rng, sorted(own))] = choice(
        rng, ["F64", "X9", [0, 2**62], [2**31, 2**31], [-1], [], None, [9, 3], [0, 0], "a", {}, [[1]]]
    )
    text = json.dumps(header).encode()
    size = choice(rng, [len(text), len(text), len(text), 0, 2**63, 2**40, len(text) + 1])
    return size.to_bytes(8, "little") + text + data[8 + length :]


def pickled(rng, state):
    """A pickle with code in it, plain or as torch packs it."""
    held = choice(rng, [Runs("system"), Runs("exec"), Runs("eval")])
    content = choice(rng, [held, {"state_dict": state, "x": held}, [held], {"a": {"b": held}}])
    if rng.random() < 0.5:
        return pickle.dumps(content, protocol=int(rng.integers(6)))
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=bool(rng.integers(2)))
    return file.getvalue()


def packed(rng, state):
    """A zip archive that is none of torch's: with paths that leave it, or that unpacks to far more than it is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        way = rng.integers(3)
        if way == 0:
            archive.writestr("../../pwned", b"x")
            archive.writestr("net/data.pkl", pickle.dumps({}))
        elif way == 1:
            archive.writestr("net/data.pkl", b"\0" * (200 << 20))
            archive.writestr("net/version", b"3")
        else:
            archive.writestr("net/data.pkl", pickle.dumps(Runs("system")))
            archive.writestr("net/version", b"3\n")
    return file.getvalue()
