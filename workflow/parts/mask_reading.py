"""Masks of a video's frames, brought to size like the frames: foreground 1, background 0, UNANNOTATED where a frame has none.

Three kinds are read: a folder of PNGs, in which any value but 0 is foreground, so that instances are merged; an .npz whose `mask`
is [frame, height, width]; and a CSV of boxes as MoCA's, in which the inside of a box is foreground.
"""

import csv
import math
import re
import zipfile
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np

from workflow.lib.arrays import UNANNOTATED
from workflow.parts.pictures import Unusable, fit
from workflow.parts.video_reading import natural

DIFFER = "masks and frames differ"
MOST_BYTES = 1 << 30  # of an .npz's masks, which are held at once; a thousand of 1280 x 720 pixels


def read_masks(path, video, times, clip, complete):
    """Masks uint8 [clip, frame, height, width] of `video` at `times` [clip, frame] s; raises Unusable.

    path: where the masks are, empty for none; clip: short_side and crop; complete: every frame of the video needs a mask.
    """
    masks = np.full((*times.shape, *clip["crop"]), UNANNOTATED, np.uint8)
    if not path:
        return masks
    shown, size = np.reshape(video.shown(times.ravel().tolist()), times.shape), video.frame_size()
    wanted = set(shown.ravel().tolist())
    own = masks_of(Path(path), video, wanted, complete)
    for frame in own.keys() & wanted:
        mask = own[frame]()
        if mask.shape != size:
            which = "a mask of {} x {} pixels came, its frame has {} x {}".format(*mask.shape, *size)
            raise Unusable(f"{DIFFER} in size: {which}")
        masks[shown == frame] = fit_mask(mask, clip["short_side"], clip["crop"])
    return masks


def masked_times(path, video):
    """Times, s, of the frames of a frame folder that have a mask at `path`, ascending; none of any other video; raises Unusable."""
    if not path or video.names is None:
        return []
    return [frame / video.fps for frame in sorted(masks_of(Path(path), video, (), False))]


def fit_mask(mask, short_side, crop):
    """Bring a mask, bool [height, width], to size as `fit` brings its frame: 1 where it covers half of the pixel or more."""
    grey = cv2.cvtColor(mask.astype(np.uint8) * 255, cv2.COLOR_GRAY2BGR)
    return (fit(grey, short_side, crop)[..., 0] >= 128).astype(np.uint8)


def masks_of(path, video, wanted, complete):
    """{frame index: function giving its mask, bool [height, width]} of the masks at `path`, or of `wanted`; raises Unusable."""
    if path.suffix == ".npz" and path.is_file():
        masks = array_of(path, video)
        check_number(len(masks), video)
        return {frame: partial(np.greater, masks[frame], 0) for frame in wanted}
    if path.suffix == ".csv":
        own = boxes_of(path, video)
    elif path.is_dir():
        own = pictures_of(path, video)
    else:
        raise Unusable("masks missing")
    if complete or (path.is_dir() and video.names is None):  # nothing but their number ties these to frames
        check_number(len(own), video)
    return own


def check_number(n, video):
    """Raise Unusable unless a video has as many frames as there are masks."""
    if n != video.n_frames:
        raise Unusable(f"{DIFFER} in number: {n} masks came for {video.n_frames} frames")


def array_of(path, video):
    """The array `mask` [frame, height, width] of an .npz; raises Unusable, also where it would unpack to more than masks."""
    most = min(8 * video.n_frames * math.prod(video.frame_size()) + 4096, MOST_BYTES)  # float64 and a header
    try:
        with zipfile.ZipFile(path) as archive, archive.open("mask.npy") as file:
            held = archive.getinfo("mask.npy").file_size
            if held > most:
                raise Unusable(f"masks too large: {path.name} unpacks to {held} bytes, {most} are read at most")
            masks = np.lib.format.read_array(file, allow_pickle=False)
    except Unusable:
        raise
    except Exception as error:  # numpy reads the header as Python, which fails in many ways
        raise Unusable(f"masks cannot be read: {path.name}") from error
    if masks.ndim != 3 or masks.dtype.kind not in "biuf":
        raise Unusable(
            f"masks cannot be read: {path.name} holds {masks.dtype} {list(masks.shape)}, [frame, height, width] was needed"
        )
    return masks


def pictures_of(folder, video):
    """As `masks_of`, for a folder of PNGs: those of a frame folder have the names of their frames, others come in order."""
    files = [p for p in folder.iterdir() if p.suffix.lower() == ".png" and not p.name.startswith(".") and p.is_file()]
    files.sort(key=natural)
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
