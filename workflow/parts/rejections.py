"""What of a data set could not be used, in words."""

MISSING = "file missing"  # the reason of a segment whose video is not there
LISTED = 1000
FITTING = ", fits from fps "  # and a number: ends the reason of a segment that is too short


def rows_of(clips, rejected, n_rows):
    """What the rows of a data set are, by its tables of clips and of rejected segments: videos, or segments of fewer videos."""
    return "videos" if len({*clips["video"], *rejected["video"]}) == n_rows else "segments of videos"


def reasons(rejected, n_most=3):
    """The most common reasons of rejection with their counts and one example each, as one sentence."""
    parts = rejected["reason"].str.partition(": ")  # [row, (kind, separator, particulars)]
    most = parts[0].value_counts().sort_index().sort_values(ascending=False, kind="stable").head(n_most)
    examples = (rejected["video"] + parts[1] + parts[2]).groupby(parts[0]).first()
    return "; ".join(f"{n} × {kind} (e.g. {examples[kind]})" for kind, n in most.items())


def fitting(rejected):
    """From which rate on all that is too short would fit, and from which half of it; nothing where nothing is too short."""
    rates = sorted(rejected["reason"].str.extract(rf"{FITTING}([\d.]+)$")[0].dropna().astype(float))
    if not rates:
        return ""
    half = rates[(len(rates) - 1) // 2]
    some = f", {sum(rate <= half for rate in rates)} of them from {half:g} on" if half < rates[-1] else ""
    return (
        f"{len(rates)} too short for a clip would fit from `clip: fps: {rates[-1]:g}` on{some}, or with `clip: short_videos: loop`"
    )


def lost_labels(clips, rejected, most=0.25):
    """Labels of which more than a share of the segments is rejected, with counts: a list."""
    kept, lost = clips.groupby("label")["video"].nunique(), rejected["label"].value_counts().sort_index()
    found = {label: (n, n + kept.get(label, 0)) for label, n in lost.items()}
    return [f"{label} ({n} of {total})" for label, (n, total) in found.items() if n > most * total]


def summary(rejected):
    """One sentence per data set, with all reasons; says so where the report lists only the first of them."""
    for dataset, own in rejected.groupby("dataset", sort=False):
        yield f"{dataset}: {reasons(own, n_most=None)}."
    if len(rejected) > LISTED:
        yield f"Listed are the first {LISTED} of {len(rejected)}; all are in results/clips/{{dataset}}/rejected.parquet."
