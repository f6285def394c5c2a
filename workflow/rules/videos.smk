# Reads:  the config's data sets: moving shapes to render, manifests, folders
# Writes: results/videos/{dataset}/{shard}/manifest.csv (and, for moving shapes, the videos, masks and flow)
# Why:    from here on a rendered data set is a data set like any other.
rule render_videos:
    output:
        manifest="results/videos/{dataset}/{shard}/manifest.csv",
        videos=directory("results/videos/{dataset}/{shard}/videos"),
    log:
        "results/logs/render_videos/{dataset}/{shard}.log",
    benchmark:
        "results/benchmarks/render_videos/{dataset}/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(RENDERED),
    conda:
        "../../envs/video.yaml"
    params:
        options=lambda w: config["datasets"][w.dataset]["moving_shapes"],
        seed=config["seed"],
        first=lambda w: shard_rows(w.dataset, w.shard)[0],
        last=lambda w: shard_rows(w.dataset, w.shard)[1],
        source=source("render_videos"),
    script:
        "../scripts/render_videos.py"


rule list_videos:
    output:
        manifest="results/videos/{dataset}/{shard}/manifest.csv",
    log:
        "results/logs/list_videos/{dataset}/{shard}.log",
    benchmark:
        "results/benchmarks/list_videos/{dataset}/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(ROWS),
    priority: 90  # as decoding, which waits for it
    conda:
        "../../envs/video.yaml"
    params:
        rows=lambda w: listed(ROWS[w.dataset][slice(*shard_rows(w.dataset, w.shard))], folder_of(config["datasets"][w.dataset])),
        source=source("list_videos"),
    script:
        "../scripts/list_videos.py"
