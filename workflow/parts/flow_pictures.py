"""Optical flow as two-stream networks read it: pictures of a colour wheel, and their jitter.

Hue is the direction of motion, in turns from rightwards (red) through downwards (.25) and leftwards (cyan) to upwards (.75);
saturation is its magnitude over that of full saturation; value is 1. So what does not move is white. (HSV, Smith 1978)
"""

from pathlib import Path

import numpy as np

from workflow.lib.arrays import open_frames
from workflow.lib.errors import BadInput

SECTORS = np.array([5, 3, 1], np.float32)  # of red, green and blue on the colour circle of six
LEAST = 1.0  # ASSUME: pixels; the largest motion of a clip is taken to be no less, or noise would colour a still one


def full_motion(flow, normalisation, full_saturation):
    """Pixels of motion that are shown fully saturated, for all frames of a clip's flow [frame, height, width, (dx, dy)].

    normalisation: `fixed`, the share `full_saturation` of the frame's diagonal, so that speeds compare between clips; `clip`,
    the largest motion of the clip.
    """
    if normalisation == "fixed":
        return full_saturation * float(np.hypot(*flow.shape[1:3]))
    return max(LEAST, float(np.hypot(*np.moveaxis(np.asarray(flow, np.float32), -1, 0)).max()))


def flow_picture(flow, full, hue=0.0, saturation=1.0):
    """Picture of the colour wheel: flow [..., height, width, (dx, dy)] to uint8 [..., height, width, rgb].

    full: pixels of motion shown fully saturated; more looks the same. hue, saturation: the jitter, turns added to the hue
    and factor of the saturation (again at most 1), one number or [...], uniform over a picture; value is left alone.
    """
    dx, dy = np.moveaxis(np.asarray(flow, np.float32), -1, 0)
    hue, saturation = (np.asarray(jitter, np.float32)[..., None, None] for jitter in (hue, saturation))
    turns = np.arctan2(dy, dx) / np.float32(2 * np.pi) + hue  # [..., height, width]
    strength = np.minimum(np.minimum(np.hypot(dx, dy) / np.float32(full), 1) * saturation, 1)
    place = (SECTORS + 6 * turns[..., None]) % 6  # [..., height, width, rgb]
    rgb = 1 - strength[..., None] * np.clip(np.minimum(place, 4 - place), 0, 1)
    return (255 * rgb + 0.5).astype(np.uint8)


class FlowPictures:
    """Pictures of a flow store [clip, frame, height, width, (dx, dy)], made when asked for; settings: those of full_motion."""

    def __init__(self, flows, settings):
        self.flows, self.settings, self.full = flows, settings, {}

    def shown(self, clip, frames, jitter=None, mirrored=False):
        """The pictures of clip number `clip` at its frames `frames`: uint8 [frame, height, width, rgb].

        jitter: hue and saturation, each with a value per frame of the clip; None for none. mirrored: as of the clip's mirror
        image, rightward motion being leftward there; the pixels stay where they are. Raises BadInput for flow that is not finite.
        """
        flow = self.flows[clip][frames]
        if mirrored:
            flow = flow * np.array([-1, 1], flow.dtype)
        if not np.isfinite(flow).all():
            raise BadInput(f"flow of clip number {clip} of its shard is not finite; delete the flow store, and it is made anew")
        if clip not in self.full:
            self.full[clip] = full_motion(self.flows[clip], **self.settings)
        hue, saturation = (0.0, 1.0) if jitter is None else (np.asarray(values)[frames] for values in jitter)
        return flow_picture(flow, self.full[clip], hue, saturation)


def flow_pictures(paths, settings, frames):
    """The flow stores `paths` as FlowPictures, by the name of the flow: flow or flow_backward.

    Raises BadInput unless they fit the clip store `frames` [clip, frame, height, width, rgb] that they were estimated on.
    """
    found, (clips, n_frames, *size, _) = {}, frames.shape
    for path in paths:
        flows, needed = open_frames(path), (clips, n_frames - 1, *size, 2)
        if flows.shape != needed:
            axes = "[clip, frame, height, width, (dx, dy)]"
            raise BadInput(
                f"{path} holds flow {list(flows.shape)}, {axes} = {list(needed)} is needed; delete it, and it is made anew"
            )
        found[Path(path).stem] = FlowPictures(flows, settings)
    return found


def jitters_of(variants):
    """Jitter of the flow of every variant: a list of (hue, saturation), each [frame], None where there is none."""
    both = zip(variants["flow_hue"], variants["flow_saturation"], strict=True)
    return [None if hue is None else (hue, saturation) for hue, saturation in both]
