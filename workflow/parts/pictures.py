"""One picture of a video: read, held against what can be decoded, and brought to size."""

import cv2

MOST_PIXELS = 1 << 26  # of a frame; twice those of 8K film; OpenCV scales all frames to the first one's size


class Unusable(Exception):
    """Why no clip can be cut from a segment: a fixed phrase, then maybe a colon and the particulars.

    fits_fps: for one that is too short, the frames a second from which on it would do, if any up to its own would.
    """

    def __init__(self, reason, fits_fps=None):
        super().__init__(reason)
        self.fits_fps = fits_fps


def read_image(file):
    """The picture in an image file: BGR uint8 [height, width, 3]; raises Unusable."""
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        raise Unusable(f"image cannot be decoded: {file.name}")
    return picture


def fit(picture, short_side, crop):
    """Scale BGR `picture` to `short_side` pixels, cut the central `crop` (height, width): uint8 [height, width, rgb]."""
    height, width = picture.shape[:2]
    if min(height, width) != short_side:
        scale = short_side / min(height, width)
        size = (max(short_side, round(width * scale)), max(short_side, round(height * scale)))
        check_size(*size)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if picture.shape[0] < crop[0] or picture.shape[1] < crop[1]:
        raise Unusable(f"smaller than the crop: {picture.shape[0]} x {picture.shape[1]} pixels, a crop needs {crop[0]} x {crop[1]}")
    top, left = (picture.shape[0] - crop[0]) // 2, (picture.shape[1] - crop[1]) // 2
    return cv2.cvtColor(picture[top : top + crop[0], left : left + crop[1]], cv2.COLOR_BGR2RGB)


def check_size(width, height):
    """Raise Unusable for frames that are too large to be decoded or scaled: a file of a few bytes can claim any size."""
    if width * height > MOST_PIXELS:
        raise Unusable(f"frames too large: {width:.0f} x {height:.0f} pixels, {MOST_PIXELS} in all are decoded at most")
