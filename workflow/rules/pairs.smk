# Reads:  results/clips/{dataset}
# Writes: results/variants/{dataset}/{shard}.parquet and .original.parquet, results/pairs/{dataset}.parquet
# Why:    which variants a network sees is one table, which variants are compared is another, so new pairs cost no GPU time;
#         the unstylized clips stand apart, because only networks that are to name classes see them all.
rule list_variants:
    input:
        clips="results/clips/{dataset}/{shard}/clips.parquet",
    output:
        variants="results/variants/{dataset}/{shard}.parquet",
        originals="results/variants/{dataset}/{shard}.original.parquet",
    log:
        "results/logs/list_variants/{dataset}/{shard}.log",
    benchmark:
        "results/benchmarks/list_variants/{dataset}/{shard}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        pairs=lambda w: pairs_of(config, w.dataset),
        seed=config["seed"],
        source=lambda w: source("list_variants", *dynamics_plugins(w.dataset)),
    script:
        "../scripts/list_variants.py"


rule make_pairs:
    input:
        clips=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", w.dataset),
        variants=lambda w: of_shards("results/variants/{dataset}/{shard}.parquet", w.dataset),
    output:
        pairs="results/pairs/{dataset}.parquet",
    log:
        "results/logs/make_pairs/{dataset}.log",
    benchmark:
        "results/benchmarks/make_pairs/{dataset}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        seed=config["seed"],
        source=source("make_pairs"),
    script:
        "../scripts/make_pairs.py"
