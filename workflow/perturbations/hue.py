"""Hue: turn the hue of every pixel by the same angle; saturation and value stay (HSV, Smith 1978)."""

import numpy as np

CHANGES = "appearance"


def apply(frames, seed, turn=0.5):
    """Turn the hue of uint8 frames [..., height, width, rgb] by `turn` of the colour circle; nothing is drawn from `seed`."""
    rgb = frames.astype(np.float32)
    value, low = rgb.max(-1, keepdims=True), rgb.min(-1, keepdims=True)
    shifted = (sixths(rgb, value, value - low) + 6 * turn) % 6
    place = (np.array([5, 3, 1], np.float32) + shifted) % 6  # [..., height, width, rgb]
    return (value - (value - low) * np.clip(np.minimum(place, 4 - place), 0, 1) + 0.5).astype(np.uint8)


def sixths(rgb, value, chroma):
    """Hue in sixths of the circle, red at 0: float32 [..., 1]; greys get 0."""
    red, green, blue = (rgb[..., k : k + 1] for k in range(3))
    ends = [green - blue, blue - red, red - green]
    sides = [end / np.maximum(chroma, 1) + 2 * k for k, end in enumerate(ends)]
    return np.where(value == red, sides[0], np.where(value == green, sides[1], sides[2])) * (chroma > 0)
