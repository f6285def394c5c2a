# Reads:  results/clips, resources/styles
# Writes: results/styles/{training dataset}/{style}/ (keyframes, generator, training curve),
#         results/stylized/{dataset}/{style}/{shard}/frames.npy and painting.json, how they were painted,
#         results/stylized/{dataset}/examples/{shard}.npy, results/stylized/{dataset}/quality.parquet
# Why:    one network (or one fixed function) per style changes what every frame looks like and leaves its motion alone; the
#         quality table says how well.
kept = str if config["keep_stylized"] else temp
OF_STYLE = f"{config['style_training']['dataset']}/{{style}}"  # a style is what it is by what it was trained on
STYLE = f"results/styles/{OF_STYLE}"


rule paint_keyframes:
    input:
        frames=lambda w: keyframe_clips(w, "results/clips/{dataset}/{shard}/frames.npy"),
        clips=lambda w: keyframe_clips(w, "results/clips/{dataset}/{shard}/clips.parquet"),
    output:
        keyframes=f"{STYLE}/keyframes.npy",
        picture=report(
            f"{STYLE}/keyframes.png",
            caption="../report/keyframes.rst",
            category="Styles",
            labels={"style": "{style}"},
        ),
    log:
        "results/logs/paint_keyframes/{style}.log",
    benchmark:
        f"results/benchmarks/paint_keyframes/{OF_STYLE}.tsv"
    wildcard_constraints:
        style=one_of(PAINTED),
    conda:
        TORCH
    params:
        seed=config["seed"],
        n_keyframes=config["style_training"]["keyframes"],
        painter=lambda w: config["styles"][w.style].get("painter"),
        folder=lambda w: config["styles"][w.style].get("keyframes"),
        painted=lambda w: folder_digest(config["styles"][w.style].get("keyframes")),
        source=lambda w: source("paint_keyframes", *painter_plugin(w.style)),
    script:
        "../scripts/paint_keyframes.py"


rule train_style:
    input:
        keyframes=f"{STYLE}/keyframes.npy",
        perceptual=given(config["style_training"]["perceptual_weights"]),
    output:
        weights=f"{STYLE}/generator.safetensors",
        curve=f"{STYLE}/training.parquet",
    log:
        "results/logs/train_style/{style}.log",
    benchmark:
        f"results/benchmarks/train_style/{OF_STYLE}.tsv"
    wildcard_constraints:
        style=one_of(PAINTED),
    conda:
        TORCH
    resources:
        gpu=1,
        mem_mb=growing(16000),
        runtime=growing(8 * 60),  # what is interrupted goes on
    params:
        settings={k: v for k, v in config["style_training"].items() if k not in ("dataset", "keyframes")},
        seed=config["seed"],
        scratch=placed(f"{STYLE}/scratch"),
        source=source("train_style"),
    script:
        "../scripts/train_style.py"


rule import_style:
    input:
        checkpoint=lambda w: given(config["styles"][w.style]["checkpoint"]),
    output:
        weights=f"{STYLE}/generator.safetensors",
    log:
        "results/logs/import_style/{style}.log",
    benchmark:
        f"results/benchmarks/import_style/{OF_STYLE}.tsv"
    wildcard_constraints:
        style=one_of(IMPORTED),
    priority: 100  # a bad checkpoint must be known before hours of work
    conda:
        TORCH
    params:
        sha256=lambda w: config["styles"][w.style].get("sha256"),
        source=source("import_style"),
    script:
        "../scripts/import_style.py"


rule stylize_clips:
    input:
        frames="results/clips/{dataset}/{shard}/frames.npy",
        weights=f"{STYLE}/generator.safetensors",
    output:
        frames=kept("results/stylized/{dataset}/{style}/{shard}/frames.npy"),
        record=RECORD,
    log:
        "results/logs/stylize_clips/{dataset}/{style}/{shard}.log",
    benchmark:
        "results/benchmarks/stylize_clips/{dataset}/{style}/{shard}.tsv"
    wildcard_constraints:
        style=one_of(PAINTED + IMPORTED),
    conda:
        TORCH
    resources:
        gpu=1,
        mem_mb=growing(16000),
        runtime=growing(4 * 60),
    params:
        painting=lambda w: painting_of(w.style),
    script:
        "../scripts/stylize_clips.py"


rule apply_style:
    input:
        frames="results/clips/{dataset}/{shard}/frames.npy",
    output:
        frames=kept("results/stylized/{dataset}/{style}/{shard}/frames.npy"),
        record=RECORD,
    log:
        "results/logs/apply_style/{dataset}/{style}/{shard}.log",
    benchmark:
        "results/benchmarks/apply_style/{dataset}/{style}/{shard}.tsv"
    wildcard_constraints:
        style=one_of(APPLIED),
    conda:
        TORCH
    params:
        painting=lambda w: painting_of(w.style),
    script:
        "../scripts/apply_style.py"


rule pick_examples:
    input:
        tables=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", w.dataset),
        stores=[store_of(style) for style in GALLERY],
    output:
        examples=EXAMPLES,
    log:
        "results/logs/pick_examples/{dataset}/{shard}.log",
    benchmark:
        "results/benchmarks/pick_examples/{dataset}/{shard}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        shard=lambda w: int(w.shard),
        clips=config["style_quality"]["clips"],
        seed=config["seed"],
        source=source("pick_examples"),
    script:
        "../scripts/pick_examples.py"


rule measure_styles:
    input:
        tables=lambda w: of_shards("results/clips/{dataset}/{shard}/clips.parquet", w.dataset),
        examples=lambda w: of_shards(EXAMPLES, w.dataset),
    output:
        quality="results/stylized/{dataset}/quality.parquet",
    log:
        "results/logs/measure_styles/{dataset}.log",
    benchmark:
        "results/benchmarks/measure_styles/{dataset}.tsv"
    conda:
        TORCH
    params:
        styles=used_styles(config),
        trained=PAINTED,
        clips=config["style_quality"]["clips"],
        bounds={k: v for k, v in config["style_quality"].items() if k != "clips"},
        seed=config["seed"],
        source=source("measure_styles"),
    script:
        "../scripts/measure_styles.py"
