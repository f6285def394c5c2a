"""Dense inverse search (Kroeger et al., ECCV 2016) as OpenCV has it: fast, weak on motion of many pixels and without texture."""

import cv2
import numpy as np

from workflow.lib.errors import BadInput

PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


def build(preset="medium"):
    """estimate(frame_a, frame_b), uint8 [height, width, rgb] -> float32 [height, width, (dx, dy)]: where a's pixels are in b.

    preset: ultrafast, fast or medium, OpenCV's ways from speed to accuracy. Raises BadInput for another one.
    """
    if preset not in PRESETS:
        raise BadInput(f"flow: options: preset '{preset}' came, one of {', '.join(PRESETS)} was needed")
    search = cv2.DISOpticalFlow_create(PRESETS[preset])

    def estimate(frame_a, frame_b):
        grey = [cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY) for frame in (frame_a, frame_b)]
        return search.calc(*grey, None)

    return estimate
