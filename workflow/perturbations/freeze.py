"""Dynamics: show one frame of a clip, drawn at random, all the time.

Beside the order it changes which frames are seen: a network blind to frame order is not blind to it.
"""

CHANGES = "dynamics"
RANDOM = True


def draw_order(n_frames, rng):
    """One frame as often as the clip has frames: list of int [frame]; half the pairs of frames count as reversed."""
    return [int(rng.integers(n_frames))] * n_frames
