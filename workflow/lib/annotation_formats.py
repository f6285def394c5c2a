"""What the official annotation files of four data sets say (standard library only: used while the workflow is parsed)."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from workflow.lib.annotation_files import BESIDE, sorted_out
from workflow.lib.errors import BadInput

SPLITS = {"training": "train", "val": "validation", "validate": "validation", "testing": "test"}
SPLITS |= {name: name for name in ("train", "validation", "test")}
NEEDED = {  # keys of one entry
    "kinetics400": "youtube_id, time_start and time_end in seconds, split and (but for the test set) label",
    "activitynet": "subset and annotations with label and segment [start, end] in seconds",
    "diving48": "vid_name and label, a number of the vocabulary",
    "ssv2": "id and (but for the test set) template, one of the labels where their file is given",
}


class Entry(NamedTuple):
    """One annotated segment: a file named `trimmed` holds it alone, one named in `whole` holds the video it is cut from."""

    video: str
    trimmed: str
    whole: tuple
    label: str
    split: str
    start_s: str = ""
    end_s: str = ""


def name_of(value):
    """A video's name as its file has it: digits or text that can be part of a file's name; raises ValueError, TypeError."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError
    name = str(value).strip()
    if not 0 < len(name) <= 200 or "/" in name or not name.isprintable():  # unpaired surrogates are not printable either
        raise ValueError
    return name


@cache
def text_of(value):
    """A label or a split; raises ValueError, TypeError."""
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    return value.strip()


@cache
def seconds(value):
    """A finite number of seconds as text; raises ValueError, TypeError, OverflowError."""
    number = float(value)
    if not abs(number) < 1e9:  # nor NaN
        raise ValueError
    return f"{number:.15g}"


@cache
def split_named(word):
    """A split in one spelling: train, validation, test, or the word as it is."""
    return SPLITS.get(text_of(word).lower(), word.strip())


def split_of(path):
    """The split that a file's name tells."""
    told = [SPLITS[word] for word in re.findall("[a-z]+", Path(path).stem.lower()) if word in SPLITS]
    if not told:
        raise BadInput(f"{path}: its name says no split; train, validation or test was needed in it, as in the official names")
    return told[-1]


def kinetics400(row):
    """CSV label,youtube_id,time_start,time_end,split[,is_cc] (Kay et al. 2017, arXiv:1705.06950)."""
    video, start, end = name_of(row["youtube_id"]), seconds(row["time_start"]), seconds(row["time_end"])
    segment = f"{video}_{int(float(start)):06d}_{int(float(end)):06d}"
    yield Entry(segment, segment, (video,), text_of(row.get("label", "")), split_named(row["split"]), start, end)


def activitynet(item, segments):
    """One item of "database": id -> subset, annotations (Caba Heilbron et al., CVPR 2015, release 1.3)."""
    video, about = item
    cut = [(seconds(a["segment"][0]), seconds(a["segment"][1]), text_of(a["label"])) for a in about["annotations"]]
    if segments == "longest":
        cut = sorted(cut, key=lambda c: float(c[0]) - float(c[1]))[:1]  # the first of equally long ones
    for start, end, label in cut or [("", "", "")]:  # the test set has no annotations
        yield Entry(name_of(video), "", (f"v_{video}", video), label, split_named(about["subset"]), start, end)


def diving48(item, vocabulary, split):
    """One item of Diving48_V2_{train,test}.json (Li et al., ECCV 2018)."""
    video = name_of(item["vid_name"])  # ASSUME: files are cut already, start_frame is 0 and end_frame their length
    yield Entry(video, "", (video,), vocabulary[item["label"]], split)


def ssv2(item, labels, split):
    """One item of something-something-v2-{train,validation,test}.json (Goyal et al., ICCV 2017); the label is the template."""
    video, label = name_of(item["id"]), text_of(item.get("template", "")).translate({ord("["): "", ord("]"): ""})
    if label and labels and label not in labels:
        raise KeyError(label)
    yield Entry(video, "", (video,), label, split)


def class_names(beside, files):
    """Names of Diving48's classes by their number."""
    if beside is None:
        raise BadInput(f"annotation files {', '.join(files)}: diving48 needs Diving48_vocab.json too, the names of its classes")
    if not all(isinstance(words, list) and all(isinstance(word, str) for word in words) for words in beside):
        raise BadInput(f"annotation files {', '.join(files)}: the vocabulary of diving48 needs a list of words per class")
    return {number: " ".join(words) for number, words in enumerate(beside)}


def entries(kind, files, segments="longest"):
    """All entries of annotation files of one format, in their order; raises BadInput."""
    if kind not in NEEDED:
        raise BadInput(f"annotation format '{kind}' came, one of {', '.join(NEEDED)} was needed")
    main, beside = sorted_out(kind, files)
    names = class_names(beside, files) if kind == "diving48" else beside
    for path, content in main:
        split = split_of(path) if kind in BESIDE else None
        items = content["database"].items() if kind == "activitynet" else content
        for number, item in enumerate(items, 1):
            try:
                if kind == "kinetics400":
                    yield from kinetics400(item)
                elif kind == "activitynet":
                    yield from activitynet(item, segments)
                else:
                    yield from (diving48 if kind == "diving48" else ssv2)(item, names, split)
            except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
                raise BadInput(f"{path}, entry {number}: {NEEDED[kind]} were needed, {str(item)[:120]} came") from error
