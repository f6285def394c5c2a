"""Which videos two data sets have in common (standard library only: used while the workflow is parsed)."""

import os


def shared_videos(dataset, other, config, rows):
    """Names in `dataset` of the videos that `other` has too: the same files or, of moving shapes, the same numbers.

    rows: data set -> rows of those that are not rendered.
    """
    if dataset in rows and other in rows:
        paths = {os.path.realpath(row["path"]) for row in rows[other]}
        return sorted({row["video"] for row in rows[dataset] if os.path.realpath(row["path"]) in paths})
    if dataset in rows or other in rows:
        return []
    (first, last), (other_first, other_last) = (numbers(config["datasets"][name]["moving_shapes"]) for name in (dataset, other))
    return [f"{number:06d}.mp4" for number in range(max(first, other_first), min(last, other_last))]


def numbers(options):
    """First number of a set of moving shapes and one past its last; a number decides all that is drawn for a video."""
    return options["first"], options["first"] + options["videos"]
