"""Ink: blue-black contours, pen strokes and a thin wash on cream paper; in deep shadow the lines turn to cream on black."""

import cv2
import numpy as np

from workflow.parts.brushwork import as_frame, grain, luminance, scale_of, smear, stretch, stroke_direction

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
    hairs = grain(frame, along, 5 * scale, random)
    covered = soft_step(0.46 - tone + 0.18 * hairs, 0.06)
    wash = 0.5 * (1 - tone)  # diluted ink keeps apart what the pen leaves white and what it leaves black
    # in deep shadow the contour is scratched out of the black
    ink = np.where(tone < 0.2, np.maximum(0.8 * covered, wash) * (1 - line), np.maximum.reduce([0.85 * covered, wash, line]))
    return as_frame(cv2.resize(PAPER + (INK - PAPER) * ink[..., None], size, interpolation=cv2.INTER_AREA))


def contours(tone, along, scale):
    """Contours in [0, 1]: the absolute difference of two Gaussians, smoothed along the edges."""
    difference = cv2.GaussianBlur(tone, (0, 0), 0.9 * scale) - cv2.GaussianBlur(tone, (0, 0), 1.5 * scale)
    return soft_step(smear(np.maximum(-difference, 0), along, 3 * scale) - 0.025, 0.01)


def soft_step(value, width):
    """0 below -width, 1 above width, smooth between."""
    return np.clip(value / (2 * width) + 0.5, 0, 1)
