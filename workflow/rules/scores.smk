# Reads:  results/features, results/pairs
# Writes: results/scores/{metric}/{dataset}/{model}.parquet, .draws.parquet, .lambda_sweep.parquet; results/reports/{experiment}/scores.parquet,
#         lambda_sweep.parquet, differences.parquet, stability.parquet, published.parquet, claims.parquet
# Why:    a metric is a function over pairs of activations; one table of all scores is what every figure reads, and everything
#         said about uncertainty comes from draws of videos that all networks share.
rule score_features:
    input:
        pairs="results/pairs/{dataset}.parquet",
        features=lambda w: of_shards("results/features/{dataset}/{model}/{shard}.parquet", w.dataset, model=w.model),
        released=lambda w: released(w.dataset, w.model),
    output:
        scores="results/scores/{metric}/{dataset}/{model}.parquet",
        draws="results/scores/{metric}/{dataset}/{model}.draws.parquet",
        lambda_sweep="results/scores/{metric}/{dataset}/{model}.lambda_sweep.parquet",
    log:
        "results/logs/score_features/{metric}/{dataset}/{model}.log",
    benchmark:
        "results/benchmarks/score_features/{metric}/{dataset}/{model}.tsv"
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(16000),
        runtime=growing(4 * 60),
    params:
        settings=config["scores"],
        seed=config["seed"],
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
        lambda_sweep=analysed("results/scores/{metric}/{dataset}/{model}.lambda_sweep.parquet"),
    output:
        scores="results/reports/{experiment}/scores.parquet",
        lambda_sweep="results/reports/{experiment}/lambda_sweep.parquet",
    log:
        "results/logs/collect_scores/{experiment}.log",
    benchmark:
        "results/benchmarks/collect_scores/{experiment}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        source=source("collect_scores"),
    script:
        "../scripts/collect_scores.py"


rule compare_scores:
    input:
        draws=analysed("results/scores/{metric}/{dataset}/{model}.draws.parquet"),
    output:
        differences="results/reports/{experiment}/differences.parquet",
    log:
        "results/logs/compare_scores/{experiment}.log",
    benchmark:
        "results/benchmarks/compare_scores/{experiment}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        confidence=config["scores"]["confidence"],
        source=source("compare_scores"),
    script:
        "../scripts/compare_scores.py"


rule measure_stability:
    input:
        draws=analysed("results/scores/{metric}/{dataset}/{model}.draws.parquet"),
    output:
        stability="results/reports/{experiment}/stability.parquet",
    log:
        "results/logs/measure_stability/{experiment}.log",
    benchmark:
        "results/benchmarks/measure_stability/{experiment}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        confidence=config["scores"]["confidence"],
        source=source("measure_stability"),
    script:
        "../scripts/measure_stability.py"


rule compare_published:
    input:
        scores="results/reports/{experiment}/scores.parquet",
        curves="results/reports/{experiment}/training_curve.parquet" if TRAINED else [],
        models=[DESCRIBED.format(dataset=dataset, model=model) for dataset, model in described_pairs()],
        segmentation="results/reports/{experiment}/segmentation.parquet" if segmentations() else [],
    output:
        published="results/reports/{experiment}/published.parquet",
    log:
        "results/logs/compare_published/{experiment}.log",
    benchmark:
        "results/benchmarks/compare_published/{experiment}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        rows=PUBLISHED,
        threshold=config["scores"]["lambda"],
        confidence=config["scores"]["confidence"],
        source=source("compare_published"),
    script:
        "../scripts/compare_published.py"


rule check_claims:
    input:
        draws=analysed("results/scores/{metric}/{dataset}/{model}.draws.parquet"),
        accuracy="results/reports/{experiment}/accuracy.parquet" if accuracies() else [],
        curves="results/reports/{experiment}/training_curve.parquet" if TRAINED else [],
        segmentation="results/reports/{experiment}/segmentation.parquet" if segmentations() else [],
    output:
        claims="results/reports/{experiment}/claims.parquet",
    log:
        "results/logs/check_claims/{experiment}.log",
    benchmark:
        "results/benchmarks/check_claims/{experiment}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        claims=claims(),
        confidence=config["scores"]["confidence"],
        source=source("check_claims"),
    script:
        "../scripts/check_claims.py"
