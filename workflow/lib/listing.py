"""What the listing of a shard says of its videos: where they are in their data set's folder, and how large they are.

Standard library only: used while the workflow is parsed. A listing is the same wherever that folder is: of a data set that moved
nothing is computed anew. ASSUME: videos of the same names and sizes are the same; to read them all while planning would take long.
"""

import os
from pathlib import Path

from workflow.lib.manifest import COLUMNS

PLACES = {"path": "bytes", "masks": "masks_bytes"}  # columns that name a file or folder, and the column of its size


def folder_of(options):
    """The folder of a data set of these options, empty for one that is rendered, whose videos lie among the results."""
    if options.get("manifest"):
        return options.get("root") or os.path.dirname(options["manifest"])
    return options.get("folder") or options.get("annotations", {}).get("root", "")


def listed(rows, folder):
    """`rows` of a data set in `folder` as they are listed: paths relative to it where they are in it, and sizes."""
    columns = COLUMNS + ["masks"] * any("masks" in row for row in rows)
    return [{c: row.get(c, "") for c in columns} | places(row, folder) for row in rows]


def places(row, folder):
    """The columns of a row that name a file, relative to `folder` where it is in it, and of its size."""
    found = {}
    for column, size in PLACES.items():
        if column in row:
            path = row[column]
            below = path and folder and Path(path).is_relative_to(folder)
            found |= {column: Path(path).relative_to(folder).as_posix() if below else path, size: bytes_of(path) if path else ""}
    return found


def found_in(rows, folder):
    """Listed `rows` with their paths as they are for a data set in `folder`."""
    return [row | {c: os.path.join(folder, row[c]) for c in PLACES if row.get(c)} for row in rows]


def bytes_of(path):
    """Bytes of a file, or of the files in a folder of frames, as text; empty where nothing is."""
    path = Path(path)
    try:
        files = [entry for entry in os.scandir(path) if entry.is_file()] if path.is_dir() else [path]
        return str(sum(file.stat().st_size for file in files))
    except OSError:
        return ""
