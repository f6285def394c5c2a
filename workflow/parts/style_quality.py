"""Does a style keep the dynamics? Numbers that compare a stylized clip with its source, or two styles with each other.

Clips are uint8 [frame, height, width, rgb]; flows are float32 [frame-1, height, width, (dx, dy)], pixels per frame.
"""

from itertools import pairwise

import cv2
import numpy as np

from workflow.parts.brushwork import luminance

# ASSUME: one grey level is added to both warp errors: a source that hardly errs (still, drawn) would make the ratio explode,
# and the rounding to uint8 alone costs a third of a level
WARP_FLOOR = 1.0
REPEATED = (
    0.9  # of a clip's flow under noise that moves nothing; less, and what a style leaves of the flow says nothing of the style
)
STILL = 0.05  # pixels per frame, root mean square; below it a flow is noise and no correlation is computed


def correlation(a, b):
    """Pearson correlation of two arrays over all their values; NaN where one never varies."""
    a, b = (np.asarray(x, np.float64).ravel() - np.mean(x) for x in (a, b))
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else np.nan


def luminance_correlation(a, b):
    """Mean over frames of the correlation of the luminances of two clips."""
    values = [correlation(luminance(x), luminance(y)) for x, y in zip(a, b, strict=True)]
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def gradient_agreement(source, stylized):
    """Mean of cos 2θ, weighted by the source's gradient; θ is the angle between the two luminance gradients.

    1: parallel or opposite everywhere; 0: what unrelated pictures give.
    """
    total = weight = 0.0
    for a, b in zip(source, stylized, strict=True):
        (ax, ay), (bx, by) = gradient(a), gradient(b)
        strength, other = np.hypot(ax, ay), np.hypot(bx, by)
        cosine = (ax * bx + ay * by) / np.maximum(strength * other, 1e-12)
        agreement = np.where(other > 0, 2 * cosine**2 - 1, 0)  # where the style is flat there is no direction to agree on
        total, weight = total + (strength * agreement).sum(), weight + strength.sum()
    return float(total / weight) if weight > 0 else np.nan


def gradient(frame):
    """Derivatives in x and y of the luminance, blurred by one pixel so that grain does not decide."""
    grey = cv2.GaussianBlur(luminance(frame), (0, 0), 1)
    return cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)


def flow(clip, backward=False):
    """Dense flow t -> t+1 (backward: t+1 -> t) by DIS, medium preset (Kroeger et al., ECCV 2016)."""
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY) for frame in clip]
    return np.stack([dis.calc(b, a, None) if backward else dis.calc(a, b, None) for a, b in pairwise(grey)])


def flow_correlation(a, b):
    """Correlation of two flows over frames, pixels and components; NaN where `a`, the source's, is still."""
    return correlation(a, b) if np.sqrt((a**2).mean()) > STILL else np.nan


def flow_repeatability(source, forward, rng):
    """Correlation of a clip's flow with that of the same clip under noise of -1, 0 or 1 in every value, which moves nothing.

    ASSUME: rounding and compression leave about as much; where little moves, or there is little to see, it decides the flow.
    """
    noise = rng.integers(-1, 2, source.shape, np.int16)
    return flow_correlation(forward, flow(np.clip(source + noise, 0, 255).astype(np.uint8)))


def flow_error(a, b):
    """Mean end-point distance of two flows in pixels."""
    return float(np.linalg.norm(a - b, axis=-1).mean())


def warp(image, motion):
    """`image` sampled at every pixel's place plus `motion` [height, width, (dx, dy)]."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    return cv2.remap(image, x + motion[..., 0], y + motion[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def seen_before(forward, backward):
    """Pixels of frame t+1 that frame t shows too: the two flows cancel (Sundaram et al., ECCV 2010) and stay in the frame."""
    height, width = backward.shape[:2]
    y, x = np.mgrid[:height, :width] + np.moveaxis(backward[..., ::-1], -1, 0)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    returned = warp(forward, backward)
    gap = ((returned + backward) ** 2).sum(-1)
    return inside & (gap < 0.01 * ((returned**2).sum(-1) + (backward**2).sum(-1)) + 0.5)


def warp_error(clip, forward, backward):
    """Mean absolute difference in grey levels between frame t+1 and frame t carried along the flow, where both show the same."""
    errors = []
    for (before, after), there, back in zip(pairwise(clip), forward, backward, strict=True):
        seen = seen_before(there, back)
        if seen.any():
            carried = warp(before.astype(np.float32), back)
            errors.append(np.abs(after.astype(np.float32) - carried)[seen].mean())
    return float(np.mean(errors)) if errors else np.nan


def warp_ratio(source, stylized, forward, backward):
    """Warp error of the stylized clip along the source's flow, over the source's own; 1: it flickers as much."""
    own, other = (warp_error(clip, forward, backward) for clip in (source, stylized))
    return (other + WARP_FLOOR) / (own + WARP_FLOOR)
