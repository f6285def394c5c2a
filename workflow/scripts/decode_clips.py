"""Cut clips of one length, rate and size out of videos, and out of their masks where they have any."""

import csv
import hashlib
import math
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from workflow.lib.arrays import UNANNOTATED, frames_writer
from workflow.lib.job import job, progress
from workflow.lib.listing import folder_of, found_in
from workflow.lib.tables import write_table
from workflow.parts.frame_sampling import sampled_frames
from workflow.parts.mask_reading import masked_times, read_masks
from workflow.parts.pictures import Unusable, fit
from workflow.parts.video_files import SLACK
from workflow.parts.video_reading import open_video

MANY_REPEATS = 0.25  # of the steps between frames: changes of dynamics that move such frames change little


def segment_of(row):
    """Start and end of a manifest row, s; the end is infinite where none is given; raises Unusable."""
    start, end = float(row["start_s"] or 0), float(row["end_s"] or "inf")
    if end <= start:
        raise Unusable(f"segment without length: {start:g} to {end:g} s")
    if start < 0:
        raise Unusable(f"segment outside the video: it starts at {start:g} s")
    return start, end


def place(start, end, length, clip, loop, masked=(), own_fps=math.inf):
    """Times [clip, frame] in s of the clips in a segment of a video of `length`: evenly spaced, a single one centred.

    masked: times of frames around which clips are to be cut, where there are any; own_fps: frames a second of the video.
    """
    if start >= length - SLACK:
        raise Unusable(f"segment outside the video: it starts at {start:g} s, the video ends at {length:.2f} s")
    held, needed = min(end, length) - start, clip["frames"] / clip["fps"]
    offsets = np.arange(clip["frames"]) / clip["fps"]  # [frame]
    if held >= needed - SLACK:
        n_clips, room = clip["clips_per_video"], max(held - needed, 0)
        evenly = [start + room * (i + 0.5) / n_clips for i in range(n_clips)]
        starts = around(masked, start, room, clip) or evenly
        starts = {f"{s:.3f}": s for s in starts}  # a clip's name tells its start to the millisecond
        return np.array(list(starts.values()))[:, None] + offsets  # [clip, frame]
    if not loop:
        rate = math.ceil(10 * clip["frames"] / (held + SLACK)) / 10
        fits = rate if rate <= own_fps else None  # beyond its own rate frames would come twice
        raise Unusable(f"too short: {held:.2f} s long, a clip needs {needed:.2f} s", fits)
    return start + np.maximum((offsets + SLACK) % held - SLACK, 0)[None]  # [clip, frame]


def around(masked, start, room, clip):
    """Starts, s, of clips whose frame shown to a network of one frame and its flow is one of `masked`, evenly chosen of these."""
    lead = sampled_frames(clip["frames"], 1, 1, ahead=1)[0] / clip["fps"]
    fitting = [time - lead for time in masked if -SLACK <= time - lead - start <= room + SLACK]
    n_clips = min(clip["clips_per_video"], len(fitting))
    return [max(fitting[int((i + 0.5) * len(fitting) / n_clips)], start) for i in range(n_clips)]


def read_clips(video, times):
    """Clips uint8 [clip, frame, height, width, rgb] of `video` at `times` [clip, frame], in one reading."""
    ascending, position = np.unique(times, return_inverse=True)
    pictures = video.read(ascending.tolist())
    return [np.stack([pictures[k] for k in row]) for row in position.reshape(times.shape)]


def cut(segment, video, clip, masked):
    """(times [clip, frame] in s, clips) of one segment of a video, around `masked` times if any; raises Unusable."""
    loop, inside = clip["short_videos"] == "loop", segment[1] <= video.claimed_length
    try:
        times = place(*segment, video.claimed_length, clip, loop and inside, masked, 1 / video.period)
    except Unusable:
        if inside:  # the segment's own end makes it short
            raise
    else:
        with suppress(Unusable):  # frames can end before the file says
            return times, read_clips(video, times)
    times = place(*segment, video.counted_length(), clip, loop, masked, 1 / video.period)
    return times, read_clips(video, times)


def cut_row(row, clip, frame_folder_fps, masked_frames):
    """(starts in s, clips, masks) of one manifest row, masks None where the data set has none; raises Unusable."""
    segment = segment_of(row)
    video = open_video(
        row["path"], partial(fit, short_side=clip["short_side"], crop=clip["crop"]), frame_folder_fps, clip.get("decoding_seconds")
    )
    masked = masked_times(row["masks"], video) if masked_frames == "sparse" else []
    times, clips = cut(segment, video, clip, masked)
    masks = read_masks(row["masks"], video, times, clip, masked_frames == "all") if "masks" in row else [None] * len(clips)
    return times[:, 0].tolist(), clips, masks


def decode_clips(rows, clip, frame_folder_fps, append, append_masks=None, masked_frames="all"):
    """Cut every row's clips, hand them to `append` and their masks to `append_masks`; return rows of the tables clips and rejected.

    masked_frames: of a data set that has masks, as in the schema: all, some or sparse.
    """
    accepted, rejected, repeating = [], [], []
    for row in progress(rows, "decoding"):
        video = row["video"]
        segment = {"video": video, "label": row["label"] or None, "start_s": float(row["start_s"]) if row["start_s"] else None}
        try:
            starts, clips, masks = cut_row(row, clip, frame_folder_fps, masked_frames)
        except Unusable as reason:
            rejected.append(segment | {"reason": str(reason), "fits_fps": reason.fits_fps})
            continue
        except cv2.error as error:
            rejected.append(segment | {"reason": f"cannot be decoded: {error.err}"})
            continue
        except OSError as error:
            rejected.append(segment | {"reason": f"cannot be read: {error.strerror}"})
            continue
        if len(starts) < clip["clips_per_video"]:
            print(f"{video}: only {len(starts)} different clips fit into the segment")
        for start, pictures, mask in zip(starts, clips, masks, strict=True):
            append(pictures)
            if repeats(pictures) >= MANY_REPEATS:
                repeating.append(video)
            if mask is not None:
                append_masks(mask)
                if not (mask == 1).any():
                    why = "no mask" if (mask == UNANNOTATED).all() else "no foreground in the masks"
                    print(f"{video}: {why} of the clip at {start:.3f} s")
            known = {c: row[c] or None for c in ("label", "split")}
            moment = {"start_s": start, "fps": clip["fps"], "n_frames": clip["frames"]}
            digest = hashlib.sha256(np.ascontiguousarray(pictures)).hexdigest()
            accepted.append({"clip": f"{video}@{start:.3f}", "video": video, **known, **moment, "sha256": digest})
    if repeating:
        shown = f"{len(repeating)} of {len(accepted)} clips show {MANY_REPEATS:.0%} of their frames or more twice in a row"
        print(f"{shown} (e.g. {repeating[0]}): nothing moves there, or a lower clip: fps would take each frame once")
    return accepted, rejected


def repeats(pictures):
    """Share of the steps from a frame to the next at which nothing changes; pictures: [frame, ...]."""
    return np.mean([np.array_equal(a, b) for a, b in pairwise(pictures)]) if len(pictures) > 1 else 0.0


def read_rows(path):
    """Rows of a shard's listing, all values strings."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    with job(snakemake):
        clip, params, out = snakemake.params.clip, snakemake.params, snakemake.output
        shape = (clip["frames"], *clip["crop"])
        with frames_writer(out.frames, (*shape, 3)) as append, frames_writer(out.masks, shape) as append_masks:
            folder = folder_of(snakemake.config["datasets"][params.dataset])  # no parameter: where videos lie changes no clip
            rows = found_in(read_rows(snakemake.input.manifest), folder)
            clips, rejected = decode_clips(rows, clip, params.frame_folder_fps, append, append_masks, params.masked_frames)
        write_table(out.clips, "clips", clips)
        write_table(out.rejected, "rejected", rejected)
