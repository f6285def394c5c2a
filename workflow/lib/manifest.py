"""Which videos a data set holds: from a manifest, a folder or official annotation files.

Standard library only: this is used while the workflow is parsed. A row names a segment of a video: video, path, start_s, end_s,
label, split and, in a data set with masks, masks (where they are); all strings, empty where unknown.
"""

import csv
import math
import os
from pathlib import Path

from workflow.lib.annotations import annotated_rows
from workflow.lib.errors import BadInput, instead_of
from workflow.lib.sequence_sets import MASKED, sequence_rows

COLUMNS = ["video", "path", "start_s", "end_s", "label", "split"]
REQUIRED = [c for c in COLUMNS if c != "path"]
VIDEOS = {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ogv", ".ts", ".mts", ".gif"}
IMAGES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


def read_dataset(name, options):
    """Rows of data set `name`; `options` holds manifest (a CSV; with root, a folder), folder, or annotations; raises BadInput."""
    kinds = [kind for kind in ("manifest", "folder", "annotations") if options.get(kind)]
    if len(kinds) != 1:
        raise BadInput(f"data set {name} needs either a manifest or a folder or annotations, it has {sorted(options)}")
    if kinds == ["manifest"]:
        rows = read_manifest(Path(options["manifest"]), options.get("root"))
    elif kinds == ["folder"]:
        rows = read_folder(name, Path(options["folder"]))
    elif options["annotations"]["format"] in MASKED:
        rows = sequence_rows(options["annotations"], IMAGES)
    else:
        rows = annotated_rows(options["annotations"], VIDEOS)
    check_text(name, rows)
    if len(rows) < 3:
        given = options[kinds[0]]
        source = given if kinds != ["annotations"] else given.get("file", given["root"])
        raise BadInput(f"data set {name} ({source}) has {len(rows)} and needs at least 3 videos")
    return rows


def check_text(name, rows):
    """Raise BadInput for names that no file can have or that tables cannot hold, and for labels of several lines."""
    for row in rows:
        for column, value in row.items():
            if "\0" in value or not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
                raise BadInput(f"data set {name}: {column} {value[:200]!r} is not UTF-8 text; give it another name")
            if column in ("label", "split") and len(value.splitlines()) > 1:
                raise BadInput(
                    f"data set {name}: the {column} {value[:200]!r} of {row['video']!r} has several lines; one was needed"
                )


def read_manifest(path, root=None):
    """Rows of the CSV at `path`, in its order; its columns `video` and `masks` (where there is one) are relative to `root`.

    root: by default the CSV's own folder.
    """
    if path.exists() and not path.is_file():
        raise BadInput(f"manifest {path} is no file")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [c for c in REQUIRED if c not in (reader.fieldnames or [])]
            if missing:
                raise BadInput(f"{path} lacks the columns {', '.join(missing)}; it needs {', '.join(REQUIRED)}")
            if twice := [c for c in reader.fieldnames if c in [*REQUIRED, "masks"] and reader.fieldnames.count(c) > 1]:
                raise BadInput(f"{path} has the column {twice[0]} twice")
            numbered = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise BadInput(f"manifest {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"manifest {path} is not UTF-8: {error}") from error
    except csv.Error as error:
        raise BadInput(f"manifest {path} is no CSV: {error}") from error
    for line, row in numbered:
        check_row(path, line, row)
    check_unique(path, numbered)
    folder = Path(root) if root else path.parent
    rows = []
    for _, row in numbered:
        rows.append({c: str(folder / row["video"]) if c == "path" else row[c].strip() for c in COLUMNS})
        if "masks" in row:
            rows[-1]["masks"] = str(folder / row["masks"].strip()) if row["masks"].strip() else ""
    return rows


def check_row(path, line, row):
    """Raise BadInput unless the row has one value per column, a video, and numbers (or nothing) for its seconds."""
    if None in row or None in row.values():
        raise BadInput(f"{path}, line {line}: {'more' if None in row else 'fewer'} values than columns")
    row["video"] = row["video"].strip()
    if not row["video"]:
        raise BadInput(f"{path}, line {line}: the column video is empty")
    for column in ("start_s", "end_s"):
        try:
            finite = math.isfinite(float(row[column] or 0))
        except ValueError:
            finite = False
        if not finite:
            raise BadInput(f"{path}, line {line}: {column} is '{row[column]}', a number of seconds or nothing was needed")


def check_unique(path, numbered):
    """Raise BadInput where two rows name the same segment, or one video in two spellings."""
    segments, spellings = {}, {}
    for line, row in numbered:
        spelling, first = spellings.setdefault(os.path.normpath(row["video"]), (row["video"], line))
        if spelling != row["video"]:
            both = f"'{spelling}' and '{row['video']}'"
            raise BadInput(f"{path}, lines {first} and {line}: {both} are the same video; write it in one way")
        first = segments.setdefault((row["video"], float(row["start_s"] or 0)), line)
        if first != line:
            raise BadInput(f"{path}, lines {first} and {line}: both are {row['video']} from {row['start_s'] or 0} s")


def read_folder(name, folder):
    """Rows of data set `name`: every video file and folder of images in `folder` is a video, its label where it lies."""
    if not folder.is_dir():
        raise BadInput(f"data set {name}: there is no folder {folder}{instead_of(folder)}")
    found = []
    for here, below, files in os.walk(folder, followlinks=True):
        below[:] = [name for name in below if not name.startswith(".")]
        here = Path(here)
        suffixes = {name: Path(name).suffix.lower() for name in files if not name.startswith(".")}
        videos = [here / name for name, suffix in suffixes.items() if suffix in VIDEOS]
        images = [name for name, suffix in suffixes.items() if suffix in IMAGES]
        if images and (videos or here == folder):
            beside = f"beside the video {videos[0].name}" if videos else "directly in the data set's folder"
            raise BadInput(f"{here / min(images)} lies {beside}; a folder of frames is one video and holds nothing else")
        found += [here] if images else videos
    if not found:
        raise BadInput(f"data set folder {folder} holds no video files and no folders of images")
    return sorted((folder_row(folder, path) for path in found), key=lambda row: row["video"])


def folder_row(folder, path):
    """The row of one video file or frame folder at `path` below `folder`."""
    video = path.relative_to(folder)
    label = "" if video.parent == Path() else video.parent.as_posix()
    return {"video": video.as_posix(), "path": str(path), "start_s": "", "end_s": "", "label": label, "split": ""}
