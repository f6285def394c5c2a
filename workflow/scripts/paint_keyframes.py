"""Choose frames that all styles share and paint them, or take the pairs that an artist painted."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np

from workflow.lib.arrays import open_frames
from workflow.lib.errors import BadInput
from workflow.lib.files import atomic
from workflow.lib.job import job, progress
from workflow.lib.plugins import load_plugin
from workflow.lib.tables import read_table
from workflow.parts.seeding import generator, seed_of


def paint_keyframes(frames, clips, seed, count, painter, folder, keyframes, picture):
    """Write keyframes [keyframe, (source, painted), height, width, rgb] and a picture of them."""
    if (painter is None) == (folder is None):
        raise BadInput(f"a style needs a painter or a folder of hand-painted frames: came painter {painter}, folder {folder}")
    pairs = hand_painted(folder) if folder else painted(choose(frames, clips, seed, count), painter, seed)
    array = BytesIO()
    np.save(array, pairs)  # into a file, NumPy and OpenCV do not say that the disk is full
    with atomic(keyframes) as temporary:
        temporary.write_bytes(array.getbuffer())
    sheet = np.concatenate([np.concatenate(list(pairs[:, side]), 1) for side in (0, 1)])
    with atomic(picture) as temporary:
        temporary.write_bytes(cv2.imencode(".png", sheet[..., ::-1])[1])


def choose(stores, tables, seed, count):
    """`count` pairs (clip and frame, image): clips in the order of their keys, a second frame of a clip only after all had one."""
    where = {}
    for store, table in zip(stores, tables, strict=True):
        data = open_frames(store)
        where |= {clip: (data, row) for row, clip in enumerate(read_table(table, "clips")["clip"])}
    there = sum(len(data[row]) for data, row in where.values())
    if there < count:
        raise BadInput(f"{count} keyframes are wanted, the clips hold {there} frames in all")
    order, chosen = sorted(where, key=lambda clip: (seed_of(seed, "keyframe", clip), clip)), []
    for k in range(count):
        clip = order[k % len(order)]
        data, row = where[clip]
        frame = int(generator(seed, "keyframe", clip).permutation(data.shape[1])[k // len(order)])
        chosen.append(((clip, frame), np.array(data[row, frame])))
    return chosen


def painted(chosen, painter, seed):
    """Paint every chosen frame with the plug-in `painter`, each with a seed of its own."""
    paint, pairs = getattr(load_plugin("perturbations", painter), "paint", None), []
    if paint is None:
        raise BadInput(f"painter '{painter}' has no paint(frame, seed); if it has apply(), say apply: {painter}")
    for (clip, frame), image in progress(chosen, f"painting keyframes ({painter})"):
        result = paint(image, seed_of(seed, "paint", clip, frame))
        if result.shape != image.shape or result.dtype != np.uint8:
            raise BadInput(f"painter '{painter}' gave {result.dtype} {result.shape}, uint8 {image.shape} was needed")
        pairs.append((image, result))
    return np.array(pairs)


def hand_painted(folder):
    """Pairs source/NAME.png, painted/NAME.png of `folder`, all of one size."""
    names = {side: {p.name for p in Path(folder, side).glob("*.png")} for side in ("source", "painted")}
    if alone := sorted(names["source"] ^ names["painted"]):
        raise BadInput(f"{folder}: {', '.join(alone)} must be both in source/ and in painted/")
    if not names["source"]:
        raise BadInput(f"{folder} holds no pairs source/NAME.png, painted/NAME.png")
    pairs, size = [], None
    for name in sorted(names["source"]):
        for side in ("source", "painted"):
            image = cv2.imread(str(Path(folder, side, name)), cv2.IMREAD_COLOR)
            if image is None:
                raise BadInput(f"{folder}/{side}/{name} is no readable picture")
            size = size or image.shape
            if image.shape != size:
                raise BadInput(f"{folder}/{side}/{name} is {image.shape[:2]} (height, width), those before it {size[:2]}")
            pairs.append(image[..., ::-1])
    return np.array(pairs).reshape(-1, 2, *size)


if __name__ == "__main__":
    with job(snakemake):
        s = snakemake
        paint_keyframes(
            s.input.frames, s.input.clips, s.params.seed, s.params.n_keyframes, s.params.painter, s.params.folder,
            s.output.keyframes, s.output.picture,
        )  # fmt: skip
