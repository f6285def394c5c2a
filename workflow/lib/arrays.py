"""The array files of the pipeline, their axes and how they are read and written.

frames.npy          uint8   [clip, frame, height, width, rgb]
flow.npy            float16 [clip, frame-1, height, width, (dx, dy)], pixels, entry t from frame t to t+1
flow_backward.npy   the same, entry t from frame t+1 back to t
masks.npy           uint8   [clip, frame, height, width], 1 foreground, UNANNOTATED in frames without a mask; maybe no clips
examples/*.npy      uint8   [example, (clip as it is, in each style), frame, height, width, rgb]
keyframes.npy       uint8   [keyframe, (source, painted), height, width, rgb]
"""

from contextlib import contextmanager

import numpy as np

from workflow.lib.errors import BadInput
from workflow.lib.files import atomic

UNANNOTATED = 255


def open_frames(path):
    """Memory-map a clip or flow store, read-only; an empty store is a plain array; BadInput where it is damaged or no store."""
    try:
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError:  # numpy cannot map a store of no clips
            return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise
    except Exception as error:  # numpy reads the header as Python, which fails in many ways
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadInput(f"{path} is damaged or no store of clips ({reason}); delete it, and it is made anew") from error


@contextmanager
def frames_writer(path, clip_shape, dtype=np.uint8):
    """Yield `append(clip)`; clips of `clip_shape` [frame, height, width, ...] are streamed to `path`, never all in memory."""
    dtype = np.dtype(dtype)
    with atomic(path) as temporary, open(temporary, "wb") as file:
        count = 0

        def write_header():
            header = {"descr": dtype.str, "fortran_order": False, "shape": (count, *clip_shape)}
            file.seek(0)
            np.lib.format.write_array_header_1_0(file, header)

        def append(clip):
            nonlocal count
            if clip.shape != tuple(clip_shape) or clip.dtype != dtype:
                raise ValueError(f"{path}: a clip of {clip.dtype} {clip.shape} came, {dtype} {clip_shape} was needed")
            file.write(np.ascontiguousarray(clip).tobytes())
            count += 1

        write_header()
        yield append
        write_header()  # numpy leaves room for the first axis to grow, so the data stay where they are
