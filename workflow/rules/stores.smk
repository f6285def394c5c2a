# Reads:  config.yaml (and whatever --configfile and --config lay over it)
# Writes: nothing
# Why:    which stores and tables networks are shown, and when a store that may be dropped has to be made again, is asked by many rules.
from workflow.lib.files import is_newest
from workflow.lib.painting import says


def flows_of_shards(model, dataset):
    """The flow stores that a model reads of all shards of a data set, those of a shard together."""
    names = flows_read(config, model)
    return [f"results/flow/{dataset}/{shard}/{name}.npy" for shard in shards(dataset) for name in names]


def styles_shown(model):
    """Styles a model is shown, in the order of their stores: those of the pairs and, where it is to name classes, the original."""
    styles = config["pairs"]["styles"]
    extra = [] if "original" in styles or not is_measured(model) else ["original"]
    return [*styles, *extra]


def variants_shown(model):
    """The tables of variants a model is shown, patterns of {dataset} and {shard}."""
    tables = ["results/variants/{dataset}/{shard}.parquet"]
    return tables + (["results/variants/{dataset}/{shard}.original.parquet"] if is_measured(model) else [])


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
