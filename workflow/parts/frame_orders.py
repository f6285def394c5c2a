"""Drawing the order in which a clip's frames are shown."""

from workflow.lib.errors import BadInput
from workflow.parts.frame_sampling import least_distance
from workflow.parts.seeding import generator

MOST_DRAWS = 1000


def draw_order(perturbation, n_frames, min_distance, *keys):
    """Frame order of one clip by a dynamics plug-in, keyed by `keys`: list of int [frame].

    A random order is redrawn until it and its evenly spaced subsets of 4, 8, 16 and 32 frames are at least
    `min_distance` from natural order, without looking at any network. Raises BadInput where no draw gets there.
    """
    for attempt in range(MOST_DRAWS):
        order = perturbation.draw_order(n_frames, generator(*keys, attempt))
        if not perturbation.RANDOM or least_distance(order) >= min_distance:
            return [int(frame) for frame in order]
    raise BadInput(
        f"no frame order of {n_frames} frames is {min_distance} from natural order in {MOST_DRAWS} draws: lower pairs: min_distance"
    )
