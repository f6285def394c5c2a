"""Rows of a data set of video object segmentation from its folders of frames and masks (standard library only).

Frames and masks lie as they are distributed: masks where the frames are, with `Annotations` in the place of `JPEGImages`, or below
a folder of their own. A sequence that a list names, or that has frames or masks alone, stays a row, to be reported.
"""

import os
from pathlib import Path, PurePosixPath

from workflow.lib import annotation_formats
from workflow.lib.errors import BadInput, instead_of

SPLITS = annotation_formats.SPLITS | {"valid": "validation"}  # as TAO-VOS calls its folder
FRAMES, MASKS = "JPEGImages", "Annotations"
RESOLUTIONS = ("480p", "1080p", "Full-Resolution")  # of DAVIS; of several the first here is taken
# Which frames of a sequence have masks. davis16: Perazzi et al., CVPR 2016; tao_vos: Voigtlaender et al., WACV 2021; imagenet_vid:
# weak masks as of FusionSeg, Jain et al., CVPR 2017; moca: boxes, Lamdouar et al., ACCV 2020
MASKED = {"davis16": "all", "tao_vos": "sparse", "imagenet_vid": "sparse", "moca": "some"}


def masked_frames(options):
    """`all` where a frame without a mask is a mistake in the data set of `options`, `sparse` where few have one, else `some`."""
    return options.get("masked_frames") or MASKED.get(options.get("annotations", {}).get("format"), "all")


def sequence_rows(options, suffixes):
    """Rows, each with its `masks`, of `annotations`: {format, root, masks, file, split}; frames end in one of `suffixes`."""
    kind, root, masks = options["format"], Path(options["root"]), masks_root(options)
    if options.get("per_class"):
        raise BadInput(f"annotations: per_class draws videos of every class, {kind} has no classes")
    frames = sequences_below(kind, root, suffixes, lambda path: not (root / path).is_relative_to(masks) and MASKS not in path.parts)
    if masks.suffix == ".csv":
        places = {name: (str(masks), "") for name in frames}
    else:
        beside = masks == root / MASKS
        places = sequences_below(kind, root if beside else masks, {".png"}, lambda path: not beside or MASKS in path.parts)
    rows = []
    for name, split in names_of(kind, options, frames, places, suffixes).items():
        path, told = frames.get(name, (str(root / FRAMES / name), places.get(name, ("", ""))[1]))
        place = places.get(name, (str(masks / name), ""))[0]
        rows.append({"video": name, "path": path, "start_s": "", "end_s": "", "label": "", "split": split or told, "masks": place})
    if not any(row["video"] in frames for row in rows):
        shown = ", ".join([row["video"] for row in rows[:3]]) or f"folders of images in {FRAMES}"
        raise BadInput(f"none of the sequences of {kind} is below {root}: looked for {shown}")
    return of_splits(rows, options.get("split"), kind)


def masks_root(options):
    """The folder of the masks, `Annotations` below the root where they lie beside the frames, or the file of MoCA's boxes."""
    root, boxes = Path(options["root"]), Path(options["root"]) / "annotations.csv"
    if options.get("masks"):
        return Path(options["masks"])
    if options["format"] == "imagenet_vid":
        raise BadInput("annotations: imagenet_vid needs `masks`, the folder of its weak masks")
    return boxes if options["format"] == "moca" and boxes.is_file() else root / MASKS


def sequences_below(kind, root, suffixes, keep):
    """{name: (path, split)} of the folders of images below `root` that keep(path below it) wants, a sequence in one resolution."""
    if not root.is_dir():
        raise BadInput(f"annotations: there is no folder {root}{instead_of(root)}")
    found, first = {}, {}
    paths = [path for path in image_folders(root, suffixes) if keep(path)]
    for path in sorted(paths, key=lambda p: ([RESOLUTIONS.index(part) for part in p.parts if part in RESOLUTIONS], p)):
        parts = tuple(part for part in path.parts if part not in RESOLUTIONS)
        name = name_of(kind, parts)
        if first.setdefault(name, parts) != parts:
            raise BadInput(f"annotations: {found[name][0]} and {root / path} are both the sequence {name}")
        found.setdefault(name, (str(root / path), next((SPLITS[part] for part in parts[:-1] if part in SPLITS), "")))
    return found


def image_folders(root, suffixes):
    """Folders below `root`, relative to it, that hold images; what lies below such a folder is not looked at."""
    for here, below, files in os.walk(root, followlinks=True):
        below[:] = [name for name in below if not name.startswith(".")]
        if Path(here) != root and any(os.path.splitext(file)[1].lower() in suffixes and not file.startswith(".") for file in files):
            below.clear()
            yield Path(here).relative_to(root)


def name_of(kind, parts):
    """A sequence's name from the parts of its path: what follows JPEGImages or Annotations; of ImageNet VID its last folder."""
    if kind == "imagenet_vid":
        return ([part for part in parts if not part.isdigit()] or parts)[-1]  # lists can name a frame, without an ending
    after = max((i + 1 for i, part in enumerate(parts) if part in (FRAMES, MASKS)), default=0)
    return "/".join(part for part in parts[after:] if part not in RESOLUTIONS)


def names_of(kind, options, frames, places, suffixes):
    """{name: split} of the sequences that lists name; without lists of all there are, of ImageNet VID of those with masks."""
    if not options.get("file"):
        return dict.fromkeys(sorted(places if kind == "imagenet_vid" else {*frames, *places}), "")
    names = {}
    for file in [options["file"]] if isinstance(options["file"], str) else options["file"]:
        try:
            lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"list of sequences {file} cannot be read: {error}") from error
        split = SPLITS.get(Path(file).stem, "")
        for line in filter(str.strip, lines):  # a sequence, or one of its frames and, after a blank, its mask
            path = PurePosixPath(line.split()[0].lstrip("/"))
            path = path.parent if path.suffix.lower() in suffixes else path
            names.setdefault(name_of(kind, path.parts), split)
    return names


def of_splits(rows, splits, kind):
    """The rows of the splits asked for, all where none is; raises BadInput for a split without sequences."""
    asked = {SPLITS.get(split.lower(), split) for split in ([splits] if isinstance(splits, str) else splits or [])}
    known = {row["split"] for row in rows}
    if asked - known:
        there = ", ".join(sorted(known - {""})) or "no splits"
        raise BadInput(f"annotations: split {', '.join(sorted(asked - known))} came, {kind} has {there}")
    return [row for row in rows if not asked or row["split"] in asked]
