"""Write the manifest rows of one shard, so that decoding reruns only where they change."""

import csv

from workflow.lib.files import atomic
from workflow.lib.job import job
from workflow.lib.manifest import COLUMNS


def list_videos(rows, path):
    """Write `rows` (dicts with at least the manifest's columns) as CSV to `path`."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        columns = COLUMNS + ["masks"] * any("masks" in row for row in rows)
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    with job(snakemake):
        list_videos(snakemake.params.rows, snakemake.output.manifest)
