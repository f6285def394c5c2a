"""Static texture: blend one coloured texture, the same for all frames and clips, over what is shown."""

import cv2
import numpy as np

CHANGES = "appearance"


def apply(frames, seed, opacity=0.5, grain=3):
    """Blend a texture into uint8 frames [..., height, width, rgb]; `seed` draws it.

    opacity: share of the texture in the result, 0 to 1; grain: size of its blots, pixels at a short side of 128.
    """
    cover = texture(frames.shape[-3:-1], seed, grain)
    return ((1 - np.float32(opacity)) * frames + np.float32(opacity) * cover + np.float32(0.5)).astype(np.uint8)


def texture(size, seed, grain):
    """Smooth coloured noise of a given (height, width): float32 [height, width, rgb], each channel spread over 0 to 255."""
    noise = np.random.default_rng(seed).standard_normal((*size, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), grain * min(size) / 128)
    low, high = smooth.min((0, 1)), smooth.max((0, 1))
    return 255 * (smooth - low) / (high - low)
