"""What an experiment's configuration asks for (standard library only)."""

from workflow.lib.model_entries import model_and_step, model_entry
from workflow.lib.plugins import constant_of, plugin_path
from workflow.lib.trainings import trained_models


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
    return list(dict.fromkeys(name for _, name in models_named(config)))


def of_experiment(config):
    """The config without the data sets, styles and models that only other experiments use."""
    models = [model_and_step(config["models"], name)[0] for name in used_models(config)]
    for name in models:  # grows by what each is derived from or trained on from
        own = config["models"][name]
        if source := own.get("derive", own.get("train", {})).get("from"):
            models.append(model_and_step(config["models"], source)[0])
    used = {"datasets": used_datasets(config), "styles": used_styles(config), "models": models}
    return config | {kind: {name: own for name, own in config[kind].items() if name in names} for kind, names in used.items()}


def models_named(config):
    """Every (where in the config, model) of its analyses, then of their claims and of the published numbers."""
    places = [(f"analyses: {n}", analysis) for n, analysis in enumerate(config["analyses"])]
    named = [(f"{where}: models", model) for where, analysis in places for model in analysis["models"]]
    for where, analysis in places:
        for n, claim in enumerate(analysis["claims"]):
            named += [(f"{where}: claims: {n}", model) for model in members(claim)]
    for n, entry in enumerate(config["published"]):
        named += [(f"published: {n}: ours", entry["ours"][key]) for key in ("model", "natural") if key in entry.get("ours", {})]
    return named


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


def analysed_pairs(config):
    """Every (data set, model) that an analysis names, each once."""
    return list(dict.fromkeys((analysis["dataset"], model) for analysis in config["analyses"] for model in analysis["models"]))


def dynamics_shown(config, dataset, model):
    """Perturbations of dynamics of a data set that a model is shown: list of (plug-in, options), empty where it is shown none."""
    return perturbations_of(pairs_of(config, dataset)) if (dataset, model) in analysed_pairs(config) else []


def perturbations_shown(config, model):
    """Names of the perturbations of dynamics that a model is shown, each once."""
    datasets = [dataset for dataset, own in analysed_pairs(config) if own == model]
    return list(dict.fromkeys(name for dataset in datasets for name, _ in dynamics_shown(config, dataset, model)))


def flows_read(config, model):
    """The flows that a model reads, as its family's constant READS says: some of flow and flow_backward."""
    reads = constant_of(plugin_path("models", model_entry(config, model)["family"]), "READS", ())
    return [flow for flow in ("flow", "flow_backward") if flow in reads]


def segments(config, model):
    """Whether a model gives masks, as its family's constant SEGMENTS says."""
    return constant_of(plugin_path("models", model_entry(config, model)["family"]), "SEGMENTS", False)


def settle(config):
    """Write into a validated config what follows from its other entries: keyframes are taken from the first analysis' videos."""
    config["style_training"]["dataset"] = config["style_training"]["dataset"] or config["analyses"][0]["dataset"]
