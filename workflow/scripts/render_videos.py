"""Render a shard of the embedded data set *moving shapes*: videos, their masks and flow, and the manifest."""

import os
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from workflow.lib.errors import BadInput
from workflow.lib.files import atomic
from workflow.lib.job import job, progress
from workflow.parts import kinematograms, moving_shapes
from workflow.parts.seeding import generator

FACTORS = ["motion", "shape", "texture", "colour", "scene", "x", "y", "size", "speed", "angle"]
COLUMNS = ["video", "path", "start_s", "end_s", "label", "split", *FACTORS, "masks"]
SPLITS = {"train": 0.70, "val": 0.15, "test": 0.15}


def check(options):
    """Raise BadInput where the options of the data set make no video."""
    if options["label"] not in ("motion", "scene"):
        raise BadInput(f"moving shapes: label '{options['label']}' came, 'motion' or 'scene' was needed")
    if not 0 <= options["scene_bias"] <= 1:
        raise BadInput(f"moving shapes: scene_bias {options['scene_bias']} came, a probability from 0 to 1 was needed")
    if not 0 <= options.get("centre", 0) <= 1:
        raise BadInput(f"moving shapes: centre {options['centre']} came, a share from 0 to 1 was needed")
    if options.get("kinematogram") and (options["label"] == "scene" or options["scene_bias"]):
        raise BadInput(
            "moving shapes: a kinematogram came with the label scene or a scene_bias, it has no scenes; label motion was needed"
        )
    if options["size"] < 32 or options["size"] % 2:
        raise BadInput(f"moving shapes: size {options['size']} came, an even number of at least 32 pixels was needed")
    if options["frames"] < 4:
        raise BadInput(f"moving shapes: frames {options['frames']} came, at least 4 were needed to show a motion")
    if options["fps"] <= 0:
        raise BadInput(f"moving shapes: fps {options['fps']} came, a rate above 0 was needed")


@contextmanager
def quiet():
    """Silence what C libraries print: FFmpeg remarks on the container tag of every MJPG video, past Python's own stderr."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def write_video(path, frames, fps, codec):
    """Write frames uint8 [frame, height, width, rgb] to an mp4 file; raises BadInput where the codec is not to be had.

    The frames are read back, because OpenCV does not say where the disk was too full for them.
    """
    height, width = frames.shape[1:3]
    path.write_bytes(bytes(4096))  # on a full disk this says so; OpenCV could not open the file either, as if for the codec
    code = cv2.VideoWriter_fourcc(*codec) if len(codec) == 4 else -1
    with quiet():
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, float(fps), (width, height))
    if not writer.isOpened():
        raise BadInput(f"moving shapes: codec '{codec}' came, a four-letter code that this OpenCV can write to mp4 was needed")
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    with quiet():
        written = frames_in(path)
    if written < len(frames):
        raise BadInput(f"moving shapes: only {written} of {len(frames)} frames could be written to {path}; is the disk full?")


def frames_in(path):
    """Number of frames that can be read from a video file."""
    capture, count = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG), 0
    while capture.grab():
        count += 1
    return count


def split_of(seed, video):
    """Part of the data set that video number `video` belongs to, drawn from the seed alone."""
    rng = generator(seed, "moving_shapes", video, "split")
    return str(rng.choice(list(SPLITS), p=list(SPLITS.values())))


def render_video(folder, video, seed, options):
    """Write video number `video` and its truth into `folder`; return its parameters."""
    frames, size = options["frames"], options["size"]
    parameters = moving_shapes.draw(seed, video, frames, size, options["scene_bias"], options.get("centre", 0))
    dotted = options.get("kinematogram", False)
    shown, mask, flow = (kinematograms if dotted else moving_shapes).render(parameters, frames, size)
    # Codecs with predicted frames (mp4v) mark the first frame by its quality, which hints at the direction of time; a codec
    # of independent frames (MJPG) keeps the time reversal exact after decoding as well.
    write_video(folder / f"{video:06d}.mp4", shown, options["fps"], options.get("codec", "MJPG"))
    np.savez_compressed(folder / f"{video:06d}.npz", mask=mask, flow=flow)
    return parameters | dict.fromkeys(("texture", "scene"), "dots") if dotted else parameters


def render_shard(folder, seed, options, first, last):
    """Write videos first..last-1 into `folder`, which appears whole or not at all; return the manifest, one row per video."""
    check(options)
    rows, before = [], options["first"]
    with atomic(folder) as temporary:
        temporary.mkdir()
        for video in progress(range(before + first, before + last), "videos"):
            name = f"{video:06d}.mp4"
            parameters = render_video(temporary, video, seed, options)
            row = {"video": name, "path": str(Path(folder) / name), "label": parameters[options["label"]]}
            row["masks"] = str(Path(folder) / name.replace(".mp4", ".npz"))
            rows.append({**row, "split": split_of(seed, video), **{f: parameters[f] for f in FACTORS}})
    return pd.DataFrame(rows, columns=COLUMNS)


if __name__ == "__main__":
    with job(snakemake):
        out, params = snakemake.output, snakemake.params
        manifest = render_shard(out.videos, params.seed, params.options, params.first, params.last)
        with atomic(out.manifest) as temporary:
            manifest.to_csv(temporary, index=False)
