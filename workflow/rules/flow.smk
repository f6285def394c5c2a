# Reads:  results/clips, of rendered data sets results/videos; the weights of a flow estimator, where it has any
# Writes: results/flow/{dataset}/{shard}/flow.npy, flow_backward.npy, results/flow/{dataset}/errors.parquet
# Why:    two-stream networks read flow beside frames. It is estimated once, on the clips as they are, so that every style of a
#         clip has one flow; only what a network of the experiment reads is estimated; where the truth is known, so is the error.
rule estimate_flow:
    input:
        frames="results/clips/{dataset}/{shard}/frames.npy",
        clips="results/clips/{dataset}/{shard}/clips.parquet",
        weights=given(config["flow"]["weights"]),
    output:
        flow="results/flow/{dataset}/{shard}/{flow}.npy",
    log:
        "results/logs/estimate_flow/{dataset}/{shard}/{flow}.log",
    benchmark:
        "results/benchmarks/estimate_flow/{dataset}/{shard}/{flow}.tsv"
    conda:
        TORCH
    resources:
        gpu=1 if config["flow"]["weights"] else 0,
        mem_mb=growing(8000),
        runtime=growing(4 * 60),
    params:
        estimator=config["flow"]["estimator"],
        options=config["flow"]["options"],
        weights=config["flow"]["weights"],
        backward=lambda w: w.flow == "flow_backward",
        source=source("estimate_flow", ("flows", config["flow"]["estimator"])),
    script:
        "../scripts/estimate_flow.py"


rule measure_flow:
    input:
        clips=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", w.dataset),
        flows=lambda w: of_shards("results/flow/{dataset}/{shard}/flow.npy", w.dataset),
        videos=lambda w: of_shards("results/videos/{dataset}/{shard}/videos", w.dataset),
    output:
        errors="results/flow/{dataset}/errors.parquet",
    log:
        "results/logs/measure_flow/{dataset}.log",
    benchmark:
        "results/benchmarks/measure_flow/{dataset}.tsv"
    wildcard_constraints:
        dataset=one_of(RENDERED),
    conda:
        TORCH
    params:
        dataset="{dataset}",
        estimator=config["flow"]["estimator"],
        source=source("measure_flow"),
    script:
        "../scripts/measure_flow.py"
