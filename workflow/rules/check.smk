# Reads:  results/clips/{dataset}, results/models/{dataset}/{model}.parquet, class lists; what the logs of decode_clips say, and the last
#         report, which are no inputs, for the check makes neither anew
# Writes: nothing but its log: it is asked for by name
# Why:    what is wrong with videos and networks is known before long work; what is done for it the run does not do again.
TRIED = [(dataset, model) for dataset, model in ANALYSED if not trained_models(config, [model])]
SCORED = [(dataset, model) for dataset, model in TRIED if model_entry(config, model)["classes"]]


rule check:
    input:
        models=[DESCRIBED.format(dataset=dataset, model=model) for dataset, model in TRIED],
        classes=[given(model_entry(config, model)["classes"]) for _, model in SCORED],
        clips=expand("results/clips/{dataset}/clips.parquet", dataset=used_datasets(config)),
        rejected=expand("results/clips/{dataset}/rejected.parquet", dataset=used_datasets(config)),
    log:
        f"results/logs/check/{config['experiment']}.log",
    localrule: True  # all it has to give is what it prints
    conda:
        "../../envs/analysis.yaml"
    params:
        datasets=used_datasets(config),
        n_segments=[n_rows(dataset) for dataset in used_datasets(config)],
        tried=TRIED,
        scored=SCORED,
        decoding=[list(map(placed, of_shards("results/logs/decode_clips/{dataset}/{shard}.log", d))) for d in used_datasets(config)],
        report=placed(f"results/reports/{config['experiment']}/report.html"),
        source=source("check"),
        trained=[model for model in used_models(config) if trained_models(config, [model])],
    script:
        "../scripts/check.py"
