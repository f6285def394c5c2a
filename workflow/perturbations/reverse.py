"""Dynamics: show the frames of a clip in reverse; every neighbourhood of frames stays what it was."""

CHANGES = "dynamics"
RANDOM = False  # there is only one


def draw_order(n_frames, rng):
    """The clip's frames, last first: list of int [frame]."""
    return list(range(n_frames - 1, -1, -1))
