"""Peak memory of the script of every rule, and how it grows with the clips of a data set.

Each job is a process of its own that runs the script of its rule on made files: tiny clips and networks, shards of the
default size. Of a stage that works shard by shard the largest shard is measured.
"""

from pathlib import Path

from bench.clip_jobs import clip_jobs, style_jobs
from bench.jobs import SEED, default_config, run_script, tables
from bench.measuring import alone, peak_mib, row
from bench.report_jobs import report_jobs

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
FLOAT32 = {"precision": "float32"}

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
    read = {"dataset": "shapes", "frame_folder_fps": 24, "masked_frames": "all", "clip": CLIP}
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


def score_jobs(folder, files, config):
    """Jobs that see the variants or the feature dumps of all shards; those that others build on come first."""
    shards = {name: files[name] for name in ("features", "variants", "clips")}
    pairs = tables(folder, pairs="pairs")
    scoring = NAMES | SEED | {"settings": config["scores"], "min_distance": config["pairs"]["min_distance"]}
    known = NAMES | SEED | {"trainings": [], "seen": [], "reversals": {}, "confidence": 0.95}
    jobs = {
        "measure_accuracy": (
            shards | {"classes": files["classes"], "described": files["described"]},
            tables(folder, accuracy="accuracy"),
            known,
        ),
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
    jobs = shard_jobs(folder, files, config) | clip_jobs(folder, files, config, n_clips) | style_jobs(folder, files, config)
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
