"""What an experiment's configuration asks for, and whether its names exist (standard library only)."""

import re
from pathlib import Path

from workflow.lib.errors import BadInput
from workflow.lib.model_entries import CHECKPOINTS, check_derived, check_names, fetched_weights, model_and_step, model_entry
from workflow.lib.plugins import constant_of, plugin_path
from workflow.lib.trainings import check_trainings, starting_entry, trained_models


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
    """Data sets that an analysis names, then those that networks are trained on and the one the styles' keyframes come from."""
    names = [analysis["dataset"] for analysis in config["analyses"]]
    names += [config["models"][model]["train"]["dataset"] for model in trained_models(config, used_models(config))]
    if any("painter" in config["styles"][name] for name in used_styles(config)):
        names.append(config["style_training"]["dataset"])
    return list(dict.fromkeys(names))


def used_models(config):
    """Models that an analysis, a claim or a published number names."""
    names = [model for analysis in config["analyses"] for model in analysis["models"]]
    names += [model for analysis in config["analyses"] for claim in analysis["claims"] for model in members(claim)]
    ours = [entry["ours"] for entry in config["published"] if "ours" in entry]
    names += [own[key] for own in ours for key in ("model", "natural") if key in own]
    return list(dict.fromkeys(names))


def members(claim):
    """The networks that a claim speaks of."""
    sides = [claim["of"], claim["than"], *(claim.get("beyond") or {}).values()]
    return list(dict.fromkeys(model for side in sides if isinstance(side, list) for model in side))


def perturbations_of(pairs):
    """Perturbations of dynamics that a config's `pairs` names, in its order: list of (plug-in, options)."""
    listed = [pairs["dynamics"]] if isinstance(pairs["dynamics"], str) else pairs["dynamics"]
    return [(entry, {}) if isinstance(entry, str) else next(iter(entry.items())) for entry in listed]


def pairs_of(config, dataset):
    """The `pairs` of a data set: the config's, with the dynamics that its analyses name, where they name any."""
    own = [analysis["dynamics"] for analysis in config["analyses"] if analysis["dataset"] == dataset and "dynamics" in analysis]
    return config["pairs"] | ({"dynamics": own[0]} if own else {})


def perturbations_shown(config, model):
    """Names of the perturbations of dynamics that a model is shown, each once."""
    datasets = [analysis["dataset"] for analysis in config["analyses"] if model in analysis["models"]]
    return list(dict.fromkeys(name for dataset in datasets for name, _ in perturbations_of(pairs_of(config, dataset))))


def check_dynamics(config):
    """Raise BadInput where analyses of one data set differ in their dynamics, and for perturbations without a plug-in."""
    for analysis in config["analyses"]:
        pairs = pairs_of(config, analysis["dataset"])
        if analysis.get("dynamics", config["pairs"]["dynamics"]) != pairs["dynamics"]:
            raise BadInput(f"analyses: two of {analysis['dataset']} differ in dynamics; a data set has one, give it another name")
        for perturbation, _ in perturbations_of(pairs):
            plugin_path("perturbations", perturbation)


def flows_read(config, model):
    """The flows that a model reads, as its family's constant READS says: some of flow and flow_backward."""
    reads = constant_of(plugin_path("models", model_entry(config, model)["family"]), "READS", ())
    return [flow for flow in ("flow", "flow_backward") if flow in reads]


def segments(config, model):
    """Whether a model gives masks, as its family's constant SEGMENTS says."""
    return constant_of(plugin_path("models", model_entry(config, model)["family"]), "SEGMENTS", False)


def check_flow(config):
    """Raise BadInput where a change of dynamics would leave what a model reads as it is."""
    for model in used_models(config):
        reads_flow = bool(flows_read(config, model))
        for perturbation in perturbations_shown(config, model):
            changes_flow = bool(constant_of(plugin_path("perturbations", perturbation), "READS", ()))
            if changes_flow and not reads_flow:
                raise BadInput(f"dynamics {perturbation} changes flow, which model {model} does not read")
            if reads_flow and not changes_flow:
                unchanged = f"changes the order of frames and no flow, which model {model} reads"
                raise BadInput(f"dynamics {perturbation} {unchanged}; flow_jitter is needed, as `dynamics` of its analysis")


def check_files(config):
    """Raise BadInput where a file that the config names does not exist."""
    files = {f"styles: {name}": config["styles"][name].get("checkpoint") for name in used_styles(config)}
    fetched = fetched_weights(config, used_models(config))  # these need not be there yet
    models = used_models(config)
    entries = {name: model_entry(config, name) for name in models}
    entries |= {f"{name}: train": starting_entry(config, name) for name in trained_models(config, models)}
    for name, entry in entries.items():
        files[f"models: {name}: classes"] = entry["classes"]
        files[f"models: {name}"] = None if Path(entry["weights"] or "").name in fetched else entry["weights"]
    files["flow: weights"] = config["flow"]["weights"]
    files["style_training: perceptual_weights"] = config["style_training"]["perceptual_weights"]
    for where, path in files.items():
        if path and not Path(path).is_relative_to(CHECKPOINTS) and not Path(path).is_file():
            raise BadInput(f"{where}: the file {path} does not exist")


def check_config(config):
    """Raise BadInput where a name is not defined or a plug-in's file does not exist."""
    check_names("styles", used_styles(config), config["styles"])
    for model in used_models(config):
        model_and_step(config["models"], model)
    check_trainings(config, used_models(config))
    check_names("datasets", used_datasets(config), config["datasets"])
    n_styles, drawn = len(config["pairs"]["styles"]), config["pairs"]["styles_per_clip"]
    if drawn != "all" and drawn > n_styles:
        raise BadInput(f"pairs: styles_per_clip is {drawn}, but only {n_styles} styles are listed")
    height, width = config["clip"]["crop"]
    if min(height, width) > config["clip"]["short_side"]:
        raise BadInput(f"clip: a crop of {height} x {width} does not fit a short side of {config['clip']['short_side']} pixels")
    for style in used_styles(config):
        for key in {"painter", "apply"} & config["styles"][style].keys():
            plugin_path("perturbations", config["styles"][style][key])
    check_dynamics(config)
    for model in used_models(config):
        check_derived(config, model)
        plugin_path("models", model_entry(config, model)["family"])
    for analysis in config["analyses"]:
        for metric in analysis["metrics"]:
            plugin_path("metrics", metric)
    for plot in config["plots"]:
        plugin_path("plots", plot)
    check_flow(config)
    plugin_path("flows", config["flow"]["estimator"])
    check_files(config)
