# Reads:  config.yaml (and whatever --configfile and --config lay over it)
# Writes: nothing
# Why:    which files the analyses of an experiment come to is asked by the rules that collect, draw and report them.
def reads_flow(dataset):
    """Whether an analysis shows the flow of a data set, from each frame to the next, to a model."""
    return any(own == dataset and "flow" in flows_read(config, model) for own, model in ANALYSED)


def flow_checked():
    """Data sets whose flow is read and known exactly: rendered at the rate and the scale of the clips."""
    rendered = {name: config["datasets"][name]["moving_shapes"] for name in analysed_datasets() if name in RENDERED}
    wanted = config["clip"]["fps"], config["clip"]["short_side"]
    return [name for name, video in rendered.items() if reads_flow(name) and (video["fps"], video["size"]) == wanted]


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
