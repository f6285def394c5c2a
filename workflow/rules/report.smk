# Reads:  results/reports/{experiment}/scores.parquet and the tables made from it, the style quality, the rejected videos
# Writes: results/reports/{experiment}/{plot}.svg, .png, gallery_{dataset}.png, report.html, tables/{table}.csv, .tex,
#         answer.txt, units_{dataset}.parquet, previews_{dataset}.parquet
# Why:    people look rather than read.
DUMPS = "results/features/{dataset}/{model}/{shard}.parquet"  # of each the first says what software made it
PRINTED = ["last_layers", "layers", "models"] + (["claims"] if claims() else []) + (["accuracy"] if accuracies() else [])
PRINTED += (["published"] if PUBLISHED else []) + (["segmentation"] if segmentations() else [])
PRINTED += ["differences"] if "differences" in map(plot_table, plots()) else []  # of many networks too many to be made unasked


rule draw_plot:
    input:
        table=lambda w: f"results/reports/{w.experiment}/{plot_table(w.plot)}.parquet",
    output:
        png=report(
            "results/reports/{experiment}/{plot}.png",
            caption="../report/plot.rst",
            category="Scores",
            labels={"figure": "{plot}"},
        ),
        svg="results/reports/{experiment}/{plot}.svg",
    log:
        "results/logs/draw_plot/{experiment}/{plot}.log",
    benchmark:
        "results/benchmarks/draw_plot/{experiment}/{plot}.tsv"
    wildcard_constraints:
        plot=one_of(config["plots"]),
    conda:
        "../../envs/analysis.yaml"
    params:
        plot="{plot}",
        name=lambda w: plot_table(w.plot),
        settings=config["scores"],
        source=lambda w: source("draw_plot", ("plots", w.plot)),
    script:
        "../scripts/draw_plot.py"


rule draw_gallery:
    input:
        variants=lambda w: of_shards("results/variants/{dataset}/{shard}.parquet", w.dataset),
        clips=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", w.dataset),
        examples=lambda w: of_shards(EXAMPLES, w.dataset),
        flows=lambda w: of_shards("results/flow/{dataset}/{shard}/flow.npy", w.dataset) if reads_flow(w.dataset) else [],
    output:
        png=report(
            "results/reports/{experiment}/gallery_{dataset}.png",
            caption="../report/gallery.rst",
            category="Variants",
            labels={"data set": "{dataset}"},
        ),
        svg="results/reports/{experiment}/gallery_{dataset}.svg",
    log:
        "results/logs/draw_gallery/{experiment}/{dataset}.log",
    benchmark:
        "results/benchmarks/draw_gallery/{experiment}/{dataset}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        styles=GALLERY,
        flow=lambda w: FLOW_PICTURE if reads_flow(w.dataset) else {},
        source=source("draw_gallery"),
    script:
        "../scripts/draw_gallery.py"


rule show_units:
    input:
        scores="results/reports/{experiment}/scores.parquet",
        features=lambda w: [file for model in shown_to(w.dataset) for file in of_shards(DUMPS, w.dataset, model=model)],
        released=lambda w: [file for model in shown_to(w.dataset) for file in released(w.dataset, model)],
        variants=lambda w: of_shards("results/variants/{dataset}/{shard}.parquet", w.dataset),
        clips=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", w.dataset),
        stores=lambda w: of_shards(store_of("original"), w.dataset),
    output:
        units="results/reports/{experiment}/units_{dataset}.parquet",
        previews="results/reports/{experiment}/previews_{dataset}.parquet",
    log:
        "results/logs/show_units/{experiment}/{dataset}.log",
    benchmark:
        "results/benchmarks/show_units/{experiment}/{dataset}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        dataset="{dataset}",
        models=lambda w: shown_to(w.dataset),
        threshold=config["scores"]["lambda"],
        source=source("show_units"),
    script:
        "../scripts/show_units.py"


rule write_report:
    input:
        scores="results/reports/{experiment}/scores.parquet",
        plots=expand("results/reports/{{experiment}}/{plot}.png", plot=plots()),
        svgs=expand("results/reports/{{experiment}}/{plot}.svg", plot=plots()),
        galleries=expand("results/reports/{{experiment}}/gallery_{dataset}.png", dataset=analysed_datasets()),
        units=expand("results/reports/{{experiment}}/units_{dataset}.parquet", dataset=analysed_datasets()),
        previews=expand("results/reports/{{experiment}}/previews_{dataset}.parquet", dataset=analysed_datasets()),
        quality=expand("results/stylized/{dataset}/quality.parquet", dataset=analysed_datasets()),
        clips=expand("results/clips/{dataset}/clips.parquet", dataset=used_datasets(config)),  # also what is only learned from
        rejected=expand("results/clips/{dataset}/rejected.parquet", dataset=used_datasets(config)),
        models=[DESCRIBED.format(dataset=dataset, model=model) for dataset, model in described_pairs()],
        published="results/reports/{experiment}/published.parquet" if PUBLISHED else [],
        flow=expand("results/flow/{dataset}/errors.parquet", dataset=flow_checked()),
        claims="results/reports/{experiment}/claims.parquet" if claims() else [],
        accuracy="results/reports/{experiment}/accuracy.parquet" if accuracies() else [],
        segmentation="results/reports/{experiment}/segmentation.parquet" if segmentations() else [],
        differences="results/reports/{experiment}/differences.parquet" if "differences" in PRINTED else [],
        benchmarks=benchmarks(),
        features=[file for pair in ANALYSED for file in of_shards(DUMPS, pair[0], model=pair[1])[:1]],
        template=f"{ROOT}/workflow/report/report.html.j2",
        style=f"{ROOT}/workflow/report/report.css",
        code=f"{ROOT}/workflow/report/report.js",
    output:
        report="results/reports/{experiment}/report.html",
        answer="results/reports/{experiment}/answer.txt",  # with the warnings: what a run says at its end
    log:
        "results/logs/write_report/{experiment}.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        config=of_experiment(config),
        datasets=analysed_datasets(),
        used=used_datasets(config),
        jobs=jobs(),  # no inputs: nothing is worth doing again to be timed
        stored={kind: list(map(placed, files)) for kind, files in stored().items()},
        source=source("write_report", *(("plots", plot) for plot in plots())),
    script:
        "../scripts/write_report.py"


rule write_tables:
    input:
        scores="results/reports/{experiment}/scores.parquet",
        models=[DESCRIBED.format(dataset=dataset, model=model) for dataset, model in described_pairs()],
        claims="results/reports/{experiment}/claims.parquet" if claims() else [],
        accuracy="results/reports/{experiment}/accuracy.parquet" if accuracies() else [],
        published="results/reports/{experiment}/published.parquet" if PUBLISHED else [],
        segmentation="results/reports/{experiment}/segmentation.parquet" if segmentations() else [],
        differences="results/reports/{experiment}/differences.parquet" if "differences" in PRINTED else [],
    output:
        expand("results/reports/{{experiment}}/tables/{table}.{form}", table=PRINTED, form=["csv", "tex"]),
    log:
        "results/logs/write_tables/{experiment}.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        confidence=config["scores"]["confidence"],
        source=source("write_tables"),
    script:
        "../scripts/write_tables.py"
