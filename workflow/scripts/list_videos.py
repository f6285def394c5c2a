"""Write the listing of one shard, so that decoding reruns only where it changes."""

import csv

from workflow.lib.files import atomic
from workflow.lib.job import job


def list_videos(rows, path):
    """Write `rows` (dicts with the same keys) as CSV to `path`."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    with job(snakemake):
        list_videos(snakemake.params.rows, snakemake.output.manifest)
