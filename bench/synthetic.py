"""Data sets as the stages leave them: clips in several styles, their variants and pairs, feature dumps."""

import csv
import itertools
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from workflow.lib.arrays import frames_writer
from workflow.lib.features import write_features
from workflow.lib.manifest import COLUMNS
from workflow.lib.tables import write_table
from workflow.parts import moving_shapes
from workflow.scripts.list_variants import list_variants
from workflow.scripts.make_pairs import make_pairs

LOOKS = [(1, (0, 1, 2)), (-1, (2, 0, 1)), (1, (1, 2, 0)), (-1, (0, 2, 1))]  # of styles: sign, order of the channels
ABOUT = {"training": "untrained", "derived_from": None, "derivation": None, "streams": {}, "weights_sha256": "0", "software": {}}


def moving(n_frames, size):
    """Draws clips of moving shapes: a function of the clip's number."""

    def draw(number):
        return moving_shapes.render(moving_shapes.draw(0, number, n_frames, size, 0), n_frames, size)[0]

    return draw


def noise(n_frames, size):
    """Draws clips of noise, which cost nothing: a function of the clip's number."""
    return lambda number: np.random.default_rng(number).integers(0, 256, (n_frames, size, size, 3), np.uint8)


def restyled(clip, rank):
    """A clip in the look of style number `rank`: other colours, the same motion."""
    sign, channels = LOOKS[rank]
    return np.ascontiguousarray(clip[..., channels]) if sign > 0 else 255 - clip[..., channels]


def shards_of(n, size):
    """Numbers of the clips of every shard: a list of ranges."""
    return [range(first, min(first + size, n)) for first in range(0, n, size)]


def write_clips(folder, n_clips, draw, n_frames, styles, shard_size):
    """Write clip stores, a table of clips per shard and a store per shard and style.

    draw: clip number -> uint8 [frame, height, width, rgb]. Returns (tables, stores): paths of the tables, and style ->
    paths of its stores, `original` first.
    """
    tables, stores = [], {style: [] for style in ("original", *styles)}
    for shard, numbers in enumerate(shards_of(n_clips, shard_size)):
        clips = [draw(number) for number in numbers]
        for rank, (style, paths) in enumerate(stores.items()):
            paths.append(f"{folder}/{style}/{shard:03d}/frames.npy")
            with frames_writer(paths[-1], clips[0].shape) as append:
                for clip in clips:
                    append(restyled(clip, rank - 1) if rank else clip)
        tables.append(f"{folder}/clips/{shard:03d}.parquet")
        write_table(tables[-1], "clips", [clip_row(number, n_frames) for number in numbers])
    return tables, stores


def clip_row(number, n_frames):
    """Row of the table `clips`: every clip of a video of its own."""
    about = {"label": moving_shapes.MOTIONS[number % 8], "split": "test" if number // 8 == 1 else "train"}
    return {"clip": f"v{number:05d}@0.000", "video": f"v{number:05d}", "start_s": 0.0, "fps": 12, "n_frames": n_frames} | about


def write_variants(folder, n_clips, n_frames, pairs, shard_size):
    """Write the tables of variants that `pairs`, of a config, asks for; returns their paths."""
    paths = []
    for shard, numbers in enumerate(shards_of(n_clips, shard_size)):
        clips = pd.DataFrame([clip_row(number, n_frames) for number in numbers])
        paths.append(f"{folder}/variants/{shard:03d}.parquet")
        write_table(paths[-1], "variants", list_variants(clips, pairs, 0))
    return paths


def variants_and_clips(n_videos, styles):
    """Tables `variants`, shuffled once in every style, and `clips`, as far as pairs and dumps need them."""
    cells = list(itertools.product(styles, ("natural", "shuffle0")))
    rows = [(f"v{i:05d}@0.000", style, dynamics) for i in range(n_videos) for style, dynamics in cells]
    variants = pd.DataFrame(rows, columns=["clip", "style", "dynamics"])
    variants = variants.assign(variant=variants["clip"] + "/" + variants["style"] + "/" + variants["dynamics"], augmentation=None)
    variants["perturbation"] = variants["dynamics"].map({"natural": None, "shuffle0": "shuffle"})
    clips = pd.DataFrame({"clip": variants["clip"].unique()})
    return variants, clips.assign(video=clips["clip"].str.removesuffix("@0.000"), label=None)


def write_dump(path, variants, units, seed=0):
    """Write a feature dump in which the variants of a clip have something in common; units: layer -> width.

    Its J and F, as of a network that segments, are drawn at random.
    """
    rng = np.random.default_rng(seed)
    n_clips, n = variants["clip"].nunique(), len(variants)
    activations = {
        layer: np.repeat(rng.standard_normal((n_clips, width), np.float32), n // n_clips, 0)
        + rng.standard_normal((n, width), np.float32)
        for layer, width in units.items()
    }
    keys = {"variant": variants["variant"], "clip": variants["clip"], "frames_shown": [[[0]]] * n}
    judged = {"J": rng.random(n), "F": rng.random(n), "box": [None] * n}
    distance = np.where(variants["dynamics"] == "natural", 0.0, 0.5)
    write_features(path, {**keys, **judged, "order_distance": distance, "predicted": [0] * n}, activations, ABOUT)


def synthetic_dump(path, n_videos, styles, units):
    """Write a feature dump of `n_videos` videos in some styles and two dynamics; returns the pair table."""
    variants, clips = variants_and_clips(n_videos, styles)
    write_dump(path, variants, units)
    return make_pairs(variants, clips, 0)


def write_video(path, n_frames, fps, width, height, codec="mp4v"):
    """Write a video of moving shapes; returns its path."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, (width, height))
    for frame in moving(n_frames, max(width, height))(0):
        writer.write(cv2.resize(frame, (width, height))[..., ::-1])
    writer.release()
    return path


def write_manifest(folder, video, n_videos):
    """Write the manifest of a shard, all of whose videos are one file; returns its path."""
    with open(f"{folder}/manifest.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows({"video": f"video{i}", "path": str(video)} for i in range(n_videos))
    return f"{folder}/manifest.csv"
