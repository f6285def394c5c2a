"""A drawn clip with much to see: a textured background that pans, a disc and a square that move over it."""

import cv2
import numpy as np


def scene(seed, frames=6, size=96, still=False):
    """uint8 clip [frame, size, size, rgb]; colours, texture and motion depend on `seed`."""
    random = np.random.default_rng(seed)
    ground = cv2.GaussianBlur(random.standard_normal((size * 2, size * 2, 3), np.float32), (0, 0), 5)
    grain = cv2.GaussianBlur(random.standard_normal((size * 2, size * 2, 1), np.float32), (0, 0), 1.2)[..., None]
    ground = np.clip(128 + ground / ground.std() * 45 + grain / grain.std() * 12, 0, 255).astype(np.uint8)
    colours = random.integers(0, 256, (2, 3)).tolist()
    start, speed = random.uniform(0.25, 0.6, (2, 2)) * size, random.uniform(1, 3, (2, 2)) * (not still)
    clip = []
    for t in range(frames):
        shift = 0 if still else t * 2
        frame = np.ascontiguousarray(ground[shift : shift + size, shift : shift + size])
        (x, y), (u, v) = np.int32(start + t * speed)
        cv2.circle(frame, (int(x), int(y)), size // 6, colours[0], -1)
        cv2.rectangle(frame, (int(u), int(v)), (int(u) + size // 5, int(v) + size // 5), colours[1], -1)
        clip.append(frame)
    return np.stack(clip)
