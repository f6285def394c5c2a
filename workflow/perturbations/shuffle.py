"""Dynamics: show the frames of a clip in random order."""

CHANGES = "dynamics"
RANDOM = True  # draws too near natural order are redrawn


def draw_order(n_frames, rng):
    """A random permutation of the clip's frames: int [frame]."""
    return rng.permutation(n_frames)
