# Reads:  results/features, results/pairs
# Writes: results/scores/{metric}/{dataset}/{model}.parquet, results/reports/{experiment}/scores.parquet
# Why:    a metric is a function over pairs of activations; one table of all scores is what every figure reads.
rule score_features:
    input:
        pairs="results/pairs/{dataset}.parquet",
        features=lambda w: of_shards("results/features/{dataset}/{model}/{shard}.parquet", w.dataset, model=w.model),
    output:
        scores="results/scores/{metric}/{dataset}/{model}.parquet",
    log:
        "results/logs/score_features/{metric}/{dataset}/{model}.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=config["scores"],
        min_distance=config["pairs"]["min_distance"],
        dataset="{dataset}",
        model="{model}",
        metric="{metric}",
        source=lambda w: source("score_features", ("metrics", w.metric)),
    script:
        "../scripts/score_features.py"


rule collect_scores:
    input:
        scores=analysed("results/scores/{metric}/{dataset}/{model}.parquet"),
    output:
        scores="results/reports/{experiment}/scores.parquet",
    log:
        "results/logs/collect_scores/{experiment}.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        source=source("collect_scores"),
    script:
        "../scripts/collect_scores.py"
