"""Say what an experiment has to work with: its videos, and its networks as far as they can be tried before any is trained."""

from pathlib import Path

from workflow.lib.job import job
from workflow.lib.tables import read_table
from workflow.parts.rejections import reasons, rows_of


def videos(dataset, clips, rejected, n_segments):
    """One line on a data set, from its tables `clips` and `rejected`; n_segments: rows of its manifest."""
    line = f"{dataset}: {len(clips)} clips of {clips['video'].nunique()} videos"
    if not len(rejected):
        return line
    return f"{line}; {len(rejected)} of {n_segments} {rows_of(clips, rejected, n_segments)} cannot be used: {reasons(rejected)}"


def network(described):
    """One line on a network, from its table `models`."""
    first, last = described.iloc[0], described.iloc[-1]
    layers = f"{len(described)} layers, {first.layer} to {last.layer}" if len(described) > 1 else f"layer {first.layer}"
    note = f"; {first.note}" if isinstance(first.note, str) else ""
    return f"{first.model}, {first.training}: {layers}{note}"


if __name__ == "__main__":
    with job(snakemake):
        i, p = snakemake.input, snakemake.params
        for dataset, clips, rejected, n_segments in zip(p.datasets, i.clips, i.rejected, p.n_segments, strict=True):
            print(videos(dataset, read_table(clips, "clips"), read_table(rejected, "rejected"), n_segments))
        for path in i.models:
            print(network(read_table(path, "models")))
        if p.trained:
            print(f"tried when their training begins: {', '.join(p.trained)}")
        print("Beyond what these lines say nothing was found wrong with the config, the videos and the networks.")
        if Path(p.report).is_file():
            print(f"The report as the last run left it: {p.report}")
