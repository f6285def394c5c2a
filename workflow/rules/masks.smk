# Reads:  results/clips/{dataset}/{shard}/masks.npy and clips.parquet, of data sets that have masks
# Writes: results/reports/{experiment}/centre_bias.parquet
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
    conda:
        "../../envs/video.yaml"
    params:
        datasets=[dataset for dataset in masked_datasets() for _ in shards(dataset)],
        settings={key: config["scores"][key] for key in ("draws", "confidence")},
        seed=config["seed"],
        source=source("measure_centre_bias"),
    script:
        "../scripts/measure_centre_bias.py"
