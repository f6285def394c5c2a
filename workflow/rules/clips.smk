# Reads:  results/videos/{dataset}/{shard}/manifest.csv and the videos it names
# Writes: results/clips/{dataset}/{shard}/frames.npy, masks.npy, clips.parquet, rejected.parquet, and both tables of the whole data set
# Why:    videos are decoded once, into one uniform store, their masks with them; what cannot be used is a row with its reason.
#         Whether enough of it is usable is to be known before long work, so decoding and this check go first. No other stage waits for
#         the check by an input whose age does not count: where the check must run, Snakemake compares no parameters of jobs after it.
rule decode_clips:
    input:
        manifest="results/videos/{dataset}/{shard}/manifest.csv",
    output:
        frames="results/clips/{dataset}/{shard}/frames.npy",
        masks="results/clips/{dataset}/{shard}/masks.npy",
        clips="results/clips/{dataset}/{shard}/clips.parquet",
        rejected="results/clips/{dataset}/{shard}/rejected.parquet",
    log:
        "results/logs/decode_clips/{dataset}/{shard}.log",
    benchmark:
        "results/benchmarks/decode_clips/{dataset}/{shard}.tsv"
    priority: 90
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=growing(8000),
        runtime=growing(60 + int(config["shard_size"] * config["clip"]["decoding_seconds"] / 60)),  # however hostile the videos are
    params:
        clip={k: v for k, v in config["clip"].items() if k != "max_rejected"},
        frame_folder_fps=lambda w: config["datasets"][w.dataset].get("frame_folder_fps", 24),
        dataset="{dataset}",
        masked_frames=lambda w: masked_frames(config["datasets"][w.dataset]),
        source=source("decode_clips"),
    script:
        "../scripts/decode_clips.py"


rule collect_clips:
    input:
        clips=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", w.dataset),
        rejected=lambda w: of_shards("results/clips/{dataset}/{shard}/rejected.parquet", w.dataset),
    output:
        clips="results/clips/{dataset}/clips.parquet",
        rejected="results/clips/{dataset}/rejected.parquet",
    log:
        "results/logs/collect_clips/{dataset}.log",
    benchmark:
        "results/benchmarks/collect_clips/{dataset}.tsv"
    priority: 100
    conda:
        "../../envs/video.yaml"
    params:
        dataset="{dataset}",
        n_segments=lambda w: n_rows(w.dataset),
        max_rejected=config["clip"]["max_rejected"],
        skip_missing=lambda w: config["datasets"][w.dataset].get("annotations", {}).get("missing") == "skip",
        source=source("collect_clips"),
    script:
        "../scripts/collect_clips.py"
