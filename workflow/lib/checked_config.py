"""Everything that is checked of a configuration before any job is planned (Snakemake and its own requirements only)."""

from pathlib import Path

from workflow.lib.checked_plugins import check_plugins
from workflow.lib.config_schema import check_config_files, fill_and_check
from workflow.lib.errors import BadInput, at, instead_of
from workflow.lib.experiment import (
    models_named,
    settle,
    used_datasets,
    used_models,
    used_styles,
)
from workflow.lib.manifest import read_dataset
from workflow.lib.model_entries import CHECKPOINTS, check_derived, check_names, fetched_weights, model_and_step, model_entry
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


def check_config(config):
    """Raise BadInput where a name is not defined, a plug-in or a file is not there, and where settings contradict each other."""
    if absent := [path for path in config["over"] if not Path(path).is_file()]:
        raise BadInput(f"over: there is no file {absent[0]} to lay {config['experiment']} over")
    check_all_names(config)
    check_numbers(config)
    for model in used_models(config):
        check_derived(config, model)
    check_plugins(config)
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
