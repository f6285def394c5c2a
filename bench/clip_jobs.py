"""Jobs that see the clips of all shards: what is made of a data set, and of its styles."""

from bench.jobs import SEED, tables
from workflow.lib.trainings import starting_entry, training_settings


def clip_jobs(folder, files, config, n_clips):
    """Jobs of a data set's clips as they are, and of a network that learns them: stage -> (input, output, params) of its rule."""
    clips = files["clips"]
    collected = {"dataset": "shapes", "n_segments": n_clips, "max_rejected": 0, "skip_missing": False}
    made = {"weights": "weights.safetensors", "classes": "classes.txt", "curve": "curve.parquet", "steps": "steps"}
    trained = {key: f"{folder}/trained/{name}" for key, name in made.items()}
    training = {"name": "trained", "model": starting_entry(config, "trained"), "settings": training_settings(config, "trained")}
    training |= SEED | {"picture": {}, "scratch": f"{folder}/scratch"}
    learned = {"clips": clips, "stores": files["stores"]["original"], "masks": [], "flows": []}
    moved = {"clips": clips, "flows": files["flows"], "videos": files["truths"]}
    shards = {"datasets": ["shapes"] * len(clips), "settings": config["scores"]}
    return {
        "collect_clips": (
            {"clips": clips, "rejected": files["rejected"]},
            tables(folder, clips="all_clips", rejected="all_rejected"),
            collected,
        ),
        "train_model": (learned, trained, training),
        "measure_flow": (moved, {"errors": f"{folder}/flow_errors.parquet"}, {"dataset": "shapes", "estimator": "dis"}),
        "measure_centre_bias": ({"masks": files["masks"], "clips": clips}, tables(folder, centre_bias="bias"), SEED | shards),
    }


def style_jobs(folder, files, config):
    """Jobs that make styles of a data set's clips and measure them: stage -> (input, output, params) of its rule, or several."""
    clips, styles, n_shards = files["clips"], config["pairs"]["styles"], len(files["clips"])
    keyframes = {"keyframes": f"{folder}/keyframes.npy", "picture": f"{folder}/keyframes.png"}
    trained = tables(folder, curve="style_curve") | {"weights": f"{folder}/style.safetensors"}
    training = config["style_training"] | {"width": 0.25, "batch": 2, "iterations": 1}
    settings = {key: value for key, value in training.items() if key not in ("dataset", "keyframes")}
    bounds, examples = dict(config["style_quality"]), [f"{folder}/examples{shard}.npy" for shard in range(n_shards)]
    shown = {"clips": bounds.pop("clips")}
    stores = [[files["stores"][style][shard] for style in styles] for shard in range(n_shards)]
    gallery = {"variants": files["variants"], "clips": clips, "examples": examples, "flows": []}
    return {
        "paint_keyframes": (
            {"frames": files["stores"]["original"], "clips": clips},
            keyframes,
            SEED | {"n_keyframes": 4, "painter": "ink", "folder": None},
        ),
        "train_style": (keyframes | {"perceptual": []}, trained, SEED | {"scratch": f"{folder}/style", "settings": settings}),
        "pick_examples": [
            ({"tables": clips, "stores": own}, {"examples": path}, SEED | shown | {"shard": shard})
            for shard, (own, path) in enumerate(zip(stores, examples, strict=True))
        ],
        "measure_styles": (
            {"tables": clips, "examples": examples},
            tables(folder, quality="quality"),
            SEED | shown | {"styles": styles[1:], "trained": styles[1:], "bounds": bounds},
        ),
        "draw_gallery": (
            gallery,
            {"png": f"{folder}/gallery.png", "svg": f"{folder}/gallery.svg"},
            {"styles": styles, "flow": {}},
        ),
    }
