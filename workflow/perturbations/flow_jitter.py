"""Dynamics: turn the hue and scale the saturation of flow pictures, so that all of a frame seems to move otherwise.

Kowal et al. (CVPR 2022) jitter so; a fifth of their jitters turns the hue by less than 18 degrees and hardly changes it,
which is why those are drawn again. What does not move is white and stays white.
"""

import numpy as np

from workflow.lib.errors import BadInput

CHANGES = "dynamics"
RANDOM = True
READS = ("flow",)  # what a network must read to see it; the order of frames stays natural
HUE, SATURATION = (0.1, 0.5), (0.1, 1.0)  # turns, share: the ranges of the jitter are themselves drawn from these
LARGEST = 150  # degrees; beyond it draws of the published distribution are too rare to wait for


def draw_jitter(n_frames, rng, minimum=18):
    """Hue shift in turns and saturation factor of every frame: two float32 [frame].

    h ~ U(.1, .5), shift ~ U(-h, h), drawn again below `minimum` degrees (0: as published); s ~ U(.1, 1), factor ~ U(1-s, 1+s).
    """
    if not 0 <= minimum <= LARGEST:
        raise BadInput(f"flow_jitter: a minimum of {minimum} degrees came, 0 to {LARGEST} is needed")
    hue, todo = np.zeros(n_frames), np.ones(n_frames, bool)
    while todo.any():
        reach = rng.uniform(*HUE, todo.sum())
        hue[todo] = rng.uniform(-reach, reach)
        todo = np.abs(hue) < minimum / 360
    reach = rng.uniform(*SATURATION, n_frames)
    return hue.astype(np.float32), rng.uniform(1 - reach, 1 + reach).astype(np.float32)
