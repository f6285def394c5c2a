"""What an experiment's configuration asks for, and whether its names exist (standard library only)."""

import re
from pathlib import Path

from workflow.lib.errors import BadInput
from workflow.lib.plugins import plugin_path


def one_sentence(error):
    """What is wrong with a configuration, and where in it, without the validator's listing of the schema."""
    text = str(error)
    where = re.search(r"On instance((?:\[[^\]]+\])+):", text)
    keys = ": ".join(re.findall(r"[\w.@-]+", where[1])) if where else ""
    message = " ".join(text.split("\nFailed validating")[0].removeprefix("Error validating config file.").split())
    return f"config: {keys}{': ' if keys else ''}{message.removeprefix('ValidationError: ')}"


def used_styles(config):
    """Styles that clips are shown in beside their own look, in the order of the config."""
    return [name for name in config["pairs"]["styles"] if name != "original"]


def used_datasets(config):
    """Data sets that an analysis names, then the one the styles' keyframes come from."""
    names = [analysis["dataset"] for analysis in config["analyses"]]
    if any("painter" in config["styles"][name] for name in used_styles(config)):
        names.append(config["style_training"]["dataset"])
    return list(dict.fromkeys(names))


def used_models(config):
    """Models that an analysis names."""
    return list(dict.fromkeys(model for analysis in config["analyses"] for model in analysis["models"]))


def perturbations_of(pairs):
    """Perturbations of dynamics that a config's `pairs` names, in its order: list of (plug-in, options)."""
    listed = [pairs["dynamics"]] if isinstance(pairs["dynamics"], str) else pairs["dynamics"]
    return [(entry, {}) if isinstance(entry, str) else next(iter(entry.items())) for entry in listed]


def model_entry(config, model):
    """What a model is built from: its own entry of the config, or its source's with `derive` telling what is made of it.

    Random weights are drawn by the model's own seed; a twin has its source's weights, whatever they are.
    """
    own = config["models"][model]
    if "derive" not in own:
        return own
    entry = config["models"][own["derive"]["from"]] | {"derive": own["derive"], "batch": own["batch"]}
    if own["derive"]["how"] == "random_weights":
        entry |= {"weights": None, "sha256": None, "seed": own["seed"]}
    return entry


def check_derived(config, model):
    """Raise BadInput where a derived model says what its source decides, or its source is derived or not there."""
    own = config["models"][model]
    if "derive" not in own:
        return
    source = own["derive"]["from"]
    check_names("models", [source], config["models"])
    if "derive" in config["models"][source]:
        raise BadInput(f"models: {model} is derived from {source}, which is derived itself; name the network that {source} is from")
    if said := [key for key in ("options", "weights", "sha256") if own[key]]:
        raise BadInput(f"models: {model} is derived from {source}, which decides its {', '.join(said)}; remove them")


def check_names(kind, names, known):
    for name in names:
        if name not in known:
            raise BadInput(f"no {kind} is called '{name}'; `{kind}` defines {', '.join(known) or 'none'}")


def check_files(config):
    """Raise BadInput where a file that the config names does not exist."""
    files = {f"styles: {name}": config["styles"][name].get("checkpoint") for name in used_styles(config)}
    files |= {f"models: {name}": model_entry(config, name)["weights"] for name in used_models(config)}
    files["style_training: perceptual_weights"] = config["style_training"]["perceptual_weights"]
    for where, path in files.items():
        if path and not Path(path).is_file():
            raise BadInput(f"{where}: the file {path} does not exist")


def check_config(config):
    """Raise BadInput where a name is not defined or a plug-in's file does not exist."""
    check_names("styles", used_styles(config), config["styles"])
    check_names("datasets", used_datasets(config), config["datasets"])
    check_names("models", used_models(config), config["models"])
    n_styles, drawn = len(config["pairs"]["styles"]), config["pairs"]["styles_per_clip"]
    if drawn != "all" and drawn > n_styles:
        raise BadInput(f"pairs: styles_per_clip is {drawn}, but only {n_styles} styles are listed")
    height, width = config["clip"]["crop"]
    if min(height, width) > config["clip"]["short_side"]:
        raise BadInput(f"clip: a crop of {height} x {width} does not fit a short side of {config['clip']['short_side']} pixels")
    for style in used_styles(config):
        for key in {"painter", "apply"} & config["styles"][style].keys():
            plugin_path("perturbations", config["styles"][style][key])
    for perturbation, _ in perturbations_of(config["pairs"]):
        plugin_path("perturbations", perturbation)
    for model in used_models(config):
        check_derived(config, model)
        plugin_path("models", model_entry(config, model)["family"])
    for analysis in config["analyses"]:
        for metric in analysis["metrics"]:
            plugin_path("metrics", metric)
    for plot in config["plots"]:
        plugin_path("plots", plot)
    check_files(config)
