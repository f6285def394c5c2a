"""Whether a data set is still the one that the results under its name are of, and what has changed (standard library only)."""

import csv
from itertools import chain
from pathlib import Path

from workflow.lib.errors import BadInput
from workflow.lib.listing import bytes_of


def changes(dataset, rows, results, shard_size):
    """What came to a data set and what went since its results were computed, and what that costs: a sentence, or None.

    rows: of its manifest; results: the folder of all results. Raises BadInput where none of the videos of those results is left.
    """
    shards = listed_then(dataset, results)
    check_same_dataset(dataset, rows, list(chain.from_iterable(shards)), results)
    if not shards or len(shards) > 1 and len(shards[0]) != shard_size:  # cut otherwise all is computed anew in any case
        return None
    shards = shards[: -(-len(rows) // shard_size)]  # more are left over of a larger data set
    then, now = ({row["video"] for row in own} for own in (chain.from_iterable(shards), rows))
    if then == now:
        return None
    counts = f"{len(now - then)} videos came and {len(then - now)} went"
    return f"data set {dataset}: {counts} since its results were computed: they are computed anew, with what learns from them"


def check_same_dataset(dataset, rows, then, results):
    """Raise BadInput where no row of a data set is of a video as it was when its results were computed.

    Videos may come, go and change; where all are others, or of other sizes, it is another data set, whose results would take the
    place of what was computed of the first. then: rows of its listing then.
    """
    now = {row["video"]: row["path"] for row in rows}
    if then and not any(row["video"] in now and row.get("bytes") in (None, bytes_of(now[row["video"]])) for row in then):
        if not any(map(bytes_of, now.values())):
            raise BadInput(f"data set {dataset}: none of its {len(now)} videos is there, as {rows[0]['path']}; is a disk missing?")
        was = f"its results are of {len({row['video'] for row in then})} other videos (e.g. {shown(then[0])})"
        is_now = f"none of them as it was among its {len(now)} now (e.g. {shown(rows[0] | {'bytes': bytes_of(rows[0]['path'])})})"
        needed = f"another data set needs another name; to have those results replaced delete {results}/videos/{dataset}"
        raise BadInput(f"data set {dataset}: {was}, {is_now}; {needed}")


def shown(row):
    """A listed video by name and, where it has one, size."""
    return f"{row['video']}, {row['bytes']} bytes" if row.get("bytes") else row["video"]


def listed_then(dataset, results):
    """Rows of each shard of a data set as it was listed, in order; none where its clips have never been collected."""
    if not Path(results, "clips", dataset, "clips.parquet").is_file():
        return []
    shards = Path(results, "videos", dataset).glob("[0-9]*/manifest.csv")
    listings = [listed_rows(path) for path in sorted(shards, key=lambda path: (len(path.parent.name), path))]
    return [rows for rows in listings if rows]


def listed_rows(path):
    """Rows of a shard's listing that name a video; none where another run is listing it anew."""
    try:
        with open(path, newline="", encoding="utf-8", errors="replace") as file:
            return [row for row in csv.DictReader(file) if row.get("video")]
    except FileNotFoundError:
        return []
