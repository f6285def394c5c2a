"""Pictures of a video at given times, be it a file or a folder of frames."""

import re
from pathlib import Path

from workflow.lib.manifest import IMAGES
from workflow.parts.pictures import Unusable, read_image
from workflow.parts.video_files import SLACK, VideoFile


def natural(path):
    """Sorting key of a file name in which numbers count as numbers: 2.jpg comes before 10.jpg."""
    return [int(part) if k % 2 else part for k, part in enumerate(re.split(r"([0-9]+)", path.name))], path.name


class FrameFolder:
    """A folder of images, in the natural order of their names, as a video of `fps` frames per second."""

    def __init__(self, path, fit_picture, fps):
        self.path, self.fit_picture, self.fps, self.period = Path(path), fit_picture, fps, 1 / fps
        files = [p for p in Path(path).iterdir() if p.suffix.lower() in IMAGES and not p.name.startswith(".") and p.is_file()]
        if not files:
            raise Unusable("folder without images")
        self.files = sorted(files, key=natural)
        self.names = [file.stem for file in self.files]
        self.n_frames = len(files)
        self.claimed_length = len(files) / fps

    def counted_length(self):
        """Length in seconds."""
        return self.claimed_length

    def read(self, times):
        """The pictures shown at `times` (ascending, s): a list of uint8 [height, width, rgb]; raises Unusable."""
        shown = [self.files[frame] for frame in self.shown(times)]
        pictures = {file: self.fit_picture(read_image(file)) for file in dict.fromkeys(shown)}  # one at a time at its full size
        return [pictures[file] for file in shown]

    def frame_size(self):
        """Height and width of its first frame, pixels."""
        return read_image(self.files[0]).shape[:2]

    def shown(self, times):
        """Index of the frame shown at each of `times` (s)."""
        slack = min(SLACK, 0.1 / self.fps)
        return [int((time + slack) * self.fps) for time in times]


def open_video(path, fit_picture, frame_folder_fps, seconds=None):
    """The VideoFile or FrameFolder at `path`; raises Unusable where there is none.

    seconds: what reading a file may take. What is no regular file is not opened: a pipe or a device may have no end.
    """
    if Path(path).is_dir():
        return FrameFolder(path, fit_picture, frame_folder_fps)
    if not Path(path).is_file():
        raise Unusable("no regular file" if Path(path).exists() else "file missing")
    return VideoFile(path, fit_picture, seconds)
