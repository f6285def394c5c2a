# Reads:  results/clips/{dataset}/{shard}/masks.npy and clips.parquet, of data sets that have masks
# Writes: results/reports/{experiment}/centre_bias.parquet; of networks that segment, results/segmentation/{dataset}/{model}.parquet and
#         results/reports/{experiment}/segmentation.parquet
# Why:    a network can segment by where objects usually are; how far a data set allows that must stand beside its scores.
rule measure_centre_bias:
    input:
        masks=[file for dataset in masked_datasets() for file in of_shards("results/clips/{dataset}/{shard}/masks.npy", dataset)],
        clips=[
            file for dataset in masked_datasets() for file in of_shards("results/clips/{dataset}/{shard}/clips.parquet", dataset)
        ],
    output:
        centre_bias="results/reports/{experiment}/centre_bias.parquet",
    log:
        "results/logs/measure_centre_bias/{experiment}.log",
    benchmark:
        "results/benchmarks/measure_centre_bias/{experiment}.tsv"
    conda:
        "../../envs/video.yaml"
    params:
        datasets=[dataset for dataset in masked_datasets() for _ in shards(dataset)],
        settings={key: config["scores"][key] for key in ("draws", "confidence")},
        seed=config["seed"],
        source=source("measure_centre_bias"),
    script:
        "../scripts/measure_centre_bias.py"


rule measure_segmentation:
    input:
        features=lambda w: of_shards("results/features/{dataset}/{model}/{shard}.parquet", w.dataset, model=w.model),
        released=lambda w: released(w.dataset, w.model),
        variants=lambda w: [file for table in variants_shown(w.model) for file in of_shards(table, w.dataset)],
        masks=lambda w: of_shards("results/clips/{dataset}/{shard}/masks.npy", w.dataset),
        clips=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", w.dataset),
    output:
        segmentation="results/segmentation/{dataset}/{model}.parquet",
    log:
        "results/logs/measure_segmentation/{dataset}/{model}.log",
    benchmark:
        "results/benchmarks/measure_segmentation/{dataset}/{model}.tsv"
    conda:
        "../../envs/video.yaml"
    params:
        dataset="{dataset}",
        model="{model}",
        scores=lambda w: ["box"] if boxed(w.dataset) else ["J", "F"],
        trainings=lambda w: validations(w.model, w.dataset),
        seen=lambda w: videos_trained_on(w.model, w.dataset),
        seed=config["seed"],
        source=source("measure_segmentation"),
    script:
        "../scripts/measure_segmentation.py"


rule collect_segmentation:
    input:
        segmentation=segmentations(),
    output:
        segmentation="results/reports/{experiment}/segmentation.parquet",
    log:
        "results/logs/collect_segmentation/{experiment}.log",
    benchmark:
        "results/benchmarks/collect_segmentation/{experiment}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        source=source("collect_segmentation"),
    script:
        "../scripts/collect_segmentation.py"
