"""What an experiment's configuration asks for, and whether its names exist (standard library only)."""

from pathlib import Path

from workflow.lib.errors import BadInput
from workflow.lib.plugins import plugin_path


def used_styles(config):
    """Styles that get a network of their own, in the order of the config."""
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


def check_names(kind, names, known):
    for name in names:
        if name not in known:
            raise BadInput(f"no {kind} is called '{name}'; `{kind}` defines {', '.join(known) or 'none'}")


def check_files(config):
    """Raise BadInput where a file that the config names does not exist."""
    files = {f"styles: {name}": config["styles"][name].get("checkpoint") for name in used_styles(config)}
    files |= {f"models: {name}": config["models"][name]["weights"] for name in used_models(config)}
    files["style_training: perceptual_weights"] = config["style_training"]["perceptual_weights"]
    for where, path in files.items():
        if path and not Path(path).is_file():
            raise BadInput(f"{where}: the file {path} does not exist")


def check_config(config):
    """Raise BadInput where a name is not defined or a plug-in's file does not exist."""
    check_names("styles", used_styles(config), config["styles"])
    check_names("datasets", used_datasets(config), config["datasets"])
    check_names("models", used_models(config), config["models"])
    check_files(config)
    n_styles, drawn = len(config["pairs"]["styles"]), config["pairs"]["styles_per_clip"]
    if drawn != "all" and drawn > n_styles:
        raise BadInput(f"pairs: styles_per_clip is {drawn}, but only {n_styles} styles are listed")
    height, width = config["clip"]["crop"]
    if min(height, width) > config["clip"]["short_side"]:
        raise BadInput(f"clip: a crop of {height} x {width} does not fit a short side of {config['clip']['short_side']} pixels")
    for style in used_styles(config):
        if "painter" in config["styles"][style]:
            plugin_path("perturbations", config["styles"][style]["painter"])
    plugin_path("perturbations", config["pairs"]["dynamics"])
    for model in used_models(config):
        plugin_path("models", config["models"][model]["family"])
    for analysis in config["analyses"]:
        for metric in analysis["metrics"]:
            plugin_path("metrics", metric)
    for plot in config["plots"]:
        plugin_path("plots", plot)
