"""Dynamics: show blocks of consecutive frames in random order; within a block frames keep theirs.

The larger the window, the more short-term motion is left. A window of 1 is a shuffle.
"""

import numpy as np

from workflow.lib.errors import BadInput

CHANGES = "dynamics"
RANDOM = True  # draws too near natural order are redrawn; there are far ones for every window that leaves two whole blocks


def draw_order(n_frames, rng, window):
    """A permutation of the clip's frames: int [frame]. `window`: frames per block, the last block may be shorter.

    Raises BadInput for windows that do not leave two whole blocks.
    """
    if not 1 <= window <= n_frames / 2:
        raise BadInput(f"block_shuffle: a window of {window} came, clips of {n_frames} frames need 1 to {n_frames // 2}")
    blocks = np.split(np.arange(n_frames), range(window, n_frames, window))
    return np.concatenate([blocks[k] for k in rng.permutation(len(blocks))])
