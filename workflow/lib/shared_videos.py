"""Which videos of a data set a training on another may have used (standard library only: used while the workflow is parsed)."""

import os
from functools import cache

real_path = cache(os.path.realpath)  # asked again for every network, of all videos of large data sets


def shared_videos(dataset, other, config, rows):
    """Names in `dataset` of the videos that `other` has to train on: the same files or, of moving shapes, the same numbers.

    rows: data set -> rows of those that are not rendered. Files of a split that `other` holds out are none of them; what
    is held out where no split does is drawn later, and counts as trained on.
    """
    if dataset in rows and other in rows:
        split = any(row["split"] for row in rows[other])
        paths = {real_path(row["path"]) for row in rows[other] if row["split"].startswith("train") or not split}
        return sorted({row["video"] for row in rows[dataset] if real_path(row["path"]) in paths})
    if dataset in rows or other in rows:
        return []
    (first, last), (other_first, other_last) = (numbers(config["datasets"][name]["moving_shapes"]) for name in (dataset, other))
    return [f"{number:06d}.mp4" for number in range(max(first, other_first), min(last, other_last))]


def numbers(options):
    """First number of a set of moving shapes and one past its last; a number decides all that is drawn for a video."""
    return options["first"], options["first"] + options["videos"]
