"""How well a segmentation agrees with the annotated masks: region similarity J, boundary accuracy F, and boxes.

Masks are [frame, height, width], not 0 where there is foreground; a frame whose annotation is UNANNOTATED scores NaN.
J and F: Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation, CVPR 2016, section 4, with
the details of the benchmark's published code. Boxes: MoCA, Lamdouar et al., ACCV 2020, as Yang et al., ICCV 2021, measure masks.
"""

import cv2
import numpy as np

from workflow.lib.arrays import UNANNOTATED

TOLERANCE = 0.008  # of the diagonal: how far apart boundaries may be


def region_similarity(prediction, annotation):
    """J of every frame: intersection over union of the two masks, 1 where both are empty."""
    return per_frame(jaccard, prediction, annotation)


def boundary_accuracy(prediction, annotation):
    """F of every frame: harmonic mean of the shares of both boundaries that are near the other one, 1 where there are none."""
    return per_frame(boundary_f, prediction, annotation)


def box_overlap(prediction, annotation):
    """Intersection over union of the boxes around both masks' largest pieces, of every frame; 0 where only one has a box."""
    return per_frame(lambda a, b: jaccard(boxed(a), boxed(b)), prediction, annotation)


def per_frame(score, prediction, annotation):
    """score(prediction, annotation) of every frame's bool masks: float64 [frame], NaN without annotation."""
    if prediction.shape != annotation.shape:
        raise ValueError(f"a prediction of {prediction.shape} came for an annotation of {annotation.shape}")
    known = (annotation != UNANNOTATED).all(axis=(1, 2))
    pairs = zip(prediction != 0, annotation != 0, known, strict=True)
    return np.array([score(a, b) if annotated else np.nan for a, b, annotated in pairs], np.float64)


def jaccard(a, b):
    """Intersection over union of two bool masks."""
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def boundary(mask):
    """Pixels that differ from their right, lower or lower right neighbour: bool [height, width]."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    return (mask != padded[:-1, 1:]) | (mask != padded[1:, :-1]) | (mask != padded[1:, 1:])


def widened(line, radius):
    """Pixels within `radius` of those of a bool map."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return cv2.dilate(line.astype(np.uint8), (x**2 + y**2 <= radius**2).astype(np.uint8)) > 0


def boundary_f(a, b):
    """F of two bool masks; a boundary that only one of them has gives 0."""
    radius = int(np.ceil(TOLERANCE * np.hypot(*a.shape)))
    a, b = boundary(a), boundary(b)
    if not a.any() or not b.any():
        return float(a.any() == b.any())
    precision, recall = (a & widened(b, radius)).sum() / a.sum(), (b & widened(a, radius)).sum() / b.sum()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def boxed(mask):
    """The box around that connected piece of a bool mask whose box is largest, filled: bool [height, width]."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)  # the first is the background
    filled = np.zeros_like(mask)
    if len(boxes) > 1:
        x, y, width, height, _ = boxes[1:][(boxes[1:, 2] * boxes[1:, 3]).argmax()]
        filled[y : y + height, x : x + width] = True
    return filled
