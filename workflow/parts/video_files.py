"""Pictures of a video file at given times, chosen by time stamps.

The picture at time t is the last frame whose time stamp is not after t, which is right for variable frame rates. Times
count from the first frame. OpenCV never raises on a bad file and its frame count can be wrong: only grab() is trusted.
"""

import os
import time
from bisect import bisect_right
from functools import cached_property
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what cannot be decoded becomes a row with a reason instead

import cv2

from workflow.parts.pictures import Unusable, check_size

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # no warnings of what cannot be opened

SLACK = 0.001  # s; Matroska rounds time stamps to milliseconds
SEEK_FROM = 10.0  # s; below, reading from the beginning costs little
SEEK_BEFORE = 2.0  # s; the frames right after a seek may rest on ones that were not read
MOST_FRAMES = 10_000_000  # of a video; 90 hours of 30 a second
AHEAD = 1.1  # nominal frame periods before a wanted time in which frames are kept as its likely answer
ONE_THREAD = [cv2.CAP_PROP_N_THREADS, 1, cv2.CAP_PROP_HW_ACCELERATION, cv2.VIDEO_ACCELERATION_NONE]
FORMATS = "mov,matroska,avi,gif,apng,asf,flv,mpeg,mpegts,mpegvideo,m4v,h264,hevc,mjpeg,ogg,mxf,nut,dv,rm"  # each a single file
os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = f"format_whitelist;{FORMATS}"  # FFmpeg would open what a playlist lists, any file


class SeekFailed(Exception):
    """A reading that began with a seek cannot be trusted."""


def time_stamps(capture, period, stamp=None):
    """Grab frames and yield their times, s from the first; where stamps are missing or go back, one `period` each.

    `stamp`: the frame already grabbed after a seek; then nothing may go back (SeekFailed), as frames cannot be counted.
    """
    sought = stamp is not None
    if not sought:
        if not capture.grab():
            return
        stamp = 0.0
    # ASSUME: an AVI with B-frames has no time stamps: the first ones are late by a constant, the last ones are 0
    first = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 - stamp
    while True:
        yield stamp
        if not capture.grab():
            return
        following = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 - first
        if following <= stamp and sought:
            raise SeekFailed
        stamp = following if following > stamp else stamp + period


class VideoFile:
    """A video file whose pictures are brought to size by `fit_picture`; raises Unusable where there is none to read.

    seconds: what reading it may take, from now on; None for any time.
    """

    names = None  # of its frames

    def __init__(self, path, fit_picture, seconds=None):
        self.path, self.fit_picture, self.seconds = Path(path).resolve(), fit_picture, seconds
        self.begun = time.monotonic()
        if not self.path.stat().st_size:
            raise Unusable("empty file")
        capture = self.open()
        if not capture.isOpened():
            raise Unusable("cannot be decoded")
        check_size(capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if not capture.grab():
            raise Unusable("cannot be decoded")
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.period = 1 / fps if 0 < fps <= 1000 else 1 / 25  # ASSUME: 25 frames per second where the file names none
        claimed = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.claimed_length = claimed * self.period if 0 < claimed <= MOST_FRAMES else 0.0  # then they are counted

    def open(self):
        """A capture at the first frame; FFmpeg only, because other back-ends read patterns and cameras into file names."""
        return cv2.VideoCapture(str(self.path), cv2.CAP_FFMPEG, ONE_THREAD)

    @cached_property
    def stamps(self):
        """Time stamp of every frame, s, by grabbing them all."""
        return list(self.stamps_of(self.open()))

    def stamps_of(self, capture, stamp=None):
        """Time stamps as by `time_stamps`, as long as there are not too many and reading does not take too long."""
        for frame, own in enumerate(time_stamps(capture, self.period, stamp)):
            if frame >= MOST_FRAMES:
                raise Unusable(f"endless: more than {MOST_FRAMES} frames")
            if self.seconds and time.monotonic() - self.begun > self.seconds:
                raise Unusable(
                    f"not decoded within clip: decoding_seconds: {self.seconds:g} s were given, {own:.0f} s of it were read"
                )
            yield own

    @property
    def n_frames(self):
        """Number of frames."""
        return len(self.stamps)

    def counted_length(self):
        """Length in seconds; the last frame is shown for one nominal period."""
        return max(self.stamps, default=0) + self.period

    def frame_size(self):
        """Height and width of its frames, pixels."""
        decoded, picture = self.open().read()
        if not decoded:
            raise Unusable("cannot be decoded: the first frame")
        return picture.shape[:2]

    def shown(self, times):
        """Index of the frame shown at each of `times` (s)."""
        return [bisect_right(self.stamps, time + SLACK) - 1 for time in times]

    def read(self, times):
        """The pictures shown at `times` (ascending, s): a list of uint8 [height, width, rgb]; raises Unusable."""
        far = [k for k in range(1, len(times)) if times[k] - times[k - 1] > SEEK_FROM]
        parts = [times[first:last] for first, last in pairwise([0, *far, len(times)])]
        return [picture for part in parts for picture in self.read_part(part)]

    def read_part(self, times):
        """As `read`, for times near each other."""
        try:
            return self.read_from(times, seek=times[0] > SEEK_FROM)
        except SeekFailed:
            return self.read_from(times, seek=False)

    def read_from(self, times, seek):
        """As `read`, in one reading where frames come regularly, otherwise in two."""
        ahead = AHEAD * self.period
        shown, pictures = self.scan(times, seek, lambda stamp, time: stamp + ahead > time)
        if not pictures.keys() >= set(shown):  # an irregular gap: now it is known which frames to keep
            _, pictures = self.scan(times, seek, lambda stamp, time: stamp in shown)
        return [pictures[stamp] for stamp in shown]

    def scan(self, times, seek, keep):
        """One reading: the time stamp shown at each of `times`, and {stamp: picture} of frames that keep(stamp, next time)."""
        shown, pictures, last = [], {}, 0.0
        capture = self.open()
        for stamp in self.stamps_of(capture, self.seek(capture, times[0]) if seek else None):
            while len(shown) < len(times) and times[len(shown)] + SLACK < stamp:
                shown.append(last)
            if last not in shown[-1:]:  # how many are held must not rest on the frame rate that a file claims
                pictures.pop(last, None)
            if len(shown) == len(times):
                return shown, pictures
            if keep(stamp, times[len(shown)]):
                pictures[stamp] = self.picture(capture, stamp)
            last = stamp
        if times[-1] + SLACK > last + self.period:
            raise SeekFailed if seek else Unusable(f"too short: frames end at {last + self.period:.2f} s")
        return shown + [last] * (len(times) - len(shown)), pictures

    def seek(self, capture, time):
        """Move `capture` to a frame shortly before `time` and return its time stamp; raises SeekFailed."""
        capture.grab()
        if capture.get(cv2.CAP_PROP_POS_MSEC) != 0:  # stamps made up from the order of packets do not survive a seek
            raise SeekFailed
        capture.set(cv2.CAP_PROP_POS_MSEC, (time - SEEK_BEFORE) * 1000)
        stamp = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 if capture.grab() else 0.0
        if not 0 < stamp <= time:
            raise SeekFailed
        return stamp

    def picture(self, capture, stamp):
        """The frame that `capture` grabbed last, brought to size."""
        decoded, picture = capture.retrieve()
        if not decoded:
            raise Unusable(f"cannot be decoded: the frame at {stamp:.2f} s")
        return self.fit_picture(picture)
