"""What of a data set could not be used, in words."""

from workflow.parts.wording import listed

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


def fitting(rejected):
    """What would make fit what is too short, with the rate for all of it that a rate helps, and for half; nothing for nothing."""
    short = int(rejected["reason"].str.startswith("too short").sum())
    rates = sorted(rejected["fits_fps"].dropna())
    if not short:
        return ""
    steps = dict.fromkeys([rates[(len(rates) - 1) // 2], rates[-1]]) if rates else {}
    would = [f"{sum(rate <= step for rate in rates)} with `clip: fps: {step:g}`" for step in steps]
    fit = f", of which would fit {', '.join(would)}" if would else ""
    return f"{short} too short for a clip{fit}; fewer `frames` help too, and `short_videos: loop` repeats theirs"


def lost_labels(clips, rejected, most=0.25):
    """Labels more than a share of whose videos has a segment that is rejected, though it is there: in words, the worst first."""
    lost = rejected[rejected["reason"] != MISSING].groupby("label")["video"].unique()
    kept = clips.groupby("label")["video"].unique()
    found = {label: (len(own), len({*own, *kept.get(label, ())})) for label, own in lost.items()}
    much = sorted((-n / total, f"{label} ({n} of {total})") for label, (n, total) in found.items() if n > most * total)
    return f"labels that lose many videos: {listed([name for _, name in much])}" if much else ""


def summary(rejected):
    """One sentence per data set, with all reasons; says so where the report lists only the first of them."""
    for dataset, own in rejected.groupby("dataset", sort=False):
        yield f"{dataset}: {reasons(own, n_most=None)}."
    if len(rejected) > LISTED:
        yield f"Listed are the first {LISTED} of {len(rejected)}; all are in results/clips/{{dataset}}/rejected.parquet."
