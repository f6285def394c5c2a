"""Watercolour: flat rose and teal washes on white paper, darker where a wash dries at its rim, with grains of pigment."""

import cv2
import numpy as np

from workflow.parts.brushwork import as_frame, blotches, luminance, ramp, scale_of, stretch

CHANGES = "appearance"
SHADOWS_TO_PAPER = [(34, 70, 112), (38, 140, 158), (240, 128, 148), (255, 214, 190), (255, 252, 244)]
WASHES = 6


def paint(frame, seed):
    """Paint a uint8 frame [height, width, rgb]; `seed` sets the grain of pigment and paper."""
    random, scale = np.random.default_rng(seed), scale_of(frame)
    flat = cv2.pyrMeanShiftFiltering(frame, 5 * scale, 30)
    tone = stretch(luminance(cv2.medianBlur(flat, 3)))  # [height, width]
    wash = in_washes(tone, scale)
    colour = 0.8 * ramp(wash, SHADOWS_TO_PAPER) + 0.2 * turned(flat)
    rim = rims(wash, scale)
    pigment = 1 + 0.9 * rim + 0.10 * blotches(tone.shape, 6 * scale, random) + 0.08 * blotches(tone.shape, 1.2, random)
    return as_frame(colour ** pigment[..., None])  # Beer-Lambert: density multiplies the exponent


def in_washes(tone, scale):
    """Tone in a few soft steps, lightened as a painter does who leaves much of the paper white."""
    light = tone**0.65 * WASHES
    step = np.floor(light)
    soft = np.clip((light - step - 0.5) * 4 + 0.5, 0, 1)
    return cv2.GaussianBlur((step + soft) / WASHES, (0, 0), 0.6 * scale)


def rims(wash, scale):
    """Where a wash ends, in [0, 1]: its gradient, which is zero inside a wash."""
    dx, dy = cv2.Sobel(wash, cv2.CV_32F, 1, 0), cv2.Sobel(wash, cv2.CV_32F, 0, 1)
    return np.clip(np.hypot(dx, dy) * 1.2 * scale, 0, 1)


def turned(frame):
    """The frame's own colours with their hue turned by a third and their values raised, in [0, 1]."""
    hue, saturation, value = cv2.split(cv2.cvtColor(frame, cv2.COLOR_RGB2HSV))
    hue = ((hue.astype(int) + 60) % 180).astype(np.uint8)
    return cv2.cvtColor(cv2.merge([hue, saturation, 128 + value // 2]), cv2.COLOR_HSV2RGB).astype(np.float32) / 255
