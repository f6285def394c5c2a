"""Which units of a layer stand for their class, and which clips drive a unit hardest."""

import numpy as np

from workflow.parts.similarity import unit_classes

# How far a unit is in its class, from its static and its dynamic score; dead units stand for nothing.
EXTENTS = {
    "dynamic": lambda static, dynamic: dynamic - static,
    "static": lambda static, dynamic: static - dynamic,
    "joint": np.minimum,
    "residual": lambda static, dynamic: -np.maximum(static, dynamic),
}


def extreme_units(static, dynamic, threshold):
    """The unit that is most dynamic, static, joint and residual: class -> its index; classes without a unit are left out.

    static, dynamic: scores [unit]; threshold: what a score must reach, as for the classes of all units.
    """
    classes = unit_classes({"static": static, "dynamic": dynamic}, threshold)
    members = {name: np.flatnonzero(classes == name) for name in EXTENTS}
    extents = {name: EXTENTS[name](static, dynamic) for name in EXTENTS}
    return {name: int(own[np.argmax(extents[name][own])]) for name, own in members.items() if len(own)}


def driving_clips(activations, clips, videos, most):
    """The clips that drive a unit hardest, at most one of a video: list of (clip, mean activation, the same in deviations).

    activations: of one unit [variant], the clip of each variant in `clips`; a clip counts with its mean over variants. Deviations
    are standard deviations over clips from their mean, 0 for a unit that never varies. videos: clip -> video.
    """
    names, rows = np.unique(clips, return_inverse=True)
    means = np.bincount(rows, activations) / np.bincount(rows)
    deviations = (means - means.mean()) / (means.std() or 1)
    found, seen = [], set()
    for i in np.argsort(-means, kind="stable"):
        if len(found) < most and videos[names[i]] not in seen:
            seen.add(videos[names[i]])
            found.append((str(names[i]), float(means[i]), float(deviations[i])))
    return found
