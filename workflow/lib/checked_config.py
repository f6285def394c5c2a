"""Everything that is checked of a configuration before any job is planned (Snakemake and its own requirements only)."""

from contextlib import contextmanager
from pathlib import Path

from workflow.lib.config_schema import check_config_files, fill_and_check
from workflow.lib.errors import BadInput, instead_of
from workflow.lib.experiment import (
    flows_read,
    models_named,
    pairs_of,
    perturbations_of,
    perturbations_shown,
    settle,
    used_datasets,
    used_models,
    used_styles,
)
from workflow.lib.manifest import read_dataset
from workflow.lib.model_entries import CHECKPOINTS, check_derived, check_names, fetched_weights, model_and_step, model_entry
from workflow.lib.plugins import check_plugin, constant_of, plugin_path
from workflow.lib.published import published_rows
from workflow.lib.trainings import check_splits, check_trainings, starting_entry, trained_models

ONE_OF = {  # keys of an entry that shut each other out
    "datasets": ("moving_shapes", "manifest", "folder", "annotations"),
    "styles": ("painter", "keyframes", "checkpoint", "apply"),
    "models": ("family", "derive"),
}
MOST_SHARDS = 10_000  # of one data set; planning takes about a millisecond a job
MOST_BYTES = 1 << 32  # of one clip


def checked_rows(config, files=()):
    """Fill the defaults into `config` and check it: (rows of published numbers, {data set: its rows}); raises BadInput.

    files: the configuration files it comes from. Data sets that are rendered have no rows yet.
    """
    check_config_files(files)
    check_merged(config)
    fill_and_check(config)
    settle(config)
    check_config(config)
    published = published_rows(config)
    named = [name for name in used_datasets(config) if "moving_shapes" not in config["datasets"][name]]
    rows = {name: read_dataset(name, config["datasets"][name]) for name in named}
    for name in used_datasets(config):
        check_shards(name, len(rows[name]) if name in rows else config["datasets"][name]["moving_shapes"]["videos"], config)
    check_splits(config, used_models(config), rows)
    return published, rows


def check_merged(config):
    """Raise BadInput where an entry is two things at once, as one that is laid over another of its name."""
    for kind, choices in ONE_OF.items():
        entries = config.get(kind)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            said = [key for key in choices if isinstance(entry, dict) and key in entry]
            if len(said) > 1:
                needed = "one was needed; config.yaml, which yours is laid over, may have the other: take a name it does not use"
                raise BadInput(f"{kind}: {name} has {' and '.join(said)}, {needed}")


def check_shards(dataset, n_rows, config):
    """Raise BadInput where a data set falls into more shards than can be planned."""
    if (n := -(-n_rows // config["shard_size"])) > MOST_SHARDS:
        size = f"shard_size {config['shard_size']} cuts the {n_rows} videos of {dataset} into {n} shards"
        raise BadInput(f"{size}; at most {MOST_SHARDS} can be planned, make it at least {-(-n_rows // MOST_SHARDS)}")


@contextmanager
def at(where):
    """What is wrong within, behind its place in the configuration."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def check_config(config):
    """Raise BadInput where a name is not defined, a plug-in or a file is not there, and where settings contradict each other."""
    if absent := [path for path in config["over"] if not Path(path).is_file()]:
        raise BadInput(f"over: there is no file {absent[0]} to lay {config['experiment']} over")
    check_all_names(config)
    check_numbers(config)
    check_plugins(config)
    check_dynamics(config)
    for model in used_models(config):
        check_derived(config, model)
        with at(f"models: {model}"):
            check_family(config, model)
    check_flow(config)
    check_files(config)


def check_all_names(config):
    """Raise BadInput for the first style, model or data set that is named and not defined."""
    with at("pairs: styles"):
        check_names("styles", used_styles(config), config["styles"])
    for where, model in models_named(config):
        with at(where):
            model_and_step(config["models"], model)
    check_trainings(config, used_models(config))
    for n, analysis in enumerate(config["analyses"]):
        with at(f"analyses: {n}: dataset"):
            check_names("datasets", [analysis["dataset"]], config["datasets"])
    with at("style_training: dataset"):
        check_names("datasets", used_datasets(config), config["datasets"])


def check_numbers(config):
    """Raise BadInput for numbers that do not go together."""
    n_styles, drawn = len(config["pairs"]["styles"]), config["pairs"]["styles_per_clip"]
    if drawn != "all" and drawn > n_styles:
        raise BadInput(f"pairs: styles_per_clip is {drawn}, but only {n_styles} styles are listed")
    height, width = config["clip"]["crop"]
    if min(height, width) > config["clip"]["short_side"]:
        raise BadInput(f"clip: a crop of {height} x {width} does not fit a short side of {config['clip']['short_side']} pixels")
    if (n := config["clip"]["frames"] * height * width * 3) > MOST_BYTES:
        size = f"{config['clip']['frames']} frames of {height} x {width} pixels"
        raise BadInput(f"clip: {size} are {n / 2**30:.0f} GiB a clip, {MOST_BYTES >> 30} at most")


def check_plugins(config):
    """Raise BadInput for painters, styles, metrics, figures and flow estimators without a plug-in that can be used so."""
    for style in used_styles(config):
        own = config["styles"][style]
        with at(f"styles: {style}"):
            if "painter" in own:
                check_plugin("perturbations", own["painter"], ["paint"], ("frame", "seed"), {})
            if "apply" in own:
                check_plugin("perturbations", own["apply"], ["apply"], ("frames", "seed"), own.get("options", {}))
    for n, analysis in enumerate(config["analyses"]):
        for metric in analysis["metrics"]:
            with at(f"analyses: {n}: metrics"):
                check_plugin("metrics", named_alone(metric), ["score"])
    for plot in config["plots"]:
        with at("plots"):
            check_plugin("plots", named_alone(plot), ["draw"])
    flow = config["flow"]
    with at("flow"):
        check_plugin(
            "flows", flow["estimator"], ["build"], (), flow["options"] | ({"weights": flow["weights"]} if flow["weights"] else {})
        )


def named_alone(name):
    """The name of a metric or a figure, which names files too; BadInput for a path."""
    if name.endswith(".py"):
        raise BadInput(f"'{name}' came, the name of a plug-in was needed: put your file beside the others, its name without .py")
    return name


def check_family(config, model):
    """Raise BadInput where a model's family has no plug-in that can be built with its options."""
    entry = model_entry(config, model)
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
            raise BadInput(f"{where}: there is no file {path}{instead_of(path)}")
    for style in used_styles(config):
        if (folder := config["styles"][style].get("keyframes")) and not Path(folder).is_dir():
            raise BadInput(f"styles: {style}: there is no folder {folder}{instead_of(folder)}")
