"""Sprites for moving shapes: an outline, a colour and a texture, drawn once and then carried along a path."""

import cv2
import numpy as np

from workflow.parts.scenes import noise

COLOURS = {
    "red": (228, 40, 44),
    "orange": (255, 138, 20),
    "yellow": (250, 220, 40),
    "green": (60, 190, 70),
    "cyan": (40, 208, 222),
    "blue": (48, 92, 232),
    "magenta": (232, 60, 190),
    "white": (246, 246, 242),
}


def corners(count, turn=0.0):
    """Corners [corner, (x, y)] of a regular polygon on the unit circle, the first one at the top."""
    angle = 2 * np.pi * (np.arange(count) + turn) / count - np.pi / 2
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def star():
    """Five-pointed star, tips on the unit circle."""
    return corners(10) * np.where(np.arange(10) % 2, 0.48, 1.0)[:, None]


def cross():
    """Greek cross, arm ends on the unit circle."""
    arm = 0.32
    reach = np.sqrt(1 - arm**2)
    quarter = np.array([[-arm, -reach], [arm, -reach], [arm, -arm]])
    turns = [np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), k) for k in range(4)]
    return np.concatenate([quarter @ t.T for t in turns])


# Outlines [contour][corner, (x, y)] inside the unit circle; what a second contour encloses is a hole.
SHAPES = {
    "disc": [corners(96)],
    "square": [corners(4, 0.5)],
    "triangle": [corners(3)],
    "star": [star()],
    "ring": [corners(96), 0.5 * corners(96)],
    "cross": [cross()],
    "hexagon": [corners(6)],
}


def band(wave):
    """Turn a wave [y, x] in -1..1 into bright and dark bands in 0..1 with edges a little soft."""
    return np.clip(0.5 + 2.5 * wave, 0, 1)


# Brightness in 0..1 at sprite coordinates x, y (each [y, x], unit circle); the generator places it.
TEXTURES = {
    "plain": lambda x, y, rng: np.full_like(x, rng.uniform(0.7, 1.0)),
    "checker": lambda x, y, rng: band(np.sin(5.5 * x + rng.uniform(0, 6)) * np.sin(5.5 * y + rng.uniform(0, 6))),
    "stripes": lambda x, y, rng: band(np.sin(8 * x + rng.uniform(0, 6))),
    "dots": lambda x, y, rng: band(0.3 - np.cos(8 * x + rng.uniform(0, 6)) - np.cos(8 * y + rng.uniform(0, 6))),
    "zigzag": lambda x, y, rng: band(np.sin(8 * y + 2 * np.arcsin(np.sin(6 * x)) + rng.uniform(0, 6))),
    "marble": lambda x, y, rng: np.clip(0.6 + 0.35 * noise(rng, len(x), 2.0), 0, 1),
}


def sprite(shape, texture, colour, rng, radius):
    """Draw a sprite whose unit circle has `radius` pixels: float32 [y, x, (r, g, b, coverage)], colours 0..255, premultiplied.

    The unit circle is centred; two transparent pixels surround it.
    """
    side, shift = 2 * radius + 5, 8
    centre = radius + 2
    outline = np.zeros((side, side), np.uint8)
    contours = [np.round((c * radius + centre) * 2**shift).astype(np.int32) for c in SHAPES[shape]]
    cv2.fillPoly(outline, contours, 255, lineType=cv2.LINE_AA, shift=shift)
    y, x = (np.mgrid[:side, :side] - centre) / radius
    pattern = TEXTURES[texture](x, y, rng)
    rgb = np.asarray(COLOURS[colour]) * (0.38 + 0.62 * pattern)[..., None]
    inward = cv2.distanceTransform((outline > 127).astype(np.uint8), cv2.DIST_L2, 5) / radius
    rgb = rgb * np.clip(0.25 + inward / 0.08, 0.25, 1)[..., None]  # a dark rim parts it from any background
    coverage = outline[..., None] / 255
    return np.concatenate([rgb * coverage, coverage], axis=-1).astype(np.float32)  # [y, x, rgba]
