"""Quilt: the frame sewn from pieces of twill, light cloth where the frame is dark (image quilting, Efros and Freeman 2001)."""

from functools import cache

import cv2
import numpy as np

from workflow.parts.brushwork import as_frame, blotches, luminance, ramp, scale_of, stretch

CHANGES = "appearance"
DARK_TO_LIGHT = [(10, 34, 44), (14, 86, 78), (64, 164, 92), (178, 214, 84), (244, 246, 196)]
EXEMPLAR_SEED, EXEMPLAR_SIZE = 20, 256  # the cloth belongs to the style, so that all keyframes share it
BLOCK, OVERLAP = 8, 3  # pixels at a short side of 128
PIECES, CANDIDATES = 7, 500
MENDING = 0.75  # how far the tone of the cloth is pulled to that of the frame once it is sewn


@cache
def cloth(scale):
    """The exemplar, values in about [-.2, 1.2] [height, width], and its tone without the threads: twill of every tone."""
    random, shape = np.random.default_rng(EXEMPLAR_SEED), (EXEMPLAR_SIZE, EXEMPLAR_SIZE)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / scale
    bend = blotches(shape, 24 * scale, random) * 3
    thread = np.sin((x + y + bend) * 2 * np.pi / 5) + 0.5 * np.sin((x - y - bend) * 2 * np.pi / 9)
    rank = np.argsort(np.argsort(blotches(shape, 12 * scale, random), None)).reshape(shape) / thread.size
    tone = np.float32(np.round(rank * PIECES) / PIECES)  # sharp rims, every tone equally common
    return tone + 0.15 * thread, tone


def paint(frame, seed):
    """Quilt a uint8 frame [height, width, rgb]; `seed` sets which pieces of cloth are tried for each block."""
    random, scale = np.random.default_rng(seed), scale_of(frame)
    size, overlap = max(round(BLOCK * scale), 4), max(round(OVERLAP * scale), 2)
    step, wanted = size - overlap, 1 - stretch(luminance(frame))
    rows, columns = (-(-n // step) * step + overlap for n in wanted.shape)
    wanted = cv2.copyMakeBorder(wanted, 0, rows - frame.shape[0], 0, columns - frame.shape[1], cv2.BORDER_REPLICATE)
    sewn = np.zeros((rows, columns), np.float32)
    for y in range(0, rows - overlap, step):
        for x in range(0, columns - overlap, step):
            here = np.s_[y : y + size, x : x + size]
            sewn[here] = sew(sewn[here], wanted[here], overlap * (y > 0), overlap * (x > 0), scale, random)
    sewn += MENDING * (wanted - cv2.GaussianBlur(sewn, (0, 0), 2 * scale))
    return as_frame(ramp(sewn[: frame.shape[0], : frame.shape[1]], DARK_TO_LIGHT))


def sew(old, wanted, top, left, scale, random):
    """The block with the best of some random pieces sewn in: of the wanted tone and like what the overlaps hold already."""
    value, tone = cloth(scale)
    size = len(wanted)
    corners = random.integers(0, EXEMPLAR_SIZE - size, (CANDIDATES, 2))
    y, x = (corners[:, axis, None] + np.arange(size) for axis in (0, 1))
    pieces, tones = value[y[:, :, None], x[:, None]], tone[y[:, :, None], x[:, None]]  # [candidate, y, x]
    apart = (pieces - old) ** 2
    seams = np.zeros(wanted.shape, np.float32)
    seams[:top], seams[:, :left] = 1, 1
    misfit = ((tones - wanted) ** 2).mean((1, 2)) + 0.1 * (apart * seams).sum((1, 2)) / max(seams.sum(), 1)
    best = int(np.argmin(misfit))
    keep = np.zeros(wanted.shape, np.float32)
    keep[:top] = cut(apart[best, :top].T).T
    keep[:, :left] = np.maximum(keep[:, :left], cut(apart[best, :, :left]))
    return old * keep + pieces[best] * (1 - keep)


def cut(apart):
    """1 left of the cheapest path from the first to the last row of `apart` [row, column], 0 from the path on."""
    keep, cost = np.zeros(apart.shape, np.float32), apart.copy()
    if not cost.size:
        return keep
    for y in range(1, len(cost)):
        before = np.pad(cost[y - 1], 1, constant_values=np.inf)
        cost[y] += np.minimum(np.minimum(before[:-2], before[1:-1]), before[2:])
    x = int(np.argmin(cost[-1]))
    for y in range(len(cost) - 1, -1, -1):
        low = max(x - 1, 0)
        x = low + int(np.argmin(cost[y, low : x + 2])) if y < len(cost) - 1 else x
        keep[y, :x] = 1
    return keep
