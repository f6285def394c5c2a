# Reads:  results/clips/{dataset}, the weights that a training starts from
# Writes: results/checkpoints/{model}/ (weights, class names, training curve, weights of declared steps; until it is done its
#         state, in scratch), results/reports/{experiment}/training_curve.parquet
# Why:    what a network was trained on decides what it encodes; a network trained here is probed like any other.
rule train_model:
    input:
        clips=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", trained_on(w.model)),
        stores=lambda w: of_shards("results/clips/{dataset}/{shard}/frames.npy", trained_on(w.model)),
        masks=lambda w: of_shards("results/clips/{dataset}/{shard}/masks.npy", trained_on(w.model)) if learns_masks(w.model) else [],
        flows=lambda w: flows_of_shards(w.model, trained_on(w.model)),
        start=lambda w: weights_file(starting_entry(config, w.model)),
        classes=lambda w: given(starting_entry(config, w.model)["classes"]),
    output:
        weights="results/checkpoints/{model}/weights.safetensors",
        classes="results/checkpoints/{model}/classes.txt",
        curve="results/checkpoints/{model}/curve.parquet",
        steps=directory("results/checkpoints/{model}/steps"),
    log:
        "results/logs/train_model/{model}.log",
    benchmark:
        "results/benchmarks/train_model/{model}.tsv"
    wildcard_constraints:
        model=one_of(TRAINED),
    conda:
        TORCH
    threads: lambda w: 1 + config["models"][w.model]["train"]["workers"]  # one computes, the others read clips ahead
    resources:
        gpu=1,
        mem_mb=growing(32000),
        runtime=growing(24 * 60),  # what is interrupted goes on
    params:
        name="{model}",
        model=lambda w: placed_entry(starting_entry(config, w.model)),
        settings=lambda w: training_settings(config, w.model),
        seed=config["seed"],
        picture=lambda w: FLOW_PICTURE if flows_read(config, w.model) else {},
        scratch=placed("results/checkpoints/{model}/scratch"),
        source=lambda w: source("train_model", network_plugin(w.model)),
    script:
        "../scripts/train_model.py"


rule collect_curves:
    input:
        curves=expand("results/checkpoints/{model}/curve.parquet", model=TRAINED),
    output:
        curves="results/reports/{experiment}/training_curve.parquet",
    log:
        "results/logs/collect_curves/{experiment}.log",
    benchmark:
        "results/benchmarks/collect_curves/{experiment}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        source=source("collect_curves"),
    script:
        "../scripts/collect_curves.py"
