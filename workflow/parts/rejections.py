"""What of a data set could not be used, in words."""

MISSING = "file missing"  # the reason of a segment whose video is not there
LISTED = 1000


def rows_of(clips, rejected, n_rows):
    """What the rows of a data set are, by its tables of clips and of rejected segments: videos, or segments of fewer videos."""
    return "videos" if len({*clips["video"], *rejected["video"]}) == n_rows else "segments of videos"


def reasons(rejected, n_most=3):
    """The most common reasons of rejection with their counts and one example each, as one sentence."""
    parts = rejected["reason"].str.partition(": ")  # [row, (kind, separator, particulars)]
    most = parts[0].value_counts().sort_index().sort_values(ascending=False, kind="stable").head(n_most)
    examples = (rejected["video"] + parts[1] + parts[2]).groupby(parts[0]).first()
    return "; ".join(f"{n} × {kind} (e.g. {examples[kind]})" for kind, n in most.items())


def summary(rejected):
    """One sentence per data set, with all reasons; says so where the report lists only the first of them."""
    for dataset, own in rejected.groupby("dataset", sort=False):
        yield f"{dataset}: {reasons(own, n_most=None)}."
    if len(rejected) > LISTED:
        yield f"Listed are the first {LISTED} of {len(rejected)}; all are in results/clips/{{dataset}}/rejected.parquet."
