"""Join the shards' tables of clips and of rejected segments, and stop where too little of a data set is left."""

from workflow.lib.errors import BadInput
from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table
from workflow.parts.rejections import MISSING, fitting, lost_labels, reasons, rows_of

LISTED = 20  # rejected segments that the log and the terminal name


def check(clips, rejected, n_segments, max_rejected, dataset, skip_missing=False):
    """Raise BadInput where over `max_rejected` (a share) of the segments is rejected or fewer than 3 clips or videos are left.

    With `skip_missing` the share is that of the segments whose file is there.
    """
    where = f"all in results/clips/{dataset}/*/rejected.parquet"
    why = f"rejected: {reasons(rejected)}; {where}" if len(rejected) else "none was rejected"
    if remedy := fitting(rejected):
        why += f"; {remedy}"
    missing = int(rejected["reason"].eq(MISSING).sum()) if skip_missing else 0
    n_unusable, n_there = len(rejected) - missing, n_segments - missing
    what = rows_of(clips, rejected, n_segments)
    if n_unusable > max_rejected * n_there:
        needed = f"more than `clip: max_rejected: {max_rejected:g}` allows"
        raise BadInput(f"data set {dataset}: {n_unusable} of {n_there} {what} rejected, {needed}; {why}")
    if clips["video"].nunique() < 3:  # resampling is over videos
        kept = f"{len(clips)} clips of {clips['video'].nunique()} videos"
        raise BadInput(f"data set {dataset}: {kept} are left, at least 3 clips of 3 videos are needed; {why}")
    twice = clips[clips["clip"].duplicated()]
    if len(twice):
        cause = "two segments of the video are centred on the same moment"
        raise BadInput(f"data set {dataset}: the clip {twice['clip'].iloc[0]} comes twice: {cause}")


def listed(rejected, dataset):
    """Lines that name rejected segments and why, the first of them where they are many."""
    rows = rejected.head(LISTED)
    more = f"and {len(rejected) - LISTED} more, all in results/clips/{dataset}/*/rejected.parquet"
    return [f"rejected: {row.video}: {row.reason}" for row in rows.itertuples()] + [more] * (len(rejected) > LISTED)


def told(clips, rejected, n_segments, dataset):
    """Lines on what of a data set is there: its rejected segments, what labels lose by them, what would make short ones fit."""
    yield from listed(rejected, dataset)
    yield from filter(None, [lost_labels(clips, rejected), fitting(rejected)])
    what = rows_of(clips, rejected, n_segments)
    yield f"{dataset}: {len(clips)} clips, {len(rejected)} of {n_segments} {what} rejected"


if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        clips, rejected = (concat_tables(snakemake.input[name], name) for name in ("clips", "rejected"))
        print(*told(clips, rejected, params.n_segments, params.dataset), sep="\n")
        check(clips, rejected, params.n_segments, params.max_rejected, params.dataset, params.skip_missing)
        write_table(snakemake.output.clips, "clips", clips)
        write_table(snakemake.output.rejected, "rejected", rejected)
