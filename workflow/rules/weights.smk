# Reads:  the addresses of weights in the config
# Writes: resources/weights/{file}, and {file}.part while it is under way
# Why:    published weights are fetched once and kept; whoever has no network puts the file there by hand.
rule fetch_weights:
    output:
        weights=update("resources/weights/{file}"),  # never deleted before the job: a file that is there is checked and kept
    log:
        "results/logs/fetch_weights/{file}.log",
    benchmark:
        "results/benchmarks/fetch_weights/{file}.tsv"
    wildcard_constraints:
        file=one_of(FETCHED),
    priority: 100  # what cannot be fetched must be known before hours of work
    localrule: True  # the nodes of a cluster often have no network
    conda:
        TORCH
    params:
        url=lambda w: FETCHED[w.file]["url"],
        sha256=lambda w: FETCHED[w.file]["sha256"],  # no digest of our sources: the same bytes come however they are fetched
    script:
        "../scripts/fetch_weights.py"
