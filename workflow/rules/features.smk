# Reads:  results/variants, results/clips, results/stylized, results/flow (networks that read it), a network's weights and class list
# Writes: results/models/{dataset}/{model}.parquet, results/features/{dataset}/{model}/{shard}.parquet (and what each cost, in
#         results/benchmarks), results/accuracy/{dataset}/{model}.parquet, results/reports/{experiment}/accuracy.parquet
# Why:    every variant goes through every network once, all layers in one pass, pooled on the device; a network that names
#         the classes of its clips shows that its weights and its input are what they should be.
rule describe_model:
    input:
        weights=lambda w: weights_of(w.model),
    output:
        layers=DESCRIBED,
    log:
        "results/logs/describe_model/{dataset}/{model}.log",
    benchmark:
        "results/benchmarks/describe_model/{dataset}/{model}.tsv"
    priority: 100  # a network that does not load or does not fit the clips must be known before hours of work
    conda:
        TORCH
    params:
        name="{model}",
        model=lambda w: placed_entry(model_entry(config, w.model)),
        clip={key: config["clip"][key] for key in ("frames", "crop")},
        dynamics=lambda w: dynamics_shown(config, w.dataset, w.model),
        min_distance=config["pairs"]["min_distance"],
        source=lambda w: source("describe_model", network_plugin(w.model)),
    script:
        "../scripts/describe_model.py"


# Snakemake makes a dropped store again for a new network, and then runs every job again that has it among its inputs. So a dump
# names what its clips are painted from, how, and the records of their stores, which are not dropped and whose age, unless they are
# out of date, does not count. release_stores names the stores: they are made before the dump that it waits for, and dropped after.
rule dump_features:
    input:
        described=DESCRIBED,
        weights=lambda w: weights_of(w.model),
        variants=lambda w: variants_shown(w.model),
        clips="results/clips/{dataset}/{shard}/clips.parquet",
        sources=lambda w: unique(file for style in styles_shown(w.model) for file in painted_from(style)),
        records=lambda w: [record_of(style, w.dataset, w.shard) for style in painted_for(w.model)],
        masks="results/clips/{dataset}/{shard}/masks.npy",
        flows=lambda w: [f"results/flow/{{dataset}}/{{shard}}/{flow}.npy" for flow in flows_read(config, w.model)],
    output:
        features="results/features/{dataset}/{model}/{shard}.parquet",
    log:
        "results/logs/dump_features/{dataset}/{model}/{shard}.log",
    benchmark:
        "results/benchmarks/dump_features/{dataset}/{model}/{shard}.tsv"
    conda:
        TORCH
    resources:
        gpu=1,
        mem_mb=growing(16000),
        runtime=growing(4 * 60),
    params:
        name="{model}",
        model=lambda w: placed_entry(model_entry(config, w.model)),
        stores=lambda w: {style: placed(store_of(style).format(**w)) for style in styles_shown(w.model)},
        painting=lambda w: [painting_of(style) for style in painted_for(w.model)],
        flow=lambda w: FLOW_PICTURE if flows_read(config, w.model) else {},
        precision=config["precision"],
        source=lambda w: source("dump_features", network_plugin(w.model)),
    script:
        "../scripts/dump_features.py"


rule release_stores:
    input:
        features="results/features/{dataset}/{model}/{shard}.parquet",
        stores=lambda w: [store_of(style) for style in painted_for(w.model)],
    output:
        released=touch("results/features/{dataset}/{model}/{shard}.released"),
    localrule: True


rule measure_accuracy:
    input:
        features=lambda w: of_shards("results/features/{dataset}/{model}/{shard}.parquet", w.dataset, model=w.model),
        released=lambda w: released(w.dataset, w.model),
        variants=lambda w: [file for table in variants_shown(w.model) for file in of_shards(table, w.dataset)],
        clips=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", w.dataset),
        classes=lambda w: given(model_entry(config, w.model)["classes"]),
        described=DESCRIBED,
    output:
        accuracy="results/accuracy/{dataset}/{model}.parquet",
    log:
        "results/logs/measure_accuracy/{dataset}/{model}.log",
    benchmark:
        "results/benchmarks/measure_accuracy/{dataset}/{model}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        dataset="{dataset}",
        model="{model}",
        trainings=lambda w: validations(w.model, w.dataset),
        seen=lambda w: videos_trained_on(w.model, w.dataset),
        seed=config["seed"],
        reversals=lambda w: config["datasets"][w.dataset].get("reversals", {}),
        confidence=config["scores"]["confidence"],
        source=source("measure_accuracy"),
    script:
        "../scripts/measure_accuracy.py"


rule collect_accuracy:
    input:
        accuracy=accuracies(),
    output:
        accuracy="results/reports/{experiment}/accuracy.parquet",
    log:
        "results/logs/collect_accuracy/{experiment}.log",
    benchmark:
        "results/benchmarks/collect_accuracy/{experiment}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        source=source("collect_accuracy"),
    script:
        "../scripts/collect_accuracy.py"
