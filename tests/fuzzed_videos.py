"""Hostile videos and folders of frames: clips come of them, or a row that says why not."""

import os
import struct
import tempfile
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from tests import made_videos as made
from tests.damage import assert_whole, choice, damaged
from workflow.scripts.decode_clips import decode_clips

CLIP = {"frames": 4, "fps": 12.5, "short_side": 16, "crop": [16, 16], "short_videos": "reject", "clips_per_video": 1}
KINDS = ["a.mp4", "a.avi", "a.mkv", "a.gif", "ffv1.avi"]
HUGE = [0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 60000, 65535, 1 << 24]


@cache
def sound(name):
    """The bytes of a sound video."""
    path = Path(tempfile.mkdtemp(), name)
    if name == "a.gif":
        made.write_gif(path, [0.04] * 25, (32, 32))
    else:
        made.write_video(path, 25, size=(32, 32), codec={"a.avi": "MJPG", "ffv1.avi": "FFV1"}.get(name, "mp4v"))
    return path.read_bytes()


def video_case(rng, folder):
    """One hostile video beside a sound one, decoded as by the rule."""
    path = choice(rng, [spoiled, spoiled, spoiled, boxed, renamed, joined, pictures, pictures, odd])(rng, folder)
    (folder / "sound.mp4").write_bytes(sound("a.mp4"))
    rows = [
        {"video": name, "path": str(own), "start_s": "", "end_s": "", "label": "", "split": ""}
        for name, own in (("hostile", path), ("sound", folder / "sound.mp4"))
    ]
    if rng.random() < 0.2:
        rows[0]["start_s"] = choice(rng, ["0.3", "-1", "1e308", "12", "1e-300", "0.99"])
        rows[0]["end_s"] = choice(rng, ["", "1e308", "0.1", "-5", "0.9"])
    clip = CLIP | choice(rng, [{}, {}, {"short_videos": "loop"}, {"clips_per_video": 50}, {"short_side": 48, "crop": [48, 48]}])
    clips = []
    accepted, rejected = decode_clips(rows, clip, choice(rng, [24, 0.001, 1000]), clips.append)
    assert len(clips) == len(accepted)
    assert all(own.shape == (4, *clip["crop"], 3) and own.dtype == np.uint8 for own in clips)
    assert_whole(["hostile", "sound"], accepted, rejected)
    assert any(row["video"] == "sound" for row in accepted), "a sound video was lost beside a hostile one"
    return ("rejected", rejected[0]["reason"]) if rejected else ("done", "")


def spoiled(rng, folder):
    """A video whose bytes are spoiled."""
    name = choice(rng, KINDS)
    (folder / name).write_bytes(damaged(rng, sound(name)))
    return folder / name


def boxed(rng, folder):
    """A video whose headers lie: sizes, rates, numbers of frames, lengths."""
    if rng.random() < 0.5:
        data = bytearray(sound("a.avi"))
        tag, offset = choice(
            rng,
            [
                (b"avih", 8),
                (b"avih", 24),
                (b"avih", 40),
                (b"avih", 44),
                (b"strh", 28),
                (b"strh", 32),
                (b"strh", 40),
                (b"strf", 12),
                (b"strf", 16),
            ],
        )
        at = data.index(tag) + offset
        data[at : at + 4] = struct.pack("<I", choice(rng, HUGE))
        (folder / "a.avi").write_bytes(data)
        return folder / "a.avi"
    box, first = choice(
        rng,
        [
            (b"mvhd", 12),
            (b"mdhd", 12),
            (b"mdhd", 16),
            (b"stts", 4),
            (b"stts", 8),
            (b"stts", 12),
            (b"stsz", 4),
            (b"stsz", 8),
            (b"stsd", 40),
            (b"stco", 8),
            (b"tkhd", 40),
            (b"stsc", 8),
            (b"stss", 4),
            (b"tkhd", 76),
        ],
    )
    number = struct.pack(">I", choice(rng, HUGE))
    data = made.edit_boxes(sound("a.mp4"), {box: lambda content: content[:first] + number + content[first + 4 :]})
    (folder / "a.mp4").write_bytes(data)
    return folder / "a.mp4"


def renamed(rng, folder):
    """A file of another kind than its name says, or of none."""
    data = choice(
        rng,
        [
            sound("a.gif"),
            sound("a.avi"),
            picture(rng, 32, 32),
            b"",
            b"\0" * 5000,
            b"#EXTM3U\nhttp://127.0.0.1:9/x.ts\n",
            b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsound.mp4\n",
            b"ffconcat version 1.0\nfile /etc/passwd\n",
            b"<svg/>",
            b"RIFF\xff\xff\xff\xffAVI LIST",
            b"\x1aE\xdf\xa3" + b"\xff" * 99,
        ],
    )
    name = choice(rng, ["a.mp4", "a.mkv", "a.avi", "a.gif", "a.mpg", "a.ts", "a.m3u8", "%05d.mp4", "a:b.mp4", "-i.mp4"])
    (folder / name).write_bytes(data)
    return folder / name


def joined(rng, folder):
    """Two videos in one file, or one with something before or after it."""
    parts = [sound(choice(rng, KINDS)), choice(rng, [sound(choice(rng, KINDS)), rng.bytes(3000), b"\0" * 100000])]
    (folder / "a.avi").write_bytes(b"".join(parts if rng.random() < 0.5 else parts[::-1]))
    return folder / "a.avi"


def picture(rng, height, width, kind=".png"):
    """The bytes of a picture."""
    return cv2.imencode(kind, rng.integers(0, 256, (height, width, 3), np.uint8))[1].tobytes()


def pictures(rng, folder):
    """A folder of frames of changing sizes, huge by their headers, spoiled, empty, or no files at all."""
    (folder / "frames").mkdir()
    suffix = choice(rng, [".png", ".jpg", ".webp", ".bmp"])
    for number in range(6):
        data = picture(rng, int(rng.integers(1, 60)), int(rng.integers(1, 60)), suffix)
        way = rng.integers(8)
        if way == 0:
            data = damaged(rng, data)
        elif way == 1 and suffix == ".png":
            data = data[:16] + struct.pack(">II", choice(rng, HUGE), choice(rng, HUGE)) + data[24:]
        elif way == 2 and suffix == ".bmp":
            data = data[:18] + struct.pack("<II", choice(rng, HUGE), choice(rng, HUGE)) + data[26:]
        path = folder / "frames" / f"{number}{suffix}"
        if way == 3 and rng.random() < 0.3:
            choice(rng, [os.mkfifo, os.mkdir])(path)
        else:
            path.write_bytes(data)
    return folder / "frames"


def odd(rng, folder):
    """What is no video file: a pipe, a device, a folder, a link to nowhere or to itself, a name too long."""
    path = folder / "a.mp4"
    way = rng.integers(7)
    if way == 0:
        os.mkfifo(path)
    elif way == 1:
        path.symlink_to(choice(rng, ["/dev/zero", "/dev/null", "/dev/random", "/proc/self/mem", "/etc/passwd", "/"]))
    elif way == 2:
        path.mkdir()
    elif way == 3:
        path.symlink_to(path)
    elif way == 4:
        path = folder / ("x" * 300 + ".mp4")
    elif way == 5:
        path = choice(rng, ["", ".", "http://127.0.0.1:9/a.mp4", "rtsp://127.0.0.1/a", "a\0b.mp4", "~", "0", "/dev/video0"])
    else:
        path.write_bytes(sound("a.mp4"))
        path.chmod(0)
    return path
