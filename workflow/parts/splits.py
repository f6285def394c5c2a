"""Which clips a network is trained on, and which are held out."""

from workflow.lib.errors import BadInput
from workflow.parts.seeding import generator

SPLITS = {"training": "train", "validation": "val", "valid": "val", "testing": "test"}  # other spellings


def split_of(clips, validation, seed):
    """Split of every clip, train, val or test where it has one; where none is held out, val for a share `validation` of the videos.

    Drawn from are the videos of the split train, all where no clip has a split.
    """
    split = clips["split"].mask(clips["split"].eq("")).replace(SPLITS)
    if validation and not split.isin(["val", "test"]).any():
        held = clips["video"].map(lambda video: generator(seed, "held out", video).random() < validation)
        split = split.fillna("train") if split.isna().all() else split
        split = split.mask(split.eq("train") & held, "val")
    return split


def not_trained_on(clips, trainings, seen, seed):
    """The clips that a network was not trained on: those it was say nothing of what it can do.

    trainings: for every training on this data set, the share of videos held out; seen: videos that it was or may have been
    trained on in other data sets.
    """
    for validation in trainings:
        clips = clips[split_of(clips, validation, seed).ne("train")]
    if known := clips["video"].isin(set(seen)).sum():
        print(f"{known} of {len(clips)} clips are of videos that the network was trained on in another data set; they are left out")
    return clips[~clips["video"].isin(set(seen))]


def splits_of(clips, validation, seed, labelled=True):
    """Training and held-out clips with a label, in the order of their names: two DataFrames; BadInput where one is empty.

    labelled: False takes clips without a label too.

    clips: table `clips`. Held out is the split `val`, else `test`, else, where no clip is of either, the share `validation` of
    the videos, drawn by their names.
    """
    clips = clips.sort_values("clip", ignore_index=True)
    label, split = clips["label"].mask(clips["label"].eq("")), split_of(clips, validation, seed)
    kept = clips.assign(split=split)[label.notna() | (not labelled)]
    if len(clips) > len(kept):
        print(f"{len(clips) - len(kept)} of {len(clips)} clips have no label and are left out")
    parts = {name: kept[kept["split"] == name].reset_index(drop=True) for name in ("train", "val", "test")}
    held_out = parts["val"] if len(parts["val"]) else parts["test"]
    if not len(parts["train"]) or not len(held_out):
        found = ", ".join(sorted(set(kept["split"].dropna()))) or "none"
        wanted = "labelled clips" if labelled else "clips"
        raise BadInput(
            f"{wanted} of the splits train and val (or test) were needed, there are {found}: fill the column `split` of the "
            "manifest, or, where none are held out, set `train: {validation: 0.2}`, or a larger share"
        )
    return parts["train"], held_out
