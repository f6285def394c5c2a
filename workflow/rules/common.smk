# Reads:  config.yaml (and whatever --configfile and --config lay over it)
# Writes: nothing
# Why:    names are checked and shards counted before any work; only Snakemake and the standard library are needed here.
import functools
import re

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from workflow.lib.checked_config import checked_rows
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
from workflow.lib.files import is_newest
from workflow.lib.model_entries import checkpoint_folder, fetched_weights, is_made_here, model_entry
from workflow.lib.manifest import fingerprint
from workflow.lib.painting import says
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


try:
    if workflow.modifier.is_main_snakefile():  # a module's config is its user's
        update_config(config, as_in_a_file(dict(workflow.config_settings.config)))
    PUBLISHED, ROWS = checked_rows(config, workflow.configfiles)
except BadInput as error:
    raise WorkflowError(f"config: {error}")

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
MOVER = workflow.modifier.path_modifier  # of the module that this is, where another workflow uses it as one


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


def flows_of_shards(model, dataset):
    """The flow stores that a model reads of all shards of a data set, those of a shard together."""
    names = flows_read(config, model)
    return [f"results/flow/{dataset}/{shard}/{name}.npy" for shard in shards(dataset) for name in names]


def validations(model, dataset):
    """For every training on a data set that a model comes of: the share of its videos held out, None where it has splits."""
    trainings = [config["models"][name]["train"] for name in trained_models(config, [model])]
    return [train["validation"] for train in trainings if train["dataset"] == dataset]


def videos_trained_on(model, dataset):
    """Names of a data set's videos that other data sets have too, on which a model that it comes of was trained."""
    others = {trained_on(name) for name in trained_models(config, [model])} - {dataset}
    return sorted({video for other in others for video in shared_videos(dataset, other, config, ROWS)})


def is_measured(model):
    """Whether it is measured what a model can do on the clips as they are: name their classes, or segment them."""
    return bool(model_entry(config, model)["classes"]) or segments(config, model)


def boxed(dataset):
    """Whether a data set's masks are boxes."""
    return config["datasets"][dataset].get("annotations", {}).get("format") == "moca"


def styles_shown(model):
    """Styles a model is shown, in the order of their stores: those of the pairs and, where it is to name classes, the original."""
    styles = config["pairs"]["styles"]
    extra = [] if "original" in styles or not is_measured(model) else ["original"]
    return [*styles, *extra]


def variants_shown(model):
    """The tables of variants a model is shown, patterns of {dataset} and {shard}."""
    tables = ["results/variants/{dataset}/{shard}.parquet"]
    return tables + (["results/variants/{dataset}/{shard}.original.parquet"] if is_measured(model) else [])


def reads_flow(dataset):
    """Whether an analysis shows the flow of a data set, from each frame to the next, to a model."""
    return any(own == dataset and "flow" in flows_read(config, model) for own, model in ANALYSED)


def flow_checked():
    """Data sets whose flow is read and known exactly: rendered at the rate and the scale of the clips."""
    rendered = {name: config["datasets"][name]["moving_shapes"] for name in analysed_datasets() if name in RENDERED}
    wanted = config["clip"]["fps"], config["clip"]["short_side"]
    return [name for name, video in rendered.items() if reads_flow(name) and (video["fps"], video["size"]) == wanted]


def keyframe_clips(wildcards, pattern):
    """The clip files that a style's keyframes are taken from: none for keyframes painted by hand."""
    if not painter_plugin(wildcards.style):
        return []
    dataset = config["style_training"]["dataset"]
    return expand(pattern, dataset=dataset, shard=shards(dataset))


def store_of(style):
    """Where the clips of a style are stored, a pattern of {dataset} and {shard}."""
    folder = "clips/{dataset}" if style == "original" else f"stylized/{{dataset}}/{style}"
    return f"results/{folder}/{{shard}}/frames.npy"


def painting_of(style):
    """How clips are painted in a style, beside its network: what the record of a store holds."""
    if style not in APPLIED:
        return {"style": style, "precision": config["precision"], "source": source("stylize_clips")}
    apply, options = config["styles"][style]["apply"], config["styles"][style].get("options", {})
    own = {"style": style, "plugin": apply, "options": options, "seed": config["seed"]}
    return own | {"source": source("apply_style", ("perturbations", apply))}


def painted_from(style):
    """What the clips of a style are painted from: the clips as they are and the style's network, where there is one."""
    network = [] if style in ["original", *APPLIED] else [f"{STYLE.format(style=style)}/generator.safetensors"]
    return [store_of("original"), *network]


@functools.cache
def settled(file, sources):
    """`file` as an input whose age does not count while it is there and no file of `sources` is newer.

    Otherwise it has to count: where Snakemake runs a job for its own sake, it asks of jobs after it only whether their inputs are
    made anew.
    """
    return ancient(file) if is_newest(placed(file), map(placed, sources)) else file


def record_of(style, dataset, shard):
    """The record of a store, whose age does not count while it is true: see rule dump_features."""
    record = RECORD.format(style=style, dataset=dataset, shard=shard)
    sources = tuple(file.format(dataset=dataset, shard=shard) for file in painted_from(style))
    return settled(record, sources) if says(placed(record), painting_of(style)) else record


def painted_for(model):
    """Styles a model is shown whose clips have to be painted."""
    return [style for style in styles_shown(model) if style != "original"]


def released(dataset, model):
    """That a model no longer needs the stylized clips: a file per shard, whose age does not count while it is true."""
    files = []
    for shard in shards(dataset):
        features = f"results/features/{dataset}/{model}/{shard}.parquet"
        stores = [store_of(style).format(dataset=dataset, shard=shard) for style in painted_for(model)]
        files.append(settled(features.replace(".parquet", ".released"), (features, *stores)))
    return files


def analysed(pattern):
    """The files of every (metric, data set, model) that an analysis names, each once."""
    files = [
        pattern.format(metric=metric, dataset=analysis["dataset"], model=model)
        for analysis in config["analyses"]
        for metric in analysis["metrics"]
        for model in analysis["models"]
    ]
    return list(dict.fromkeys(files))


def described_pairs():
    """(data set, model) of every network once: the first data set that it is shown, of all where it is shown none."""
    shown = {model: dataset for dataset, model in reversed(ANALYSED)}
    return [(shown.get(model, ANALYSED[0][0]), model) for model in used_models(config)]


def accuracies():
    """The accuracy tables of the experiment: of models that have a class list."""
    pattern = "results/accuracy/{}/{}.parquet"
    return [pattern.format(dataset, model) for dataset, model in ANALYSED if model_entry(config, model)["classes"]]


def segmentations():
    """The segmentation tables of the experiment: of networks that segment, on data sets that have masks."""
    pattern, masked = "results/segmentation/{}/{}.parquet", masked_datasets()
    found = [(dataset, model) for dataset, model in ANALYSED if dataset in masked and segments(config, model)]
    return [pattern.format(*pair) for pair in found]


def claims():
    """What the analyses claim, each with its data set."""
    return [claim | {"dataset": analysis["dataset"]} for analysis in config["analyses"] for claim in analysis["claims"]]


def benchmarks():
    """What the feature dumps of the experiment cost, one file per shard."""
    pattern = "results/benchmarks/dump_features/{dataset}/{model}/{shard}.tsv"
    return [file for dataset, model in ANALYSED for file in of_shards(pattern, dataset, model=model)]


def jobs():
    """What jobs of the experiment are called below the benchmarks of their rule, whichever it is: by their wildcards."""
    datasets, styles = used_datasets(config), used_styles(config)
    names = [config["experiment"], *datasets, *used_models(config), *FETCHED, *expand(OF_STYLE, style=styles)]
    names += [f"{config['experiment']}/{part}" for part in (*config["plots"], *datasets)]
    for dataset in datasets:
        names += of_shards("{dataset}/{shard}", dataset) + of_shards("{dataset}/{style}/{shard}", dataset, style=styles)
        names += of_shards("{dataset}/{shard}/{flow}", dataset, flow=["flow", "flow_backward"])
    for dataset, model in unique([*ANALYSED, *described_pairs()]):
        names += [f"{dataset}/{model}", *of_shards("{dataset}/{model}/{shard}", dataset, model=model)]
    return names + analysed("{metric}/{dataset}/{model}")


def stored():
    """What the analyses store that is large: kind -> files and folders. A stylized store is as large as that of the clips it shows.

    No inputs, as nothing is worth making again to be weighed.
    """

    def of(datasets, pattern):
        return [file for dataset in datasets for file in of_shards(pattern, dataset)]

    names, masked = analysed_datasets(), masked_datasets()
    clips = of(names, store_of("original"))
    kinds = {
        "rendered videos": of([name for name in names if name in RENDERED], "results/videos/{dataset}/{shard}/videos"),
        "clips": clips,
        "masks": of([name for name in names if name in masked], "results/clips/{dataset}/{shard}/masks.npy"),
        "stylized clips": clips * len(used_styles(config)),
        "examples": of(names, EXAMPLES),
        "optical flow": unique(file for dataset, model in ANALYSED for file in flows_of_shards(model, dataset)),
        "checkpoints": expand("results/checkpoints/{model}", model=TRAINED),
        "feature dumps": [file for dataset, model in ANALYSED for file in of_shards(DUMPS, dataset, model=model)],
        "score draws": analysed("results/scores/{metric}/{dataset}/{model}.draws.parquet"),
    }
    return {kind: files for kind, files in kinds.items() if files}


def shown_to(dataset):
    """Models that analyses show a data set, each once."""
    return [model for own, model in ANALYSED if own == dataset]


def analysed_datasets():
    """Data sets that an analysis names."""
    return list(dict.fromkeys(analysis["dataset"] for analysis in config["analyses"]))


def masked_datasets():
    """Data sets that have masks: of the analyses, and those that networks learn masks from."""
    names = analysed_datasets() + [trained_on(model) for model in TRAINED if learns_masks(model)]
    return [name for name in dict.fromkeys(names) if name in RENDERED or "masks" in ROWS[name][0]]


def plot_table(plot):
    """Name of the table that a plot reads: its TABLE, by default the scores."""
    return constant_of(plugin_path("plots", plot), "TABLE", "scores")


def plots():
    """Plots of the experiment: without those of claims, trainings and masks that it does not have."""
    missing = {"claims": not claims(), "training_curve": not TRAINED, "centre_bias": not masked_datasets()}
    return [plot for plot in config["plots"] if not missing.get(plot_table(plot))]
