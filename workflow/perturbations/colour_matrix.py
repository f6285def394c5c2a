"""Colour matrix: turn the colour cube about its grey centre by a rotation drawn from the seed."""

import numpy as np

CHANGES = "appearance"


def apply(frames, seed):
    """Turn the colours of uint8 frames [..., height, width, rgb]; `seed` draws the rotation.

    The turned cube is shrunk until it fits, so that no two colours become one by clipping.
    """
    matrix = rotation(seed)
    matrix = matrix / np.abs(matrix).sum(1).max()
    colours = frames.astype(np.float32) - np.float32(127.5)
    turned = sum(colours[..., k, None] * matrix[:, k].astype(np.float32) for k in range(3))  # [..., height, width, rgb]
    return np.clip(turned + 128, 0, 255).astype(np.uint8)


def rotation(seed):
    """A rotation [3, 3], uniform over all rotations (Q of a Gaussian matrix with R's diagonal positive)."""
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))  # in three dimensions the negative of a reflection is a rotation
