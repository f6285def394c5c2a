"""Videos whose every frame tells its own number, and files damaged in known ways."""

import struct

import cv2
import numpy as np

CELLS = 4  # a number is drawn as 4 x 4 black and white squares, so that scaling, cropping and lossy coding leave it readable


def numbered(number, size=(64, 64), dtype=np.uint8):
    """Frame `number` of a made video: [height, width, bgr]; the squares fill the central square of `size` (width, height)."""
    bits = np.array([(number >> k) & 1 for k in range(CELLS**2)], dtype).reshape(CELLS, CELLS) * 255
    side = min(size)
    square = cv2.resize(bits, (side, side), interpolation=cv2.INTER_NEAREST)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    frame = np.zeros((size[1], size[0]), dtype)
    frame[top : top + side, left : left + side] = square
    return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)


def numbers_of(clip):
    """The numbers drawn on the frames [frame, height, width, rgb] of a clip."""
    height, width = clip.shape[1:3]
    rows, columns = (np.arange(CELLS) * 2 + 1) * height // (2 * CELLS), (np.arange(CELLS) * 2 + 1) * width // (2 * CELLS)
    bits = clip.mean(axis=3)[:, rows][:, :, columns].reshape(len(clip), -1) > 127
    return (bits * 2 ** np.arange(CELLS**2)).sum(axis=1).tolist()


def write_video(path, n_frames, fps=25, size=(64, 64), codec="mp4v", colour=True):
    """Write frames 0 .. n_frames-1 to `path`."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, size, colour)
    assert writer.isOpened(), f"this OpenCV cannot write {codec}"
    for number in range(n_frames):
        frame = numbered(number, size)
        writer.write(frame if colour else frame[..., 0])
    writer.release()
    return path


def write_gif(path, durations, size=(64, 64)):
    """Write one frame per entry of `durations` (s) as an animated GIF: any size, any frame rate."""
    animation = cv2.Animation()
    animation.frames = [numbered(number, size) for number in range(len(durations))]
    animation.durations = [round(d * 1000) for d in durations]
    assert cv2.imwriteanimation(str(path), animation)
    return path


def edit_boxes(data, edits):
    """MP4 bytes in which each box named in `edits` has the content edits[name](content); enclosing sizes are put right."""
    result, at = b"", 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        content = data[at + 8 : at + size]
        if name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            content = edit_boxes(content, edits)
        content = edits.get(name, lambda same: same)(content)
        result += struct.pack(">I4s", len(content) + 8, b"free" if name == b"edts" else name) + content
        at += size
    return result


def set_durations(path, durations):
    """Give the frames of an MP4 the `durations` in s: a variable frame rate."""

    def ticks(content):
        unit = struct.unpack(">I", content[12:16])[0] * 25  # the made videos have 25 frames per second
        entries = [struct.pack(">II", 1, round(d * unit)) for d in durations]
        return content[:4] + struct.pack(">I", len(entries)) + b"".join(entries)

    path.write_bytes(edit_boxes(path.read_bytes(), {b"stts": ticks}))
    return path


def rotate(path):
    """Mark an MP4 as filmed with the camera turned: to be shown a quarter turn clockwise."""
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(edit_boxes(path.read_bytes(), {b"tkhd": lambda content: content[:40] + matrix + content[76:]}))
    return path


def claim_frames(path, n_frames):
    """Write a wrong number of frames into the headers of an AVI."""
    data = bytearray(path.read_bytes())
    for tag, offset in ((b"avih", 8 + 16), (b"strh", 8 + 32)):
        at = data.index(tag) + offset
        data[at : at + 4] = struct.pack("<I", n_frames)
    path.write_bytes(data)
    return path


def truncate(path, share):
    """Keep the first `share` of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path
