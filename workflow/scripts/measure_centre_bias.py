"""Where the objects of each data set stand: the mean of its masks, and how far from the centre they are spread."""

import numpy as np

from workflow.lib.arrays import UNANNOTATED, open_frames
from workflow.lib.job import job, progress
from workflow.lib.tables import read_table, write_table
from workflow.parts.resampling import bootstrap_parts, interval
from workflow.parts.video_means import FEWEST


def squared_distance(height, width):
    """Squared distance of every pixel from the frame's centre, in half diagonals: float64 [height, width]."""
    y, x = np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    return (y[:, None] ** 2 + x**2) / ((height**2 + width**2) / 4)


def spread(area, moment, names, draws, confidence, seed):
    """Root of the mean squared distance of foreground from the centre, and its interval: a dict of spread, low, high.

    area, moment [video]: sum of the video's mean mask, and of it times the squared distance. In half diagonals: 0 for a point at
    the centre, .577 for masks that cover all, NaN without foreground. A ratio of two means over videos, the unit of resampling.
    """
    if not area.any():
        return dict.fromkeys(("spread", "low", "high"), np.nan)
    value, low, high = np.sqrt(moment.sum() / area.sum()), np.nan, np.nan
    if draws and len(names) >= FEWEST:
        with np.errstate(invalid="ignore"):  # a draw without foreground has no spread, and the value no interval
            parts = [weights @ moment / (weights @ area) for weights in bootstrap_parts(names, draws, seed)]
            low, high = interval(np.sqrt(np.concatenate(parts)), value, confidence, len(names))
    return {"spread": value, "low": low, "high": high}


def of_videos(stores, videos):
    """Yield (video, masks uint8 [frame, height, width] of all its clips); `videos`: for each store, the video of every clip."""
    clips = {}
    for store, own in zip(stores, videos, strict=True):
        for row, video in enumerate(own):
            clips.setdefault(video, []).append((store, row))
    for video in progress(sorted(clips), "videos measured"):
        yield video, np.concatenate([store[row] for store, row in clips[video]])


def centre_bias(dataset, stores, videos, draws, confidence, seed):
    """The row of one data set in table `centre_bias`; stores: uint8 [clip, frame, height, width] of its shards."""
    height, width = stores[0].shape[2:]
    distance, total = squared_distance(height, width), np.zeros((height, width))
    names, area, moment, counts = [], [], [], dict.fromkeys(("n_frames", "n_empty", "n_without"), 0)
    for video, masks in of_videos(stores, videos):
        known = masks[(masks != UNANNOTATED).all(axis=(1, 2))]
        counts["n_frames"] += len(known)
        counts["n_empty"] += int((~known.any(axis=(1, 2))).sum())
        counts["n_without"] += len(masks) - len(known)
        if len(known):
            mean = known.mean(axis=0)
            total += mean
            names.append(video)
            area.append(mean.sum())
            moment.append((mean * distance).sum())
    scaled = total / (total.max() or 1)
    about = {"dataset": dataset, "height": height, "width": width, "map": scaled.ravel().astype(np.float32), "n_videos": len(names)}
    return about | counts | spread(np.array(area), np.array(moment), names, draws, confidence, seed)


if __name__ == "__main__":
    with job(snakemake):
        i, p, rows = snakemake.input, snakemake.params, []
        for dataset in dict.fromkeys(p.datasets):
            own = [k for k, name in enumerate(p.datasets) if name == dataset]
            stores, videos = [open_frames(i.masks[k]) for k in own], [read_table(i.clips[k], "clips")["video"] for k in own]
            rows.append(centre_bias(dataset, stores, videos, p.settings["draws"], p.settings["confidence"], p.seed))
        write_table(snakemake.output.centre_bias, "centre_bias", rows)
