"""From a model's own words in the config to what it is built from (standard library only: used while the workflow is parsed)."""

import hashlib
import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from workflow.lib.errors import BadInput, nearest
from workflow.lib.plugins import ROOT

CACHE = "resources/weights"
CHECKPOINTS = "results/checkpoints"
INHERITED = {  # keys that a derived model takes from its source, and their defaults
    "options": {},
    "weights": None,
    "sha256": None,
    "classes": None,
    "pooling": "mean",
    "layers": None,
    "sampling": "trained",
    "train": None,
}


def is_url(weights):
    """Whether weights are to be fetched; BadInput for an address that is not http or https, or is none."""
    scheme = re.match(r"(\w+)://", weights or "")
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise BadInput(f"weights {weights} came, a path or an http(s) address was needed")
    try:
        if scheme and not urlsplit(weights).hostname:
            raise ValueError("it names no server")
    except ValueError as error:
        raise BadInput(f"weights {weights} are no address: {error}") from error
    return bool(scheme)


def cached_path(url):
    """Where the file at `url` is kept: under its own name with a digest of the address, for many addresses end alike."""
    name = PurePosixPath(re.sub(r"[^\w.@-]", "_", PurePosixPath(unquote(urlsplit(url).path)).name) or "weights")
    return f"{CACHE}/{name.stem[:100]}-{hashlib.sha256(url.encode()).hexdigest()[:8]}{name.suffix[:20]}"


def is_made_here(path):
    """Whether a file that an entry names is one that the workflow fetches or makes."""
    return any(Path(path or "").is_relative_to(folder) for folder in (CACHE, CHECKPOINTS))


def class_list_path(classes):
    """Path of a class list: the path given, or the list of that name in resources/classes."""
    shipped = ROOT / "resources" / "classes" / f"{classes}.txt"
    return os.path.relpath(shipped) if shipped.is_file() else classes


def resolved(entry):
    """A config entry with local paths: of weights once they are fetched, and of the class list."""
    local = {"weights": cached_path(entry["weights"])} if is_url(entry["weights"]) else {}
    return entry | local | ({"classes": class_list_path(entry["classes"])} if entry.get("classes") else {})


def model_and_step(models, name):
    """The model of the config that a name means, and the step of its training after the last @, None for its end.

    Raises BadInput for a model that is not defined, and for a step that is not declared.
    """
    if name in models:
        return name, None
    model, _, step = name.rpartition("@")
    if model not in models or not step.isdecimal():
        raise BadInput(f"`models` has no '{name}'; the nearest names are {nearest(name, models)}")
    if "train" not in models[model]:
        raise BadInput(f"models: {name} means a step of the training of {model}, which has no `train`")
    declared = models[model]["train"]["checkpoints"]
    if int(step) not in declared:
        known = ", ".join(map(str, declared)) or "none"
        raise BadInput(f"models: {name}: no checkpoint of {model} is declared at step {step}; train: checkpoints names {known}")
    return model, int(step)


def model_entry(config, name):
    """What a model is built from: its own entry of the config, or its source's with `derive` telling what is made of it.

    Weights and class list are local paths, for a network trained here those that its training writes; name@step is its
    checkpoint of that step. Random weights are drawn by the model's own seed and know no classes; a twin has its source's
    weights, whatever they are.
    """
    model, step = model_and_step(config["models"], name)
    own = config["models"][model]
    if "train" in own:
        file = "weights" if step is None else f"steps/step{step}"
        classes = f"{CHECKPOINTS}/{model}/classes.txt" if own["train"]["learns"] == "classes" else None
        made = {"weights": f"{CHECKPOINTS}/{model}/{file}.safetensors", "classes": classes}
        return {key: value for key, value in own.items() if key != "train"} | made | {"sha256": None}
    if "derive" not in own:
        return resolved(own)
    entry = model_entry(config, own["derive"]["from"]) | {"derive": own["derive"], "batch": own["batch"]}
    if own["derive"]["how"] == "random_weights":
        entry |= {"weights": None, "sha256": None, "classes": None, "seed": own["seed"]}
    return entry


def checkpoint_folder(path):
    """The folder of a training's declared checkpoints, where `path` is one of them; None for any other file."""
    folder = PurePosixPath(path or "").parent
    return str(folder) if folder.match(f"{CHECKPOINTS}/*/steps") else None


def weights_owner(config, name):
    """The model whose own `weights` a model is built or trained from; None for random weights derived from another."""
    model, _ = model_and_step(config["models"], name)
    own = config["models"][model]
    if own.get("derive", {}).get("how") == "random_weights":
        return None
    source = own.get("derive", own.get("train", {})).get("from")
    return weights_owner(config, source) if source else model


def fetched_weights(config, models):
    """Weights that must be fetched for some models: file name in the cache -> {url, sha256}.

    Raises BadInput where two models expect different bytes at one address.
    """
    fetched = {}
    for model in models:
        owner = weights_owner(config, model)
        if not owner or not is_url(url := config["models"][owner]["weights"]):
            continue
        sha256 = config["models"][owner]["sha256"] and config["models"][owner]["sha256"].lower()
        file = fetched.setdefault(Path(cached_path(url)).name, {"url": url, "sha256": None})
        file["sha256"] = file["sha256"] or sha256
        if sha256 and sha256 != file["sha256"]:
            raise BadInput(f"models: {model} expects another sha256 of {url} than a model before it; one file has one checksum")
    return fetched


def check_derived(config, name):
    """Raise BadInput where a derived model says what its source decides, or its source is derived or not there."""
    model, _ = model_and_step(config["models"], name)
    own = config["models"][model]
    if "derive" not in own:
        return
    source = own["derive"]["from"]
    if "derive" in config["models"][model_and_step(config["models"], source)[0]]:
        raise BadInput(f"models: {model} is derived from {source}, which is derived itself; name the network that {source} is from")
    if said := [key for key, default in INHERITED.items() if own.get(key, default) != default]:
        raise BadInput(f"models: {model} is derived from {source}, which decides its {', '.join(said)}; remove them")


def check_names(kind, names, known):
    """Raise BadInput for the first name that the config does not define."""
    for name in names:
        if name not in known:
            raise BadInput(f"`{kind}` has no '{name}'; the nearest names are {nearest(name, known)}")
