"""Oil: thick strokes of burning colours on a dark ground, laid along the edges, large ones first, lit from the upper left."""

import cv2
import numpy as np

from workflow.parts.brushwork import as_frame, grain, luminance, ramp, scale_of, stretch, stroke_direction

CHANGES = "appearance"
DARK_TO_LIGHT = [(18, 8, 38), (92, 10, 62), (196, 30, 30), (246, 120, 10), (255, 214, 60)]
LEVELS = 8
BRUSHES = [(8, 3.5), (5, 2.0), (3.5, 1.2), (2.5, 0.7)]  # half length and half width, pixels at a short side of 128
FINER = 2  # painted this much larger and shrunk, which smooths the rims of the strokes


def paint(frame, seed):
    """Paint a uint8 frame [height, width, rgb]; `seed` sets where the strokes lie and how the bristles run."""
    random, size = np.random.default_rng(seed), frame.shape[1::-1]
    frame = cv2.resize(frame, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    scale = scale_of(frame)
    tone = stretch(luminance(mode_filter(frame, scale)))
    along = stroke_direction(cv2.GaussianBlur(tone, (0, 0), scale), 3 * scale)
    own = cv2.GaussianBlur(frame, (0, 0), scale).astype(np.float32) / 255
    colour = 0.8 * ramp(tone**1.3, DARK_TO_LIGHT) + 0.2 * (own - own.mean(-1, keepdims=True)) * 2
    canvas = strokes(np.clip(colour, 0, 1), tone, along, scale, random)
    bristles = 0.3 * grain(frame, along, 5 * scale, random)
    return as_frame(cv2.resize(canvas + relief(canvas, bristles)[..., None], size, interpolation=cv2.INTER_AREA))


def mode_filter(frame, scale):
    """Each pixel becomes the mean colour of the commonest of eight luminance levels around it."""
    level = np.minimum(luminance(frame) * LEVELS, LEVELS - 1).astype(int)
    window, best, colour = (int(2 * round(2 * scale) + 1),) * 2, np.zeros(level.shape), frame.astype(np.float32)
    for k in range(LEVELS):
        member = (level == k).astype(np.float32)
        votes = cv2.GaussianBlur(member, window, 0)
        mean = cv2.GaussianBlur(frame * member[..., None], window, 0) / np.maximum(votes, 1e-6)[..., None]
        better = votes > best
        best[better], colour[better] = votes[better], mean[better]
    return np.clip(colour, 0, 255).astype(np.uint8)


def strokes(colour, tone, along, scale, random):
    """Lay one layer of ellipses per brush; the fine brush only where the tone changes."""
    canvas = cv2.GaussianBlur(colour, (0, 0), 4 * scale)
    detail = cv2.GaussianBlur(np.abs(cv2.Laplacian(tone, cv2.CV_32F)), (0, 0), 2 * scale)
    for k, (length, width) in enumerate(BRUSHES):
        length, width = length * scale, width * scale
        count = int(4 * tone.size / (length * width * np.pi))
        for y, x in random.integers(0, tone.shape, (count, 2)):
            if k < 2 or detail[y, x] > 0.012 * k / 2:
                shade = colour[y, x] * random.normal(1, 0.08)
                angle = np.degrees(np.arctan2(along[y, x, 1], along[y, x, 0])) + random.normal(0, 8)
                cv2.ellipse(canvas, (int(x), int(y)), (round(length), max(round(width), 1)), angle, 0, 360, shade.tolist(), -1)
    return canvas


def relief(canvas, bristles):
    """Light falling from the upper left on paint whose height is its brightness and the grooves of the bristles."""
    height = canvas.mean(-1) * 0.6 + bristles * 0.35
    return 0.35 * np.clip(cv2.filter2D(height, -1, np.float32([[1, 1, 0], [1, 0, -1], [0, -1, -1]])) / 3, -0.6, 0.6)
