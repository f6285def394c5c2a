"""Join the shards' tables of clips and of rejected segments, and stop where too little of a data set is left."""

from workflow.lib.errors import BadInput
from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table


def reasons(rejected, n_most=3):
    """The most common reasons of rejection with their counts and one example each, as one sentence."""
    parts = rejected["reason"].str.partition(": ")  # [row, (kind, separator, particulars)]
    most = parts[0].value_counts().sort_index().sort_values(ascending=False, kind="stable").head(n_most)
    examples = (rejected["video"] + parts[1] + parts[2]).groupby(parts[0]).first()
    return "; ".join(f"{n} {kind} (e.g. {examples[kind]})" for kind, n in most.items())


def check(clips, rejected, n_segments, max_rejected, dataset):
    """Raise BadInput where over `max_rejected` (a share) of the segments is rejected or fewer than 3 clips or videos are left."""
    where = f"all in results/clips/{dataset}/*/rejected.parquet"
    why = f"rejected: {reasons(rejected)}; {where}" if len(rejected) else "none was rejected"
    if len(rejected) > max_rejected * n_segments:
        needed = f"more than max_rejected = {max_rejected:g} allows"
        raise BadInput(f"data set {dataset}: {len(rejected)} of {n_segments} segments rejected, {needed}; {why}")
    if clips["video"].nunique() < 3:  # resampling is over videos
        kept = f"{len(clips)} clips of {clips['video'].nunique()} videos"
        raise BadInput(f"data set {dataset}: {kept} are left, at least 3 clips of 3 videos are needed; {why}")
    twice = clips[clips["clip"].duplicated()]
    if len(twice):
        cause = "two segments of the video are centred on the same moment"
        raise BadInput(f"data set {dataset}: the clip {twice['clip'].iloc[0]} comes twice: {cause}")


if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        clips, rejected = (concat_tables(snakemake.input[name], name) for name in ("clips", "rejected"))
        check(clips, rejected, params.n_segments, params.max_rejected, params.dataset)
        print(f"{params.dataset}: {len(clips)} clips, {len(rejected)} of {params.n_segments} segments rejected")
        write_table(snakemake.output.clips, "clips", clips)
        write_table(snakemake.output.rejected, "rejected", rejected)
