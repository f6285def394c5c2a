"""What the stages before leave of a data set, made up, for jobs whose memory is measured."""

from pathlib import Path

import numpy as np

from bench import synthetic
from bench.jobs import run_script
from workflow.lib.arrays import frames_writer
from workflow.lib.tables import read_table, write_table
from workflow.parts.checkpoints import save_weights
from workflow.parts.generator import Generator
from workflow.parts.moving_shapes import MOTIONS

BESIDE = {"features": "parquet", "rejected": "parquet", "masks": "npy", "flows": "npy"}  # one file per shard
TIMED = "benchmarks/dump_features/shapes/network"  # as Snakemake would name them below its results


def stage_files(folder, n_clips, config, entry, n_frames, side, units):
    """Write clips in two styles, variants, feature dumps, masks, flow and what else jobs read; returns paths by what they hold.

    entry: a network; n_frames, side: of the clips; units: layer -> width, of the dumps. `describing` holds what describe_model is
    told of the network.
    """
    styles, size = config["pairs"]["styles"], config["shard_size"]
    clips, stores = synthetic.write_clips(folder, n_clips, synthetic.noise(n_frames, side), n_frames, styles, size)
    files = {"clips": clips, "stores": stores, "n_shard": min(n_clips, size)}
    files["variants"] = synthetic.write_variants(folder, n_clips, n_frames, config["pairs"], size)
    files |= {"no_masks": f"{folder}/no_masks.npy", "generator": f"{folder}/generator.safetensors"}
    files |= {"described": f"{folder}/described.parquet", "classes": f"{folder}/classes.txt"}
    write_masks(files["no_masks"], 0, n_frames, side)
    save_weights(files["generator"], Generator(0.25, 3), {"training": "untrained"})
    files["describing"] = {
        "name": "network",
        "model": entry,
        "clip": {"frames": n_frames, "crop": [side, side]},
        "dynamics": [],
        "min_distance": 0.25,
    }
    run_script("describe_model", folder, output={"layers": files["described"]}, params=files["describing"])
    n_classes = int(read_table(files["described"], "models")["outputs"].iloc[0])
    names = [*MOTIONS, *(f"class {k}" for k in range(len(MOTIONS), n_classes))]
    Path(files["classes"]).write_text("".join(f"{name}\n" for name in names))
    files |= {name: [f"{folder}/{name}/{shard:03d}.{kind}" for shard in range(len(clips))] for name, kind in BESIDE.items()}
    shards = synthetic.shards_of(n_clips, size)
    files["truths"] = [f"{folder}/truths/{shard:03d}" for shard in range(len(shards))]
    files["benchmarks"] = [f"{folder}/{TIMED}/{shard:03d}.tsv" for shard in range(len(shards))]
    for shard, numbers in enumerate(shards):
        synthetic.write_dump(files["features"][shard], read_table(files["variants"][shard], "variants"), units, shard)
        write_table(files["rejected"][shard], "rejected", [])
        write_masks(files["masks"][shard], len(numbers), n_frames, side)
        write_flow(files["flows"][shard], files["truths"][shard], read_table(clips[shard], "clips")["video"], n_frames, side)
        write_time(files["benchmarks"][shard])
    video = synthetic.write_video(f"{folder}/video.mp4", n_frames + 2, 12, side, side)
    return files | {"manifest": synthetic.write_manifest(folder, video, files["n_shard"])}


def write_masks(path, n_clips, n_frames, side):
    """Write a store of masks that cover every frame."""
    with frames_writer(path, (n_frames, side, side)) as append:
        for _ in range(n_clips):
            append(np.ones((n_frames, side, side), np.uint8))


def write_flow(path, folder, videos, n_frames, side):
    """Write a store of flow without motion, and into `folder` the exact flow and mask of every video, as rendering leaves them."""
    still = np.zeros((n_frames - 1, side, side, 2), np.float16)
    Path(folder).mkdir(parents=True)
    with frames_writer(path, still.shape, np.float16) as append:
        for video in videos:
            append(still)
            np.savez_compressed(f"{folder}/{video}.npz", flow=still, mask=np.ones((n_frames, side, side), np.uint8))


def write_time(path):
    """Write what Snakemake says that a job took."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("s\tmax_rss\n1.0\t300.0\n")
