"""Whether a data set is still the one that the results under its name are of (standard library only)."""

import csv
from itertools import chain
from pathlib import Path

from workflow.lib.errors import BadInput
from workflow.lib.manifest import NOTHING, size_of


def check_same_dataset(dataset, rows, listed):
    """Raise BadInput where the rows of a data set hold none of the videos that its results were computed from.

    Videos may come, go and change; where all are others it is another data set, whose results would take the place of what was
    computed of the first. rows: of its manifest; listed: the folder of its shards' manifests, results/videos/{dataset}.
    """
    now = {row["video"]: row["path"] for row in rows}
    shards = sorted(Path(listed).glob("*/manifest.csv"))
    if not shards or any(goes_on(row, now) for row in chain.from_iterable(map(listed_rows, shards))):
        return
    earlier = {row["path"] for row in chain.from_iterable(map(listed_rows, shards))}
    if earlier:
        was = f"its results are of {len(earlier)} other videos (e.g. {min(earlier)}), none of them among its {len(now)} now"
        needed = f"another data set needs another name; to have those results replaced delete {listed}"
        raise BadInput(f"data set {dataset}: {was}; {needed}")


def changes(dataset, rows, listed, n_shards):
    """What came to a data set and what went since its results were computed, and what that costs: a sentence, or None."""
    shards = sorted(Path(listed).glob("[0-9]*/manifest.csv"), key=lambda path: (len(path.parent.name), path))
    shards = shards[:n_shards]  # more are left over of a larger data set
    then = {row["video"] for row in chain.from_iterable(map(listed_rows, shards))}
    now = {row["video"] for row in rows}
    if not then or then == now:
        return None
    counts = f"{len(now - then)} videos came and {len(then - now)} went"
    return f"data set {dataset}: {counts} since its results were computed: they are computed anew, with what learns from them"


def listed_rows(path):
    """Rows of a shard's manifest that name a video and where it was."""
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        yield from (row for row in csv.DictReader(file) if row.get("video") and row.get("path"))


def goes_on(row, now):
    """Whether a video of then is one of now (name -> path): under its name, of its size or where its old place is empty."""
    then = size_of(row["path"])
    return row["video"] in now and then in (NOTHING, size_of(now[row["video"]]))
