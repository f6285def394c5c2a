# Reads:  config.yaml (and whatever --configfile and --config lay over it)
# Writes: nothing
# Why:    names are checked and shards counted before any work; only Snakemake and the standard library are needed here.
import functools
import os
import re
import sys

import yaml
from snakemake.utils import update_config

from workflow.lib.checked_config import checked_rows
from workflow.lib.earlier_videos import changes
from workflow.lib.errors import BadInput
from workflow.lib.experiment import (
    analysed_pairs,
    dynamics_shown,
    flows_read,
    of_experiment,
    pairs_of,
    perturbations_of,
    segments,
    used_datasets,
    used_models,
    used_styles,
)
from workflow.lib.listing import folder_of, listed
from workflow.lib.model_entries import checkpoint_folder, fetched_weights, is_made_here, model_entry
from workflow.lib.plugins import ROOT, constant_of, plugin_path
from workflow.lib.sequence_sets import masked_frames
from workflow.lib.shared_videos import shared_videos
from workflow.lib.sources import digest, folder_digest
from workflow.lib.trainings import starting_entry, trained_models, training_settings


def as_in_a_file(value):
    """A value of --config with the numbers, booleans and nulls in it that a file would have: Snakemake leaves them strings."""
    if isinstance(value, dict):
        return {key: as_in_a_file(own) for key, own in value.items()}
    if isinstance(value, list):
        return [as_in_a_file(own) for own in value]
    read = yaml.safe_load(value) if isinstance(value, str) and re.fullmatch(r"[\w.+-]*", value) else value
    return read if isinstance(read, (int, float, type(None))) else value


MOVER = workflow.modifier.path_modifier  # of the module that this is, where another workflow uses it as one

try:
    if workflow.modifier.is_main_snakefile():  # a module's config is its user's
        update_config(config, as_in_a_file(dict(workflow.config_settings.config)))
    PUBLISHED, ROWS = checked_rows(config, workflow.configfiles)
    for dataset in ROWS if workflow.is_main_process else ():  # jobs may be listing them
        results = os.path.dirname(MOVER.replace_prefix("results/videos"))
        if changed := changes(dataset, ROWS[dataset], results, config["shard_size"]):
            print(changed, file=sys.stderr)
except BadInput as error:
    sys.exit(f"config: {error}")  # a WorkflowError would be told with the line of this file

RENDERED = [name for name in used_datasets(config) if name not in ROWS]
APPLIED = [name for name in used_styles(config) if "apply" in config["styles"][name]]
IMPORTED = [name for name in used_styles(config) if "checkpoint" in config["styles"][name]]
PAINTED = [name for name in used_styles(config) if name not in APPLIED + IMPORTED]
DESCRIBED = "results/models/{dataset}/{model}.parquet"
ANALYSED = analysed_pairs(config)  # every (data set, model) that an analysis names, each once
FETCHED = fetched_weights(config, used_models(config))  # file name -> {url, sha256}
TRAINED = trained_models(config, used_models(config))
TORCH = f"../../envs/torch-{config['torch']}.yaml"
FLOW_PICTURE = {key: config["flow"][key] for key in ("normalisation", "full_saturation")}
RECORD = "results/stylized/{dataset}/{style}/{shard}/painting.json"  # stays when the clips beside it are dropped
EXAMPLES = "results/stylized/{dataset}/examples/{shard}.npy"
GALLERY = ["original", *used_styles(config)]  # what the picture of one clip shows


def one_of(names):
    """A wildcard constraint: exactly one of `names`; matches nothing where there are none."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


wildcard_constraints:
    dataset=one_of(used_datasets(config)),
    style=one_of(used_styles(config)),
    model=one_of(used_models(config)),
    experiment=re.escape(config["experiment"]),
    shard=r"\d+",
    flow="flow|flow_backward",
    metric=r"\w+",
    plot=r"\w+",


def unique(items):
    """The items in their order, each once."""
    return list(dict.fromkeys(items))


def growing(amount):
    """A resource of a job: `amount` at the first attempt, as much again at each further one."""
    return lambda wildcards, attempt: amount * attempt


def n_rows(dataset):
    """Number of manifest rows of a data set, known while the workflow is parsed."""
    return len(ROWS[dataset]) if dataset in ROWS else config["datasets"][dataset]["moving_shapes"]["videos"]


def shard_rows(dataset, shard):
    """First row and one past the last row of a shard."""
    first = int(shard) * config["shard_size"]
    return first, min(first + config["shard_size"], n_rows(dataset))


def shards(dataset):
    """Names of the shards of a data set."""
    return [f"{i:03d}" for i in range(-(-n_rows(dataset) // config["shard_size"]))]


def of_shards(pattern, dataset, **wildcards):
    """The files of all shards of one data set; further wildcards vary slower than the shard."""
    return expand(pattern, **wildcards, dataset=dataset, shard=shards(dataset))  # the last varies fastest


@functools.cache  # reading the sources anew for every job would cost a tenth of a second each
def source(script, *plugins):
    """Digest of everything that decides the numbers of a script: its file, its imports, the plug-ins it loads.

    Snakemake does not see imported modules and tracks scripts by their time stamps; this digest is a parameter instead.
    """
    files = [ROOT / "workflow" / "scripts" / f"{script}.py"]
    return digest(*files, *(plugin_path(folder, name) for folder, name in plugins))


def placed(path):
    """Where a file that this workflow makes is, for a parameter: Snakemake puts a module's prefix before inputs and outputs only."""
    return MOVER.replace_prefix(path)


def placed_entry(entry):
    """A model's entry with the files that this workflow makes where they are."""
    return entry | {key: placed(entry[key]) for key in ("weights", "classes") if is_made_here(entry[key])}


def given(path):
    """A file that the config names, as an input; one that is not made here stays where it is under a module's prefix."""
    return (path if is_made_here(path) else local(path)) if path else []


def painter_plugin(style):
    """The plug-in that paints a style's keyframes, if one does."""
    painter = config["styles"][style].get("painter")
    return [("perturbations", painter)] if painter else []


def dynamics_plugins(dataset):
    """The plug-ins that change the dynamics of a data set's clips."""
    return [("perturbations", name) for name, _ in perturbations_of(pairs_of(config, dataset))]


def network_plugin(model):
    """The plug-in that builds a model."""
    return "models", model_entry(config, model)["family"]


def weights_file(entry):
    """The file of a network's weights, if it has one, or the folder of a training's declared checkpoints.

    A file with a checksum cannot change: its time stamp says nothing. That of a file made here counts all the same: where the job
    that makes it must run, Snakemake compares no parameters of jobs after it.
    """
    path = checkpoint_folder(entry["weights"]) or entry["weights"]
    return given(ancient(path) if path and entry["sha256"] and not is_made_here(path) else path)


def weights_of(model):
    """The file of a model's weights, if it has one."""
    return weights_file(model_entry(config, model))


def trained_on(model):
    """The data set that a model is trained on."""
    return config["models"][model]["train"]["dataset"]


def learns_masks(model):
    """Whether a model trained here learns masks, not classes."""
    return config["models"][model]["train"]["learns"] == "masks"


def validations(model, dataset):
    """For every training on a data set that a model comes of: the share of its videos held out, None where it has splits."""
    trainings = [config["models"][name]["train"] for name in trained_models(config, [model])]
    return [train["validation"] for train in trainings if train["dataset"] == dataset]


def videos_trained_on(model, dataset):
    """Names of a data set's videos on which the model, or one that it comes of, was or may have been trained in other data sets."""
    others = {trained_on(name) for name in trained_models(config, [model])} - {dataset}
    return sorted({video for other in others for video in shared_videos(dataset, other, config, ROWS)})


def is_measured(model):
    """Whether it is measured what a model can do on the clips as they are: name their classes, or segment them."""
    return bool(model_entry(config, model)["classes"]) or segments(config, model)


def boxed(dataset):
    """Whether a data set's masks are boxes."""
    return config["datasets"][dataset].get("annotations", {}).get("format") == "moca"
