"""Clips show the frames that a plain reading of the whole video would show at their times; what cannot be cut says why."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from tests import made_videos as made
from workflow.lib.arrays import frames_writer, open_frames
from workflow.lib.errors import BadInput
from workflow.lib.manifest import read_dataset
from workflow.parts import video_files
from workflow.parts.pictures import Unusable, fit
from workflow.parts.rejections import fitting, lost_labels
from workflow.scripts.collect_clips import check, listed
from workflow.scripts.decode_clips import decode_clips

REAL = Path("../shared/assets/clips")
CLIP = {"frames": 8, "fps": 12.5, "short_side": 32, "crop": [32, 32], "short_videos": "reject", "clips_per_video": 1}


def decode(*videos, start="", end="", folder_fps=25, **changes):
    """(clips, their table rows, rejected rows) of `videos`, each one segment from `start` to `end`."""
    segment = {"start_s": str(start), "end_s": str(end), "label": "", "split": ""}
    files = [v if isinstance(v, dict) else {"video": Path(v).name, "path": str(v)} for v in videos]
    rows = [{**segment, **file} for file in files]
    clips = []
    accepted, rejected = decode_clips(rows, {**CLIP, **changes}, folder_fps, clips.append)
    assert [row["sha256"] for row in accepted] == [hashlib.sha256(clip.tobytes()).hexdigest() for clip in clips]
    assert len(clips) == len(accepted)
    return clips, accepted, rejected


def refused(*args, **changes):
    """The row of the only video, which is rejected."""
    clips, _, rejected = decode(*args, **changes)
    assert not clips and len(rejected) == 1
    return rejected[0]


def reason(*args, **changes):
    """Why the only video is rejected."""
    return refused(*args, **changes)["reason"]


def read_plainly(path, keep=()):
    """Time in s of every frame of a video, and {index: frame} of those to keep, all decoded one after the other."""
    capture, frames, times = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG), {}, []
    while True:
        decoded, frame = capture.read()
        if not decoded:
            return np.array(times), frames
        if len(times) in keep:
            frames[len(times)] = frame
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)


def shown_at(times, wanted):
    """Index of the last of `times` that is not after each wanted time."""
    return [int(np.flatnonzero(times <= t + 0.001)[-1]) for t in wanted]


def times_of(row):
    """Times of a clip's frames, s."""
    return row["start_s"] + np.arange(row["n_frames"]) / row["fps"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """60 frames in 2.4 s."""
    return made.write_video(tmp_path_factory.mktemp("plain") / "plain.mp4", 60)


@pytest.mark.parametrize(("fps", "n"), [(25, 8), (12.5, 8), (10, 16), (24, 32), (30, 20), (60, 40), (7, 3), (29.97, 64)])
@pytest.mark.parametrize("start", [0, 0.04, 0.2134])
def test_frames_are_chosen_by_time(plain, fps, n, start):
    (clip,), (row,), _ = decode(plain, start=start, fps=fps, frames=n)
    assert made.numbers_of(clip) == shown_at(np.arange(60) / 25, times_of(row))
    assert row["start_s"] == pytest.approx(start + (2.4 - start - n / fps) / 2)


def test_a_row_of_the_table(plain):
    (clip,), (row,), _ = decode(
        {"video": "a/b.mp4", "path": str(plain), "start_s": "1", "end_s": "1.64", "label": "run", "split": ""}
    )
    known = {"video": "a/b.mp4", "label": "run", "split": None}
    digest = hashlib.sha256(clip.tobytes()).hexdigest()
    assert row == {"clip": "a/b.mp4@1.000", **known, "start_s": 1.0, "fps": 12.5, "n_frames": 8, "sha256": digest}
    assert clip.shape == (8, 32, 32, 3) and clip.dtype == np.uint8
    assert made.numbers_of(clip) == list(range(25, 41, 2))


@pytest.mark.parametrize("fps", [5, 12.5, 30])
@pytest.mark.parametrize("start", [0, 0.35, 0.81])
def test_variable_frame_rate(tmp_path, fps, start):
    durations = [0.04] * 10 + [0.5] + [0.02] * 20 + [0.3, 0.04, 0.2] + [0.08] * 15
    video = made.set_durations(made.write_video(tmp_path / "v.mp4", len(durations)), durations)
    times, _ = read_plainly(video)
    assert np.allclose(np.diff(times), durations[:-1], atol=1e-4)
    (clip,), (row,), _ = decode(video, start=start, fps=fps)
    assert made.numbers_of(clip) == shown_at(times, times_of(row))


def test_several_clips_are_spread_evenly(plain):
    clips, rows, _ = decode(plain, clips_per_video=4, frames=5)
    assert [r["clip"] for r in rows] == ["plain.mp4@0.250", "plain.mp4@0.750", "plain.mp4@1.250", "plain.mp4@1.750"]
    assert [made.numbers_of(c) for c in clips] == [shown_at(np.arange(60) / 25, times_of(r)) for r in rows]
    _, rows, _ = decode(plain, clips_per_video=4, start=1, end=1.64)
    assert [r["clip"] for r in rows] == ["plain.mp4@1.000"]  # no room for a second one


def test_short_videos_are_rejected_or_looped(plain):
    assert reason(plain, start=1, end=1.3) == "too short: 0.30 s long, a clip needs 0.64 s"
    assert reason(plain, frames=32) == "too short: 2.40 s long, a clip needs 2.56 s"
    assert refused(plain, frames=32)["fits_fps"] == 13.4
    assert len(decode(plain, frames=32, fps=13.4)[0]) == 1 and not decode(plain, frames=32, fps=13.3)[0]
    (clip,), (row,), _ = decode(plain, start=1, end=1.32, short_videos="loop", clips_per_video=3)
    assert made.numbers_of(clip) == [25, 27, 29, 31] * 2 and row["start_s"] == 1
    (clip,), _, _ = decode(plain, frames=70, fps=25, short_videos="loop")
    assert made.numbers_of(clip) == [*range(60), *range(10)]


@pytest.mark.parametrize("codec", ["mp4v.mp4", "MJPG.avi", "mp4v.mkv"])
def test_a_late_start_by_seeking_equals_reading_through(tmp_path, monkeypatch, codec):
    video = made.write_video(tmp_path / f"long.{codec[5:]}", 700, codec=codec[:4])
    assert video_files.VideoFile(video, lambda p: p).read_from([17.313], seek=True)
    sought = [(c, r) for (c,), (r,), _ in (decode(video, start=s, end=s + 0.7) for s in (10.4, 17.313, 27))]
    for clip, row in sought:
        assert made.numbers_of(clip) == shown_at(np.arange(700) / 25, times_of(row))
    monkeypatch.setattr(video_files, "SEEK_FROM", np.inf)
    for clip, row in sought:
        (again,), _, _ = decode(video, start=row["start_s"], end=row["start_s"] + 0.65)
        assert np.array_equal(again, clip)


@pytest.mark.parametrize("error", [-5, 30])  # lands after the wanted time, or before the beginning
def test_a_seek_that_lands_wrong_is_noticed(tmp_path, monkeypatch, error):
    video = made.write_video(tmp_path / "long.mp4", 600)
    monkeypatch.setattr(video_files, "SEEK_BEFORE", error)
    with pytest.raises(video_files.SeekFailed):
        video_files.VideoFile(video, lambda p: p).read_from([15.0], seek=True)
    (clip,), (row,), _ = decode(video, start=15, end=16)
    assert made.numbers_of(clip) == shown_at(np.arange(600) / 25, times_of(row))


def test_seeking_in_a_file_that_lost_its_index(tmp_path):
    video = made.truncate(made.write_video(tmp_path / "noindex.avi", 700, codec="MJPG"), 0.8)
    (clip,), (row,), _ = decode(video, start=18)
    assert made.numbers_of(clip) == shown_at(np.arange(700) / 25, times_of(row))


class StampsOnly:
    """A capture that has time stamps (ms) and nothing else."""

    def __init__(self, stamps):
        self.stamps = stamps[::-1]

    def grab(self):
        self.stamp = self.stamps.pop() if self.stamps else None
        return self.stamp is not None

    def get(self, _):
        return self.stamp


@pytest.mark.parametrize("stamps", [[0, 0, 0, 0], [40, 80, 120, 0], [80, 120, 0, 0], [0, 40, 80, 120], [40, 40, 40, 40]])
def test_missing_time_stamps_are_made_up(stamps):
    assert list(video_files.time_stamps(StampsOnly(stamps), 0.04)) == pytest.approx([0, 0.04, 0.08, 0.12])


def test_a_turned_camera(tmp_path):
    upright = made.write_video(tmp_path / "upright.mp4", 20, size=(96, 64))
    (expected,), _, _ = decode(upright, short_side=64, crop=[64, 64])
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(upright.read_bytes())
    (clip,), _, _ = decode(made.rotate(turned), short_side=64, crop=[64, 64])
    assert np.array_equal(clip, np.rot90(expected, k=-1, axes=(1, 2)))


@pytest.mark.parametrize("size", [(71, 53), (53, 71), (64, 64), (33, 97)])
@pytest.mark.parametrize("short_side", [32, 53, 80])
def test_odd_sizes_and_centre_crop(tmp_path, size, short_side):
    video = made.write_gif(tmp_path / "odd.gif", [0.04] * 20, size)
    (clip,), (row,), _ = decode(video, short_side=short_side, crop=[short_side, short_side])
    assert made.numbers_of(clip) == shown_at(np.arange(20) / 25, times_of(row))
    (small,), _, _ = decode(video, short_side=short_side, crop=[20, 24])
    top, left = (short_side - 20) // 2, (short_side - 24) // 2
    assert small.shape == (8, 20, 24, 3)
    if size[0] == size[1]:
        assert np.array_equal(small, clip[:, top : top + 20, left : left + 24])


def test_grey_video_and_colour_order(tmp_path):
    grey = made.write_video(tmp_path / "grey.avi", 20, codec="FFV1", colour=False)
    (clip,), (row,), _ = decode(grey)
    assert made.numbers_of(clip) == shown_at(np.arange(20) / 25, times_of(row)) and np.ptp(clip, axis=3).max() == 0
    writer = cv2.VideoWriter(str(tmp_path / "red.avi"), cv2.VideoWriter_fourcc(*"FFV1"), 25, (64, 48))
    for _ in range(20):
        writer.write(np.full((48, 64, 3), (10, 60, 200), np.uint8))  # BGR
    writer.release()
    (clip,), _, _ = decode(tmp_path / "red.avi")
    assert np.abs(clip.mean(axis=(0, 1, 2)) - [200, 60, 10]).max() < 3


def test_fit_keeps_what_needs_no_scaling():
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    assert np.array_equal(fit(picture, 40, (40, 60)), picture[..., ::-1])
    means = picture.reshape(20, 2, 30, 2, 3).mean((1, 3))[:, 5:25, ::-1]
    assert np.abs(fit(picture, 20, (20, 20)) - means).max() <= 0.5
    with pytest.raises(Unusable, match="smaller than the crop: 20 x 30 pixels, a crop needs 20 x 40"):
        fit(picture, 20, (20, 40))


@pytest.mark.parametrize(
    ("start", "end", "changes", "most"),
    [("100", "", {}, 120), ("", "", {"clips_per_video": 4}, 500), ("5", "5.3", {}, 5), ("5", "5.3", {"short_videos": "loop"}, 400)],
    ids=["late start", "several clips", "too short a segment", "looped segment"],
)
def test_long_videos_are_not_read_through(tmp_path, monkeypatch, start, end, changes, most):
    path = made.write_video(tmp_path / "long.mp4", 3000)
    grabbed, time_stamps = [], video_files.time_stamps
    monkeypatch.setattr(video_files, "time_stamps", lambda *a: (grabbed.append(t) or t for t in time_stamps(*a)))
    decode(path, start=start, end=end, **changes)
    assert len(grabbed) <= most


@pytest.mark.parametrize(
    "name", ["a.mp4", "a.mov", "a.m4v", "a.3gp", "a.mkv", "a.webm", "a.avi", "a.flv", "a.wmv", "a.mpg", "a.ts", "a.mts"]
)
def test_kinds_of_files(tmp_path, name):
    codec = {".webm": "VP80", ".flv": "FLV1", ".wmv": "WMV2", ".mpg": "mpg1"}.get(name[1:], "mp4v")
    (clip,), _, _ = decode(made.write_video(tmp_path / name, 40, codec=codec))
    assert np.diff(made.numbers_of(clip)).tolist() == [2] * 7


@pytest.mark.parametrize("sizes", [(64, 200), (200, 64)])
def test_frames_that_change_their_size(tmp_path, sizes):
    frames = [made.numbered(number, (sizes[number >= 12],) * 2) for number in range(24)]
    (tmp_path / "v.mjpeg").write_bytes(b"".join(cv2.imencode(".jpg", frame)[1].tobytes() for frame in frames))
    (clip,), (row,), _ = decode(tmp_path / "v.mjpeg")
    assert made.numbers_of(clip) == shown_at(np.arange(24) / 25, times_of(row))


@pytest.mark.parametrize("name", ["ein Läufer ü.mp4", "日本 語.mp4", "a:b %03d.mp4"])
def test_names(tmp_path, name, plain):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / name).write_bytes(plain.read_bytes())
    _, (row,), _ = decode(tmp_path / "a b" / name)
    assert row["clip"] == f"{name}@0.880"


def test_frame_folders(tmp_path):
    for number in range(30):  # 0.png .. 29.png: 10 comes after 2
        cv2.imwrite(str(tmp_path / f"{number}.png"), made.numbered(number, (48, 32)))
    (clip,), (row,), _ = decode(tmp_path, folder_fps=24)
    assert made.numbers_of(clip) == shown_at(np.arange(30) / 24, times_of(row))
    (clip,), _, _ = decode(tmp_path, folder_fps=24, fps=24, frames=40, short_videos="loop")
    assert made.numbers_of(clip) == [*range(30), *range(10)]
    assert reason(tmp_path, folder_fps=60) == "too short: 0.50 s long, a clip needs 0.64 s"
    assert refused(tmp_path, folder_fps=60)["fits_fps"] == 16
    (tmp_path / "15.png").write_text("no image")
    assert reason(tmp_path, fps=25) == "image cannot be decoded: 15.png"
    (tmp_path / "empty").mkdir()
    assert reason(tmp_path / "empty") == "folder without images"


def test_reasons_of_rejection(tmp_path, plain):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video at all\n" * 50)
    assert reason(tmp_path / "none.mp4") == "file missing"
    assert reason(tmp_path / "empty.mp4") == "empty file"
    assert reason(tmp_path / "text.mp4") == "cannot be decoded"
    assert reason(made.truncate(made.write_video(tmp_path / "cut.mp4", 60), 0.5)) == "cannot be decoded"  # its index is at the end
    assert reason(plain, start=1, end=1) == "segment without length: 1 to 1 s"
    assert reason(plain, start=2, end=1) == "segment without length: 2 to 1 s"
    assert reason(plain, start=-1) == "segment outside the video: it starts at -1 s"
    assert reason(plain, start=9, end=12) == "segment outside the video: it starts at 9 s, the video ends at 2.40 s"
    _, _, rejected = decode(tmp_path / "none.mp4", tmp_path / "none.mp4", start=1.5)
    assert rejected[0] == {"video": "none.mp4", "label": None, "start_s": 1.5, "reason": "file missing", "fits_fps": None}


def test_frame_counts_are_not_believed(tmp_path):
    fewer = made.claim_frames(made.write_video(tmp_path / "fewer.avi", 60, codec="MJPG"), 240)
    assert cv2.VideoCapture(str(fewer)).get(cv2.CAP_PROP_FRAME_COUNT) == 240
    (clip,), (row,), _ = decode(fewer)
    assert row["start_s"] == pytest.approx((2.4 - 0.64) / 2)
    assert made.numbers_of(clip) == shown_at(np.arange(60) / 25, times_of(row))
    assert reason(fewer, start=2) == "too short: 0.40 s long, a clip needs 0.64 s"
    assert reason(fewer, start=5) == "segment outside the video: it starts at 5 s, the video ends at 2.40 s"
    more = made.claim_frames(made.write_video(tmp_path / "more.avi", 60, codec="MJPG"), 10)
    (clip,), (row,), _ = decode(more)
    assert row["start_s"] == pytest.approx((2.4 - 0.64) / 2)


@pytest.mark.parametrize("name", ["cut.avi", "cut.mkv"])
def test_truncated_videos_give_what_they_hold(tmp_path, name):
    video = made.truncate(made.write_video(tmp_path / name, 80, codec="MJPG"), 0.5)
    length = len(read_plainly(video)[0]) / 25
    assert length < 2
    (clip,), (row,), _ = decode(video, start=0.6)
    assert row["start_s"] + 0.64 <= length
    assert made.numbers_of(clip) == shown_at(np.arange(80) / 25, times_of(row))
    assert reason(video, frames=30).startswith(f"too short: {length:.2f} s long, a clip needs 2.40 s")


def test_sharding_changes_nothing(tmp_path, plain):
    avi, mkv = made.write_video(tmp_path / "b.avi", 30, codec="MJPG"), made.write_video(tmp_path / "c.mkv", 40)
    videos = [plain, avi, tmp_path / "none.mp4", mkv]
    together, rows, rejected = decode(*videos, clips_per_video=2)
    apart = [decode(video, clips_per_video=2) for video in videos]
    assert rows == [row for _, rows, _ in apart for row in rows] and rejected == apart[2][2]
    assert np.array_equal(together, [clip for clips, _, _ in apart for clip in clips])


def test_an_empty_store_is_valid(tmp_path):
    with frames_writer(tmp_path / "frames.npy", (8, 32, 32, 3)) as append:
        decode_clips([], CLIP, 25, append)
    assert open_frames(tmp_path / "frames.npy").shape == (0, 8, 32, 32, 3)


def tables(videos, reasons, rates=None):
    """Tables of clips and of rejected segments of so many videos with these reasons; rates: at which they would fit."""
    clips = pd.DataFrame({"clip": [f"{v}@0" for v in videos], "video": videos}, dtype=object)
    rejected = {"video": [f"r{i}" for i in range(len(reasons))], "label": "run", "reason": reasons}
    return clips.assign(label="run"), pd.DataFrame(rejected, dtype=object).assign(fits_fps=rates)


def test_rejected_videos_are_named_the_first_of_many():
    _, rejected = tables([], [f"too short: {n} s" for n in range(23)])
    assert listed(rejected[:0], "set") == [] and listed(rejected[:2], "set")[1] == "rejected: r1: too short: 1 s"
    assert len(listed(rejected[:20], "set")) == 20
    assert listed(rejected, "set")[19:] == [
        "rejected: r19: too short: 19 s",
        "and 3 more, all in results/clips/set/*/rejected.parquet",
    ]


def test_what_short_videos_would_take_is_told():
    short = ["too short: 1 s"] * 4
    _, rejected = tables(list("abcd"), [*short, "file missing"], [36.9, 25.2, 17, 20, np.nan])
    told = "4 too short for a clip, of which would fit 2 with `clip: fps: 20`, 4 with `clip: fps: 36.9`; fewer `frames` help too"
    assert fitting(rejected).startswith(told) and fitting(rejected[4:]) == ""
    assert fitting(rejected[:1]).startswith("1 too short for a clip, of which would fit 1 with `clip: fps: 36.9`; fewer")
    _, none = tables([], ["too short: 1 s"])
    assert fitting(none) == "1 too short for a clip; fewer `frames` help too, and `short_videos: loop` repeats theirs"


def test_no_rate_is_named_above_that_of_the_video(plain):
    assert refused(plain, start=1, end=1.30, frames=9)["fits_fps"] is None
    row = refused(plain, start=1, end=1.32)
    assert row["fits_fps"] == 25 and fitting(pd.DataFrame([row])).startswith(
        "1 too short for a clip, of which would fit 1 with `clip: fps: 25`"
    )


def test_labels_that_lose_many_videos_are_named_the_worst_first():
    clips, rejected = tables(list("abcd") + ["r2"] * 5, ["too short: 1 s"] * 4 + ["file missing"])
    rejected["label"] = ["gym", "gym", "run", None, "sit"]  # r2 of run has other segments, the video of sit was never there
    assert (
        lost_labels(clips, rejected) == "labels that lose many videos: gym (2 of 2)"
    )  # r2 of run has other segments, sit was never there
    assert lost_labels(clips, rejected, 0.1) == "labels that lose many videos: gym (2 of 2), run (1 of 5)"
    assert lost_labels(clips, rejected[3:]) == ""
    many = pd.DataFrame({"video": [f"v{n}" for n in range(50)], "label": [f"l{n}" for n in range(50)], "reason": "empty file"})
    assert len(lost_labels(clips, many)) < 200


def test_too_little_left_of_a_data_set():
    clips, rejected = tables(list("abcd"), ["file missing", "too short: 1 s", "too short: 2 s"])
    check(clips, rejected, 7, 0.5, "set")
    with pytest.raises(
        BadInput,
        match=r"3 of 7 videos rejected, .* max_rejected: 0.4` .* 2 × too short \(e.g. r1: 1 s\); 1 × file missing \(e.g. r0\)",
    ):
        check(clips, rejected, 7, 0.4, "set")
    with pytest.raises(BadInput, match="3 of 9 segments of videos rejected"):
        check(*tables(list("abcdaa"), ["file missing"] * 3), 9, 0.2, "set")
    with pytest.raises(BadInput, match="2 clips of 2 videos are left, .* none was rejected"):
        check(*tables(list("ab"), []), 2, 1, "set")
    with pytest.raises(BadInput, match="3 clips of 2 videos are left, .* rejected: 1 × file missing"):
        check(*tables(list("aba"), ["file missing"]), 4, 1, "set")
    with pytest.raises(BadInput, match="0 clips of 0 videos"):
        check(*tables([], ["file missing"]), 1, 1, "set")
    with pytest.raises(BadInput, match="the clip a@0 comes twice"):
        check(*tables(list("abca"), []), 4, 0, "set")


@pytest.mark.parametrize("folder", ["actions", "weizmann"])
def test_real_videos(folder):
    if not (REAL / folder).is_dir():
        pytest.skip(f"the example videos {REAL / folder} are not here")
    rows = read_dataset(folder, {"folder": REAL / folder})
    rows = rows if folder == "actions" else rows[::9]
    settings = {"frames": 16, "fps": 12.5, "short_side": 112, "crop": [112, 112]}
    clips, accepted, rejected = decode(*rows, **settings)
    assert not rejected and len(accepted) == len(rows)
    for clip, row, source in zip(clips, accepted, rows, strict=True):
        times, _ = read_plainly(source["path"])
        if (np.diff(times) < 0).any():  # an AVI with B-frames
            times = np.arange(len(times)) / cv2.VideoCapture(source["path"]).get(cv2.CAP_PROP_FPS)
        shown = shown_at(times, times_of(row))
        _, frames = read_plainly(source["path"], shown)
        truth = [fit(frames[k], 112, (112, 112)) for k in shown]
        assert np.array_equal(clip, truth), source["video"]


@pytest.mark.parametrize(
    "name", ["actions/mmskeleton__ta_chi.mp4", "actions/c3d__v_ApplyEyeMakeup_g01_c01.avi", "asl_gestures/book.mkv"]
)
def test_seeking_in_real_videos(name, monkeypatch):
    if not (REAL / name).is_file():
        pytest.skip(f"the example video {REAL / name} is not here")
    video = video_files.VideoFile(REAL / name, lambda picture: picture)
    times = [2.345 + k / 25 for k in range(8)]
    through = video.read(times)
    monkeypatch.setattr(video_files, "SEEK_FROM", 1)
    monkeypatch.setattr(video_files, "SEEK_BEFORE", 1)
    assert np.array_equal(video.read(times), through)


def test_clips_that_repeat_frames_are_told_of(tmp_path, capsys):
    video = made.write_video(tmp_path / "slow.mp4", 30, fps=10)
    for fps, told in ((10, False), (11, False), (20, True)):  # of seven steps none, one or three show the same frame again
        decode(video, fps=fps)
        assert ("of 1 clips show 25% of their frames or more twice in a row (e.g. slow.mp4)" in capsys.readouterr().out) == told
