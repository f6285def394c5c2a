"""Rows of a data set from its official annotation files and the folder of its videos (standard library only).

Videos are found by their name anywhere below the folder. A row's video is the data set's own name of it, so that clips and draws do
not depend on where files lie. A video that is not there stays a row, whose path does not exist.
"""

import hashlib
import os
from collections import defaultdict

from workflow.lib.annotation_formats import entries, split_named
from workflow.lib.errors import BadInput, instead_of

USUAL = {"ssv2": ".webm"}  # what videos are distributed as, .mp4 where nothing else is said
SHOWN = 3


def annotated_rows(options, suffixes):
    """Rows of `annotations`: {format, file, root, split, segments, per_class, missing}; videos end in one of `suffixes`."""
    if not options.get("file"):
        raise BadInput(f"annotations: {options['format']} needs `file`, its official annotation files")
    files = [options["file"]] if isinstance(options["file"], str) else options["file"]
    kept = once(of_splits(entries(options["format"], files, options.get("segments", "longest")), options.get("split"), files))
    root = options["root"].rstrip("/") or "/"
    index = index_videos(root, suffixes)
    usual = USUAL.get(options["format"], ".mp4")
    rows = [row_of(entry, index) for entry in kept]
    found = [bool(row["path"]) for row in rows]
    for row, entry in zip(rows, kept, strict=True):
        row["path"] = row["path"] or f"{root}/{entry.trimmed or entry.whole[0]}{usual}"
    if rows and not any(found):
        names = ", ".join(dict.fromkeys(n for e in kept[:SHOWN] for n in (e.trimmed, *e.whole) if n))
        raise BadInput(
            f"none of the {len(rows)} videos of {', '.join(files)} is among the {len(index)} below {root}: looked for {names} "
            f"({usual} or another kind of video)"
        )
    if options.get("per_class"):
        return chosen(rows, found, options["per_class"], options.get("missing") == "skip")
    return rows


def of_splits(found, splits, files):
    """The entries of the splits asked for, all where none is; raises BadInput for a split without entries."""
    found = list(found)
    if not splits:
        return found
    asked = {split_named(split): split for split in ([splits] if isinstance(splits, str) else splits)}
    there = {entry.split for entry in found}
    for split, spelling in asked.items():
        if split not in there:
            known = ", ".join(sorted(there)) or "no videos"
            raise BadInput(f"annotations: split '{spelling}' came, {', '.join(files)} hold {known}")
    return [entry for entry in found if entry.split in asked]


def once(found):
    """Every segment once: one that is listed twice has no label where its labels differ."""
    segments = {}
    for entry in found:
        first = segments.setdefault((entry.video, entry.start_s, entry.end_s), entry)
        if first.label != entry.label:
            segments[entry.video, entry.start_s, entry.end_s] = first._replace(label="")
    return list(segments.values())


def index_videos(root, suffixes):
    """Path of every video file below `root` by its name without the ending; of several the first in the order of paths."""
    if not os.path.isdir(root):
        raise BadInput(f"annotations: there is no folder {root}{instead_of(root)}")
    index = {}
    for here, below, files in os.walk(root, followlinks=True):
        below[:] = [name for name in below if not name.startswith(".")]
        for file in files:
            stem, suffix = os.path.splitext(file)
            if suffix.lower() in suffixes and not stem.startswith("."):
                path = os.path.join(here, file)
                index[stem] = min(path, index.get(stem, path))
    return index


def row_of(entry, index):
    """The row of one entry, its path empty where no file is there, its seconds where the file holds the segment alone."""
    path, start, end = index.get(entry.trimmed), "", ""
    if not path:
        path = next((index[name] for name in entry.whole if name in index), "")
        start, end = entry.start_s, entry.end_s
    return {"video": entry.video, "path": path, "start_s": start, "end_s": end, "label": entry.label, "split": entry.split}


def chosen(rows, found, n, skip):
    """At most `n` rows of every class and split, by a hash of their names: with more, rows are only added, and at the end.

    Where missing videos are skipped they do not count, but the ones met on the way stay, to be reported.
    """
    drawn = [(hashlib.sha256(f"{row['label']}/{row['video']}/{row['start_s']}".encode()).digest(), i) for i, row in enumerate(rows)]
    ranked, counts = [], defaultdict(int)
    for _, i in sorted(drawn):
        group = rows[i]["label"], rows[i]["split"]
        rank = counts[group]
        counts[group] += found[i] or not skip
        if rank < n:
            ranked.append((rank, i))
    return [rows[i] for _, i in sorted(ranked, key=lambda pair: pair[0])]  # stable: the hash decides within a rank
