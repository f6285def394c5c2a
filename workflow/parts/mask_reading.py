"""Masks of a video's frames, brought to size like the frames: foreground 1, background 0, UNANNOTATED where a frame has none.

Three kinds are read: a folder of PNGs, in which any value but 0 is foreground, so that instances are merged; an .npz whose `mask`
is [frame, height, width]; and a CSV of boxes as MoCA's, in which the inside of a box is foreground.
"""

import csv
import math
import re
import zipfile
import zlib
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np

from workflow.lib.arrays import UNANNOTATED
from workflow.parts.video_reading import Unusable, fit, natural

DIFFER = "masks and frames differ"


def read_masks(path, video, times, clip, complete):
    """Masks uint8 [clip, frame, height, width] of `video` at `times` [clip, frame] s; raises Unusable.

    path: where the masks are, empty for none; clip: short_side and crop; complete: every frame of the video needs a mask.
    """
    masks = np.full((*times.shape, *clip["crop"]), UNANNOTATED, np.uint8)
    if not path:
        return masks
    own, size = masks_of(Path(path), video, complete), video.frame_size()
    shown = np.reshape(video.shown(times.ravel().tolist()), times.shape)
    for frame in own.keys() & set(shown.ravel().tolist()):
        mask = own[frame]()
        if mask.shape != size:
            which = "a mask of {} x {} pixels came, its frame has {} x {}".format(*mask.shape, *size)
            raise Unusable(f"{DIFFER} in size: {which}")
        masks[shown == frame] = fit_mask(mask, clip["short_side"], clip["crop"])
    return masks


def fit_mask(mask, short_side, crop):
    """Bring a mask, bool [height, width], to size as `fit` brings its frame: 1 where it covers half of the pixel or more."""
    grey = cv2.cvtColor(mask.astype(np.uint8) * 255, cv2.COLOR_GRAY2BGR)
    return (fit(grey, short_side, crop)[..., 0] >= 128).astype(np.uint8)


def masks_of(path, video, complete):
    """{frame index: function giving its mask, bool [height, width]} of all masks there are at `path`; raises Unusable."""
    if path.suffix == ".csv":
        own = boxes_of(path, video)
    elif path.suffix == ".npz" and path.is_file():
        own = dict(enumerate(partial(np.greater, mask, 0) for mask in array_of(path, video)))
    elif path.is_dir():
        own = pictures_of(path, video)
    else:
        raise Unusable("masks missing")
    by_order = path.suffix == ".npz" or (path.is_dir() and video.names is None)  # nothing but their number ties these to frames
    if len(own) != video.n_frames and (complete or by_order):
        raise Unusable(f"{DIFFER} in number: {len(own)} masks came for {video.n_frames} frames")
    return own


def array_of(path, video):
    """The array `mask` [frame, height, width] of an .npz; raises Unusable, also where it would unpack to more than masks."""
    try:
        with zipfile.ZipFile(path) as archive:
            held = archive.getinfo("mask.npy").file_size
        if held > 8 * video.n_frames * math.prod(video.frame_size()) + 4096:  # float64 and a header
            raise Unusable(f"{DIFFER} in size: {path.name} unpacks to {held} bytes")
        masks = np.load(path, allow_pickle=False)["mask"]
    except (KeyError, ValueError, OSError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise Unusable(f"masks cannot be read: {path.name}") from error
    if masks.ndim != 3 or masks.dtype.kind not in "biuf":
        raise Unusable(
            f"masks cannot be read: {path.name} holds {masks.dtype} {list(masks.shape)}, [frame, height, width] was needed"
        )
    return masks


def pictures_of(folder, video):
    """As `masks_of`, for a folder of PNGs: those of a frame folder have the names of their frames, others come in order."""
    files = sorted((p for p in folder.iterdir() if p.suffix.lower() == ".png" and not p.name.startswith(".")), key=natural)
    if video.names is None:
        return {frame: partial(read_picture, file) for frame, file in enumerate(files)}
    index = {name: frame for frame, name in enumerate(video.names)}
    lost = [file.name for file in files if file.stem not in index]
    if lost:
        raise Unusable(f"{DIFFER} in name: {len(lost)} without a frame, the first is {lost[0]}")
    return {index[file.stem]: partial(read_picture, file) for file in files}


def read_picture(file):
    """Foreground of a PNG of any depth, with a palette or without: bool [height, width]; raises Unusable."""
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)  # in colour, as palettes are; transparency says nothing
    if picture is None:
        raise Unusable(f"mask cannot be decoded: {file.name}")
    return picture.any(axis=-1)


def boxes_of(path, video):
    """As `masks_of`, for MoCA's boxes of one frame folder."""
    boxes = read_boxes(path).get(video.path.name, {})
    index = {name: frame for frame, name in enumerate(video.names or ())}
    lost = sorted(boxes.keys() - index.keys())
    if lost:
        raise Unusable(f"{DIFFER} in name: {len(lost)} boxes without a frame, the first is that of {lost[0]}")
    return {index[name]: partial(filled, own, video) for name, own in boxes.items()}


def filled(boxes, video):
    """The insides of boxes (x, y, width, height), in pixels of the frame: bool [height, width]."""
    mask = np.zeros(video.frame_size(), bool)
    for x, y, width, height in boxes:
        mask[max(round(y), 0) : max(round(y + height), 0), max(round(x), 0) : max(round(x + width), 0)] = True
    return mask


@cache
def read_boxes(path):
    """{video: {frame: [(x, y, width, height)]}} of a CSV of the VGG annotator, version 3; frames without a box are left out.

    Its columns file_list (/video/frame.jpg, alone or in a JSON list) and spatial_coordinates ([2, x, y, width, height], 2 for a
    box) are read; its header stands in its first line, or after `# CSV_HEADER =` in a comment. Raises Unusable.
    """
    boxes = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []
        named = [line.partition("CSV_HEADER =")[2].strip() for line in lines if line.startswith("#") and "CSV_HEADER =" in line]
        for row in csv.DictReader([*named, *(line for line in lines if not line.startswith("#"))]):
            kind, *numbers = [float(n) for n in re.findall(r"-?[0-9.]+", row["spatial_coordinates"])] or [None]
            if kind == 2:
                x, y, width, height = numbers
                if not all(map(math.isfinite, numbers)):
                    raise ValueError
                frame = Path(row["file_list"].strip('[]"'))
                boxes.setdefault(frame.parent.name, {}).setdefault(frame.stem, []).append((x, y, width, height))
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, csv.Error) as error:
        raise Unusable(f"boxes cannot be read: {path.name}, file_list and spatial_coordinates were needed") from error
    if not boxes:
        raise Unusable("masks missing")
    return boxes
