"""What several painters share: luminance, the direction strokes follow, smearing along it, colour ramps and noise."""

import cv2
import numpy as np

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def luminance(frame):
    """Luminance in [0, 1] of a uint8 frame [height, width, rgb]."""
    return frame.astype(np.float32) @ LUMA / 255  # [height, width]


def scale_of(frame):
    """How much larger strokes and blocks must be than on a frame whose short side is 128 pixels."""
    return min(frame.shape[:2]) / 128


def stroke_direction(grey, sigma):
    """Unit vectors (x, y) along the edges of `grey`: the weak eigenvector of its structure tensor blurred by `sigma` pixels."""
    dx, dy = cv2.Scharr(grey, cv2.CV_32F, 1, 0), cv2.Scharr(grey, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(product, (0, 0), sigma) for product in (dx * dx, dy * dy, dx * dy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    return np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32)  # [height, width, (x, y)]


def smear(image, direction, length):
    """Average `image` over `length` pixels to either side along `direction` (line integral convolution)."""
    height, width = image.shape[:2]
    start = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    total, count = image.astype(np.float32), 1
    for side in (1, -1):
        place, heading = start, side * direction
        for _ in range(int(round(length))):
            place = place + heading
            total = total + cv2.remap(image, place[..., 0], place[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            here = cv2.remap(direction, place[..., 0], place[..., 1], cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
            # a direction has no sign: keep going the way we came
            heading = np.where((here * heading).sum(-1, keepdims=True) < 0, -here, here)
            count += 1
    return total / count


def ramp(value, colours):
    """Colours in [0, 1] [..., rgb] for values in [0, 1], interpolated between evenly spaced `colours` in 0..255."""
    knots = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(value, knots, channel) for channel in np.array(colours).T], -1).astype(np.float32) / 255


def stretch(grey):
    """Stretch `grey` so that its 2nd and 98th percentiles become 0 and 1; a flat image is left alone."""
    low, high = np.percentile(grey, [2, 98])
    # ASSUME: below a tenth of the range a frame is flat, and stretching it would only show its noise
    return np.clip((grey - low) / max(high - low, 0.1), 0, 1).astype(np.float32) if high > low else grey


def blotches(shape, size, random):
    """Smooth noise of zero mean and unit deviation whose blobs are about `size` pixels wide."""
    noise = cv2.GaussianBlur(random.standard_normal(shape, np.float32), (0, 0), size / 2, borderType=cv2.BORDER_REFLECT)
    return (noise - noise.mean()) / max(noise.std(), 1e-6)


def grain(frame, along, length, random):
    """Threads of unit deviation along `along`, drawn out of the frame's own finest detail and a little noise.

    Strokes that follow the frame's detail move with it, and a network can learn them; noise alone it can only blur.
    """
    grey, scale = luminance(frame), scale_of(frame)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 2 * scale)
    fine /= np.sqrt(cv2.GaussianBlur(fine**2, (0, 0), 6 * scale)) + 0.01
    threads = smear(fine + 0.3 * random.standard_normal(grey.shape, np.float32), along, length)
    return threads / max(threads.std(), 1e-6)


def as_frame(image):
    """Round an image in [0, 1] to uint8."""
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
