"""What the stages cost: Snakemake's benchmark files, results/benchmarks/{rule}/{job}.tsv, as tables."""

from pathlib import Path

import pandas as pd


def timed_jobs(folder, names):
    """Benchmark files below `folder` of the jobs called so, of any rule: other experiments have theirs there too."""
    wanted, found = set(names), sorted(Path(folder).rglob("*.tsv"))
    return [path for path in found if "/".join(path.relative_to(folder).with_suffix("").parts[1:]) in wanted]


def read_benchmarks(paths):
    """The rows of benchmark files; jobs too short to be measured have no memory."""
    rows = [pd.read_csv(path, sep="\t", na_values="-").assign(path=Path(path).as_posix()) for path in paths]
    return pd.concat(rows)[["path", "s", "max_rss"]]


def costs(benchmarks, *names):
    """Added time, peak memory and number of jobs of groups of benchmarks."""
    columns = {"seconds": ("s", "sum"), "peak memory, MB": ("max_rss", "max"), "jobs": ("s", "count")}
    return benchmarks.groupby(list(names), sort=False).agg(**columns).reset_index()


def working_time(paths):
    """Seconds during which at least one of these jobs was at work: what a user waited, without what lay between runs.

    A benchmark file is written when its job ends; its time stamp says when that was, unless a copy has lost it.
    """
    total, until = 0, 0
    ended = [(Path(path).stat().st_mtime, read_benchmarks([path])["s"].sum()) for path in paths]
    for start, end in sorted((end - seconds, end) for end, seconds in ended):
        total += max(0, end - max(start, until))
        until = max(until, end)
    return total


def cost_table(paths):
    """Cost of the feature dumps, a row per data set and network: files .../dump_features/{dataset}/{model}/{shard}.tsv."""
    if not paths:
        return None
    own = read_benchmarks(paths)
    parts = own["path"].str.split("/")
    return costs(own.assign(dataset=parts.str[-3], model=parts.str[-2]), "dataset", "model")


def stage_table(paths):
    """Cost of the stages, a row per rule, the longest first."""
    if not paths:
        return None
    own = read_benchmarks(paths)
    return costs(own.assign(stage=own["path"].str.extract(r"benchmarks/(\w+)/")[0]), "stage").sort_values(
        "seconds", ascending=False
    )
