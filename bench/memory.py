"""Peak memory of the script of every rule, and how it grows with the clips of a data set.

Each job is a process of its own that runs the script of its rule on made files: tiny clips and networks, shards of the
default size. Of a stage that works shard by shard the largest shard is measured.
"""

from pathlib import Path

from bench.jobs import default_config, run_script, tables
from bench.measuring import alone, peak_mib, row
from bench.report_jobs import report_jobs
from workflow.lib.trainings import starting_entry, training_settings

FRAMES, SIDE, STYLES = 4, 32, ["original", "ink"]
UNITS = {"res1": 8, "res2": 32, "res3": 64, "res4": 128, "res5": 256}
OPTIONS = {"architecture": "slowonly", "depth": [1, 1, 1, 1], "width": 4, "frames": FRAMES, "stride": 1, "size": SIDE}
MODEL = {"family": "resnet3d", "options": OPTIONS}
CONFIG = {
    "models": {"network": MODEL, "trained": MODEL | {"train": {"dataset": "shapes", "epochs": 0.25, "warm_up": 0}}},
    "pairs": {"styles": STYLES},
}
CLIP = {"frames": FRAMES, "fps": 12, "short_side": SIDE, "crop": [SIDE, SIDE], "short_videos": "reject", "clips_per_video": 1}
NAMES = {"dataset": "shapes", "model": "network"}
SEED, FLOAT32 = {"seed": 0}, {"precision": "float32"}

FULL = {"counts": (100, 1_000, 10_000)}
TINY = {"counts": (16,), "apart": False}
FLAT = 1.2  # times the memory, that still count as none
SPARE = 0.002  # MiB a clip, that may come on top of growing in proportion


def shard_jobs(folder, files, config):
    """Jobs that see one shard, or no clips at all: stage -> (input, output, params) of its rule."""
    clips, store = {"clips": files["clips"][0]}, {"frames": files["stores"]["original"][0]}
    looks = [files["stores"][style][0] for style in STYLES]
    made = {
        name: {"frames": f"{folder}/{name}.npy", "record": f"{folder}/{name}.json"} for name in ("decoded", "stylized", "applied")
    }
    rendered = {"manifest": f"{folder}/rendered.csv", "videos": f"{folder}/videos"}
    shapes = config["datasets"]["shapes"]["moving_shapes"] | {"size": SIDE, "frames": FRAMES}
    decoded = made["decoded"] | tables(folder, clips="decoded", rejected="rejected") | {"masks": f"{folder}/masks.npy"}
    read = {"frame_folder_fps": 24, "masked_frames": "all", "clip": CLIP}
    listed = tables(folder, variants="listed", originals="originals")
    flow = {"estimator": "dis", "options": {}, "weights": None, "backward": False}
    dumped = clips | {"variants": files["variants"][:1], "masks": files["no_masks"], "flows": []}
    shown = {"name": "network", "model": config["models"]["network"], "flow": {}} | FLOAT32
    shown |= {"stores": dict(zip(STYLES, looks, strict=True))}
    hue = {"style": "hue", "plugin": "hue", "options": {}, "seed": 0}
    rows = [{"video": f"video{number}", "path": files["manifest"]} for number in range(files["n_shard"])]
    return {
        "fetch_weights": (
            {},
            {"weights": f"{folder}/fetched.safetensors"},
            {"url": Path(files["generator"]).as_uri(), "sha256": None},
        ),
        "import_style": ({"checkpoint": files["generator"]}, {"weights": f"{folder}/imported.safetensors"}, {"sha256": None}),
        "describe_model": ({}, {"layers": f"{folder}/layers.parquet"}, files["describing"]),
        "list_videos": ({}, {"manifest": f"{folder}/listed.csv"}, {"rows": rows}),
        "render_videos": ({}, rendered, SEED | {"options": shapes, "first": 0, "last": files["n_shard"]}),
        "decode_clips": ({"manifest": files["manifest"]}, decoded, read),
        "stylize_clips": (store | {"weights": files["generator"]}, made["stylized"], {"painting": FLOAT32}),
        "apply_style": (store, made["applied"], {"painting": hue}),
        "estimate_flow": (store | clips, {"flow": f"{folder}/flow.npy"}, flow),
        "list_variants": (clips, listed, SEED | {"pairs": config["pairs"]}),
        "dump_features": (dumped | {"described": files["described"]}, tables(folder, features="dumped"), shown),
    }


def clip_jobs(folder, files, config, n_clips):
    """Jobs that see the clips of all shards."""
    clips, frames = files["clips"], files["stores"]["original"]
    collected = {"dataset": "shapes", "n_segments": n_clips, "max_rejected": 0, "skip_missing": False}
    keyframes = {"keyframes": f"{folder}/keyframes.npy", "picture": f"{folder}/keyframes.png"}
    quality, examples = dict(config["style_quality"]), [f"{folder}/examples{shard}.npy" for shard in range(len(clips))]
    measured = {"clips": quality.pop("clips"), "styles": STYLES[1:], "bounds": quality}
    made = {"weights": "weights.safetensors", "classes": "classes.txt", "curve": "curve.parquet", "steps": "steps"}
    trained = {key: f"{folder}/trained/{name}" for key, name in made.items()}
    training = {"name": "trained", "model": starting_entry(config, "trained"), "settings": training_settings(config, "trained")}
    training |= SEED | {"picture": {}, "scratch": f"{folder}/scratch"}
    trained_style = tables(folder, curve="style_curve") | {"weights": f"{folder}/style.safetensors"}
    style_training = config["style_training"] | {"width": 0.25, "batch": 2, "iterations": 1}
    of_style = {"settings": {key: value for key, value in style_training.items() if key not in ("dataset", "keyframes")}}
    shards = {"datasets": ["shapes"] * len(clips), "settings": config["scores"]}
    return {
        "collect_clips": (
            {"clips": clips, "rejected": files["rejected"]},
            tables(folder, clips="all_clips", rejected="all_rejected"),
            collected,
        ),
        "paint_keyframes": (
            {"frames": frames, "clips": clips},
            keyframes,
            SEED | {"n_keyframes": 4, "painter": "ink", "folder": None},
        ),
        "train_style": (keyframes | {"perceptual": []}, trained_style, SEED | {"scratch": f"{folder}/style"} | of_style),
        "pick_examples": [
            (
                {"tables": clips, "stores": [files["stores"][style][shard] for style in STYLES]},
                {"examples": path},
                SEED | {"shard": shard, "clips": measured["clips"]},
            )
            for shard, path in enumerate(examples)
        ],
        "measure_styles": (
            {"tables": clips, "examples": examples},
            tables(folder, quality="quality"),
            SEED | measured,
        ),
        "draw_gallery": (
            {"variants": files["variants"], "clips": clips, "examples": examples, "flows": []},
            {"png": f"{folder}/gallery.png", "svg": f"{folder}/gallery.svg"},
            {"styles": STYLES, "flow": {}},
        ),
        "train_model": ({"clips": clips, "stores": frames, "masks": [], "flows": []}, trained, training),
        "measure_flow": (
            {"clips": clips, "flows": files["flows"], "videos": files["truths"]},
            {"errors": f"{folder}/flow_errors.parquet"},
            {"dataset": "shapes", "estimator": "dis"},
        ),
        "measure_centre_bias": ({"masks": files["masks"], "clips": clips}, tables(folder, centre_bias="bias"), SEED | shards),
    }


def score_jobs(folder, files, config):
    """Jobs that see the variants or the feature dumps of all shards; those that others build on come first."""
    shards = {name: files[name] for name in ("features", "variants", "clips")}
    pairs = tables(folder, pairs="pairs")
    scoring = NAMES | SEED | {"settings": config["scores"], "min_distance": config["pairs"]["min_distance"]}
    known = NAMES | SEED | {"trainings": [], "seen": [], "reversals": {}, "confidence": 0.95}
    jobs = {
        "measure_accuracy": (shards | {"classes": files["classes"]}, tables(folder, accuracy="accuracy"), known),
        "measure_segmentation": (
            shards | {"masks": files["masks"]},
            tables(folder, segmentation="segmentation"),
            known | {"scores": ["J", "F"]},
        ),
        "make_pairs": (shards, pairs, SEED),
    }
    for metric in ("pearson", "ratio", "shares"):
        made = tables(folder, **{name: f"{metric}.{name}" for name in ("scores", "draws", "lambda_sweep")})
        jobs[f"score_features {metric}"] = (shards | pairs, made, scoring | {"metric": metric})
    return jobs


def peak_of(stage, folder, job):
    """Peak memory of a job, or of several of one stage after each other, MiB."""
    for each in job if isinstance(job, list) else [job]:
        run_script(stage.split()[0], folder, *each)
    return peak_mib()


def here(work, *arguments):
    """A call in this process, where `alone` makes it in one of its own."""
    return work(*arguments)


def peaks_of(folder, n_clips, run):
    """Peak memory of every stage at one number of clips, MiB; run: `alone` or `here`."""
    from bench.stage_files import stage_files  # its imports must not count as those of a job

    config = default_config(**CONFIG)
    files = run(stage_files, folder, n_clips, config, config["models"]["network"], FRAMES, SIDE, UNITS)
    jobs = shard_jobs(folder, files, config) | clip_jobs(folder, files, config, n_clips)
    jobs |= score_jobs(folder, files, config) | report_jobs(folder, files, config)
    return {stage: run(peak_of, stage, folder, job) for stage, job in jobs.items()}


def growth(peaks):
    """What becomes of a stage's memory; peaks: three numbers of clips -> MiB."""
    (few, low), (some, middle), (many, high) = sorted(peaks.items())
    if high < FLAT * low:
        return "flat"
    allowed = (many - some) * (max(middle - low, 0) / (some - few) + SPARE)
    return "linear" if high - middle <= allowed else "MISSED"


def bench(folder, counts, apart=True):
    """Rows of the table; apart: each job in a process of its own."""
    found = {}
    for n in counts:
        Path(folder, str(n)).mkdir(parents=True)
        own = f"{folder}/{n}"
        found[n] = peaks_of(own, n, alone) if apart else alone(peaks_of, own, n, here)
    rows = []
    for stage in found[counts[0]]:
        peaks = {n: found[n][stage] for n in counts}
        told = growth(peaks) if len(counts) == 3 else ""
        for n in counts:
            goal = "flat or linear" if n == counts[-1] and told else ""
            rows.append(row(f"memory of {stage}, {n:,} clips", "MiB", peaks[n], goal, told if goal else ""))
    return rows
