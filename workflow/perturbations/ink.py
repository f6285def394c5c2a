"""Ink: blue-black contours and engraved shading on cream paper; in deep shadow the lines turn to cream on black."""

import cv2
import numpy as np

from workflow.parts.brushwork import as_frame, luminance, scale_of, smear, stretch, stroke_direction

CHANGES = "appearance"
PAPER, INK = np.float32([244, 236, 214]) / 255, np.float32([14, 22, 58]) / 255
FINER = 2  # drawn this much larger and shrunk, which smooths the lines


def paint(frame, seed):
    """Draw a uint8 frame [height, width, rgb]; `seed` sets the hairs of the pen strokes."""
    random, size = np.random.default_rng(seed), frame.shape[1::-1]
    frame = cv2.resize(frame, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    scale = scale_of(frame)
    tone = stretch(luminance(cv2.bilateralFilter(frame, 9, 40, 2 * scale)))
    along = stroke_direction(tone, 2.5 * scale)
    line = contours(tone, along, scale)
    hairs = smear(random.standard_normal(tone.shape, np.float32), along, 7 * scale)
    hairs = hairs / max(hairs.std(), 1e-6)
    covered = soft_step(0.62 - tone + 0.22 * hairs, 0.06)
    # in deep shadow the contour is scratched out of the black
    ink = np.where(tone < 0.22, np.maximum(covered, 0.0) * (1 - line), np.maximum(covered * 0.92, line))
    return as_frame(cv2.resize(PAPER + (INK - PAPER) * ink[..., None], size, interpolation=cv2.INTER_AREA))


def contours(tone, along, scale):
    """Contours in [0, 1]: the absolute difference of two Gaussians, smoothed along the edges."""
    difference = cv2.GaussianBlur(tone, (0, 0), 0.9 * scale) - cv2.GaussianBlur(tone, (0, 0), 1.5 * scale)
    return soft_step(smear(np.maximum(-difference, 0), along, 3 * scale) - 0.025, 0.01)


def soft_step(value, width):
    """0 below -width, 1 above width, smooth between."""
    return np.clip(value / (2 * width) + 0.5, 0, 1)
