# Reads:  results/variants, results/clips, results/stylized, a network's weights
# Writes: results/models/{model}.parquet, results/features/{dataset}/{model}/{shard}.parquet
# Why:    every variant goes through every network once, all layers in one pass, pooled on the device.
rule describe_model:
    input:
        weights=lambda w: model_entry(config, w.model)["weights"] or [],
    output:
        layers="results/models/{model}.parquet",
    log:
        "results/logs/describe_model/{model}.log",
    priority: 100  # a network that does not load or does not fit the clips must be known before hours of work
    conda:
        "../../envs/torch.yaml"
    params:
        name="{model}",
        model=lambda w: model_entry(config, w.model),
        clip={key: config["clip"][key] for key in ("frames", "crop")},
        source=lambda w: source("describe_model", network_plugin(w.model)),
    script:
        "../scripts/describe_model.py"


rule dump_features:
    input:
        described="results/models/{model}.parquet",
        weights=lambda w: model_entry(config, w.model)["weights"] or [],
        variants="results/variants/{dataset}/{shard}.parquet",
        clips="results/clips/{dataset}/{shard}/clips.parquet",
        stores=[store_of(style) for style in config["pairs"]["styles"]],
    output:
        features="results/features/{dataset}/{model}/{shard}.parquet",
    log:
        "results/logs/dump_features/{dataset}/{model}/{shard}.log",
    conda:
        "../../envs/torch.yaml"
    params:
        name="{model}",
        model=lambda w: model_entry(config, w.model),
        styles=config["pairs"]["styles"],
        source=lambda w: source("dump_features", network_plugin(w.model)),
    script:
        "../scripts/dump_features.py"
