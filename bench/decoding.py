"""Speed of decoding: the whole of `decode_clips` over bare OpenCV, which reads every frame up to the last one that is wanted.

The job also chooses frames by their time stamps, resizes and crops them, and writes clip store and tables.
"""

import statistics
from functools import partial

import cv2

from bench.jobs import run_script
from bench.measuring import alone, in_turn, median_ratio, row
from bench.synthetic import write_manifest, write_video

FPS, WIDTH, HEIGHT = 30, 340, 256
CLIP = {"frames": 16, "short_side": 256, "crop": [224, 224], "short_videos": "reject", "clips_per_video": 1}
# frames per second of the clips, seconds of a video, number of videos, repetitions
FULL = {"cases": {"every frame": (30, 10, 8, 5), "12 of 30 frames a second": (12, 10, 8, 5)}}
TINY = {"cases": {"every frame": (30, 1, 2, 1)}}


def bare_reading(path, n_frames, n_videos):
    """Read the first frames of a video, as often as there are videos; as a function without arguments."""
    one_thread = [cv2.CAP_PROP_N_THREADS, 1]

    def run():
        for _ in range(n_videos):
            capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, one_thread)
            for _ in range(n_frames):
                capture.read()

    return run


def both_sides(folder, fps, seconds, n_videos, repetitions):
    """Seconds of bare reading and of the job, by turns, and the frames read."""
    path = str(write_video(f"{folder}/video.mp4", FPS * seconds, FPS, WIDTH, HEIGHT))
    manifest = write_manifest(folder, path, n_videos)
    length = CLIP["frames"] / fps
    n_frames = round((seconds - length) / 2 * FPS + (length - 1 / fps) * FPS) + 1  # the clip lies in the middle
    made = {name: f"{folder}/{name}.npy" for name in ("frames", "masks")}
    made |= {name: f"{folder}/{name}.parquet" for name in ("clips", "rejected")}
    params = {"dataset": "shapes", "clip": CLIP | {"fps": fps}, "frame_folder_fps": 24, "masked_frames": "all"}
    job = partial(run_script, "decode_clips", folder, {"manifest": manifest}, made, params)
    job()
    return in_turn({"bare": bare_reading(path, n_frames, n_videos), "job": job}, repetitions), n_frames * n_videos


def bench(folder, cases):
    """Rows of the table."""
    rows = []
    for rank, (name, (fps, seconds, n_videos, repetitions)) in enumerate(cases.items()):
        times, n_frames = alone(both_sides, f"{folder}/{rank}", fps, seconds, n_videos, repetitions)
        case = f"{name}, {n_videos} videos of {seconds} s, {WIDTH} x {HEIGHT}, mp4v"
        for key, what in {"bare": "bare opencv", "job": "decoding"}.items():
            rate = n_frames / statistics.median(times[key])
            rows.append(row(f"{what}: {case}", "frames passed/s", rate, repetitions=repetitions))
        ratio = median_ratio(times["bare"], times["job"])
        rows.append(row(f"speed of decoding over bare opencv: {case}", "ratio", ratio, repetitions=repetitions))
    return rows
