"""What a configuration says of plug-ins, checked before any job is planned (standard library only)."""

from workflow.lib.errors import BadInput, at
from workflow.lib.experiment import flows_read, pairs_of, perturbations_of, perturbations_shown, used_models, used_styles
from workflow.lib.model_entries import model_entry
from workflow.lib.plugins import check_plugin, constant_of, plugin_path


def check_plugins(config):
    """Raise BadInput for what a config names without a plug-in that can be used so, and for plug-ins that do not go together."""
    check_styles(config)
    check_analyses(config)
    check_dynamics(config)
    for model in used_models(config):
        check_family(config, model)
    check_flow(config)


def check_styles(config):
    """Raise BadInput for painters and styles without a plug-in that can be used so."""
    for style in used_styles(config):
        own = config["styles"][style]
        with at(f"styles: {style}"):
            if "painter" in own:
                check_plugin("perturbations", own["painter"], ["paint"], ("frame", "seed"), {})
            if "apply" in own:
                check_plugin("perturbations", own["apply"], ["apply"], ("frames", "seed"), own.get("options", {}))


def check_analyses(config):
    """Raise BadInput for metrics, figures and flow estimators without a plug-in that can be used so."""
    for n, analysis in enumerate(config["analyses"]):
        for metric in analysis["metrics"]:
            with at(f"analyses: {n}: metrics"):
                check_plugin("metrics", named_alone(metric), ["score"])
    for plot in config["plots"]:
        with at("plots"):
            check_plugin("plots", named_alone(plot), ["draw"])
    flow = config["flow"]
    weights = {"weights": flow["weights"]} if flow["weights"] else {}
    with at("flow"):
        check_plugin("flows", flow["estimator"], ["build"], (), flow["options"] | weights)


def named_alone(name):
    """The name of a metric or a figure, which names files too; BadInput for a path."""
    if name.endswith(".py"):
        raise BadInput(f"'{name}' came, the name of a plug-in was needed: put your file beside the others, its name without .py")
    return name


def check_family(config, model):
    """Raise BadInput where a model's family has no plug-in that can be built with its options."""
    entry = model_entry(config, model)
    with at(f"models: {model}"):
        check_plugin("models", entry["family"], ["build"], (), entry["options"])


def check_dynamics(config):
    """Raise BadInput where analyses of one data set differ in their dynamics, and for perturbations that cannot be drawn."""
    for n, analysis in enumerate(config["analyses"]):
        where = f"analyses: {n}: dynamics" if "dynamics" in analysis else "pairs: dynamics"
        pairs = pairs_of(config, analysis["dataset"])
        if analysis.get("dynamics", config["pairs"]["dynamics"]) != pairs["dynamics"]:
            raise BadInput(f"analyses: two of {analysis['dataset']} differ in dynamics; a data set has one, give it another name")
        for name, options in perturbations_of(pairs):
            with at(where):
                changes = constant_of(plugin_path("perturbations", name), "CHANGES", "dynamics")
                if changes != "dynamics":
                    raise BadInput(f"'{name}' is a perturbation of {changes}; one of dynamics is needed")
                if perturbations_of(pairs).count((name, options)) > 1:
                    raise BadInput(f"{name} comes twice with the same options")
                check_plugin("perturbations", name, ["draw_jitter", "draw_order"], ("n_frames", "rng"), options)


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
