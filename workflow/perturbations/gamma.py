"""Gamma: one curve from old to new brightness, the same for all colour channels and pixels."""

import numpy as np

CHANGES = "appearance"


def apply(frames, seed, exponent=0.4):
    """Raise the values in [0, 1] of uint8 frames [..., height, width, rgb] to `exponent`; nothing is drawn from `seed`."""
    curve = np.linspace(0, 1, 256) ** exponent
    return (255 * curve + 0.5).astype(np.uint8)[frames]
