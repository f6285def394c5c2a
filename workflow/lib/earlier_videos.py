"""Whether a data set is still the one that the results under its name are of, and what has changed (standard library only)."""

import csv
from itertools import chain
from pathlib import Path

from workflow.lib.errors import BadInput
from workflow.lib.manifest import NOTHING, size_of


def check_same_dataset(dataset, rows, results):
    """Raise BadInput where the rows of a data set hold none of the videos that its results were computed from.

    Videos may come, go and change; where all are others it is another data set, whose results would take the place of what was
    computed of the first. rows: of its manifest; results: the folder of all results.
    """
    now = {row["video"]: row["path"] for row in rows}
    earlier = list(chain.from_iterable(listed_then(dataset, results)))
    if earlier and not any(goes_on(row, now) for row in earlier):
        paths = {row["path"] for row in earlier}
        was = f"its results are of {len(paths)} other videos (e.g. {min(paths)}), none of them among its {len(now)} now"
        needed = f"another data set needs another name; to have those results replaced delete {results}/videos/{dataset}"
        raise BadInput(f"data set {dataset}: {was}; {needed}")


def changes(dataset, rows, results, shard_size):
    """What came to a data set and what went since its results were computed, and what that costs: a sentence, or None."""
    shards = listed_then(dataset, results)
    if not shards or len(shards) > 1 and len(shards[0]) != shard_size:  # cut otherwise all is computed anew in any case
        return None
    shards = shards[: -(-len(rows) // shard_size)]  # more are left over of a larger data set
    then, now = ({row["video"] for row in own} for own in (chain.from_iterable(shards), rows))
    if then == now:
        return None
    counts = f"{len(now - then)} videos came and {len(then - now)} went"
    return f"data set {dataset}: {counts} since its results were computed: they are computed anew, with what learns from them"


def listed_then(dataset, results):
    """Rows of each shard of a data set as it was listed, in order; none where its clips have never been collected."""
    if not Path(results, "clips", dataset, "clips.parquet").is_file():
        return []
    shards = Path(results, "videos", dataset).glob("[0-9]*/manifest.csv")
    return [listed_rows(path) for path in sorted(shards, key=lambda path: (len(path.parent.name), path))]


def listed_rows(path):
    """Rows of a shard's manifest that name a video and where it was; none where another run is listing it anew."""
    try:
        with open(path, newline="", encoding="utf-8", errors="replace") as file:
            return [row for row in csv.DictReader(file) if row.get("video") and row.get("path")]
    except FileNotFoundError:
        return []


def goes_on(row, now):
    """Whether a video of then is one of now (name -> path): under its name, of its size or where its old place is empty."""
    then = size_of(row["path"])
    return row["video"] in now and then in (NOTHING, size_of(now[row["video"]]))
