"""Say what an experiment has to work with: its videos, and its networks as far as they can be tried before any is trained."""

from datetime import datetime
from itertools import chain
from pathlib import Path

import pandas as pd

from workflow.lib.job import job
from workflow.lib.tables import read_table
from workflow.parts.class_lists import check_length, key, listed_labels, no_accuracy, read_classes
from workflow.parts.rejections import fitting, lost_labels, reasons, rows_of
from workflow.parts.unlike_pooling import pooled_apart

NAMED = 4  # layers that are alike
MOST = 20  # lines on a data set's decoding, on a network's layers and of an answer


def videos(dataset, clips, rejected, n_segments):
    """One line on a data set, from its tables `clips` and `rejected`; n_segments: rows of its manifest."""
    line = f"{dataset}: {len(clips)} clips of {clips['video'].nunique()} videos"
    if not len(rejected):
        return line
    line += f"; {len(rejected)} of {n_segments} {rows_of(clips, rejected, n_segments)} cannot be used: {reasons(rejected)}"
    return "; ".join(filter(None, [line, lost_labels(clips, rejected), fitting(rejected)]))


def network(described):
    """Lines on a network, from its table `models`: its layers, and what is to be known of it."""
    first, last = described.iloc[0], described.iloc[-1]
    layers = f"{len(described)} layers, {first.layer} to {last.layer}" if len(described) > 1 else f"layer {first.layer}"
    notes = first.note.split("; ") if isinstance(first.note, str) else []
    return [f"{first.model}, {first.training}: {layers}", *(f"    {note}" for note in notes)]


def layers(described):
    """Lines on what is read of a network, from its table `models`: units and what they are averaged over, alike layers together.

    Nothing of a control, which is not the user's.
    """
    if (described["training"] == "control").all():
        return []
    about = described[["stream", "units", "averaged_over"]].astype("object").fillna("")
    lines = []
    for _, own in described.groupby((about != about.shift()).any(axis=1).cumsum()):
        first, last = own.iloc[0], own.iloc[-1]
        names = f"{first.layer} to {last.layer} ({len(own)} layers)" if len(own) > NAMED else ", ".join(own["layer"])
        over = f", each the mean of {first.averaged_over}" if isinstance(first.averaged_over, str) else ""
        lines.append(f"    {names}: {first.units} {'units x frames' if first.pooling == 'frames' else 'units'}{over}")
    return cut(lines, "    and # more such lines")


def cut(lines, rest):
    """The first of many lines, and how many more there are: the # in `rest`."""
    return lines[:MOST] + ([rest.replace("#", str(len(lines) - MOST), 1)] if len(lines) > MOST else [])


def decoding(dataset, logs):
    """What the decoding of a data set said of its videos: the first lines of its logs but for how far it was."""
    texts = [Path(log).read_text(errors="replace") for log in logs if Path(log).is_file()]
    said = [line for text in texts for line in text.splitlines() if not line.startswith("decoding: ")]
    lines = cut(said, f"# more such lines in {Path(logs[0]).parent}") if said else []
    return [f"{dataset}: {line}" for line in lines]


def accuracy(dataset, model, clips, classes):
    """Which labels of a data set, by its table `clips`, are no classes of a network: one line or none."""
    known, labelled = {key(name) for name in classes}, clips[clips["label"].fillna("").ne("")]
    unknown = labelled[[key(label) not in known for label in labelled["label"]]]
    if len(unknown) == len(labelled):
        return [no_accuracy(dataset, model, listed_labels(labelled["label"]))]
    if unknown.empty:
        return []
    count = f"{unknown['label'].nunique()} of {labelled['label'].nunique()} labels of data set {dataset}"
    return [f"{count} are no classes of model {model}, {len(unknown)} of {len(clips)} clips: {listed_labels(unknown['label'])}"]


def report(path, checked):
    """When an experiment's report was made, whether files of `checked` are newer, and its answer if short; nothing without one."""
    if not Path(path).is_file():
        return []
    made, answer = Path(path).stat().st_mtime, Path(path).with_name("answer.txt")
    when = datetime.fromtimestamp(made)
    older = any(Path(file).stat().st_mtime > made for file in checked)
    note = ", older than what was checked now (the run makes it anew where that matters)" * older
    lines = answer.read_text(encoding="utf-8").splitlines() if answer.is_file() else []
    return [f"The report as the last run left it, {when:%Y-%m-%d %H:%M}{note}: {path}", *(lines if len(lines) <= MOST else [])]


def found(files, p):
    """All that there is to say, a line each; files, p: the rule's inputs and parameters."""
    clips = {dataset: read_table(path, "clips") for dataset, path in zip(p.datasets, files.clips, strict=True)}
    for dataset, rejected, n_segments, logs in zip(p.datasets, files.rejected, p.n_segments, p.decoding, strict=True):
        yield videos(dataset, clips[dataset], read_table(rejected, "rejected"), n_segments)
        yield from decoding(dataset, logs)
    tried = {tuple(pair): read_table(path, "models") for pair, path in zip(p.tried, files.models, strict=True)}
    for described in tried.values():
        yield from [*network(described), *layers(described)]
    for dataset in p.datasets:
        own = [described for (shown, _), described in tried.items() if shown == dataset]
        yield from pooled_apart(dataset, pd.concat(own)) if own else ()
    for (dataset, model), path in zip(p.scored, files.classes, strict=True):
        check_length(model, tried[dataset, model]["outputs"].iloc[0], classes := read_classes(path), path)
        yield from accuracy(dataset, model, clips[dataset], classes)
    if p.trained:
        yield f"tried when their training begins: {', '.join(p.trained)}"
    yield "Beyond what these lines say nothing was found wrong with the config, the videos and the networks."


if __name__ == "__main__":
    with job(snakemake):
        for line in chain(found(snakemake.input, snakemake.params), report(snakemake.params.report, snakemake.input)):
            print(line)
