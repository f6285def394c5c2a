"""A second look at a clip: the same things move in the same way, only the camera stands a little differently."""

import torch
import torch.nn.functional as F


def cropped(frames, crop):
    """Crop all frames alike and resize them back: uint8 [frame, height, width, rgb] to the same; None keeps them.

    crop: [top, left, side], shares of the frame's sides, rounded to pixels; antialiased bilinear.
    """
    if crop is None:
        return frames
    images = torch.as_tensor(frames).permute(0, 3, 1, 2)  # [frame, rgb, height, width]
    sizes = images.shape[2:]
    rows, columns = window(crop, sizes)
    whole = F.interpolate(images[..., rows, columns].float(), sizes, mode="bilinear", antialias=True, align_corners=False)
    return whole.round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()


def cropped_masks(masks, crop):
    """The same of masks [frame, height, width]: every pixel takes the value of the nearest one."""
    if crop is None:
        return masks
    sizes = masks.shape[1:]
    rows, columns = window(crop, sizes)
    whole = F.interpolate(torch.as_tensor(masks[:, rows, columns])[:, None], sizes, mode="nearest-exact")
    return whole[:, 0].numpy()


def window(crop, sizes):
    """Slices of the rows and columns of frames of `sizes` (height, width) that a crop takes."""
    top, left, side = crop
    starts = zip((top, left), sizes, strict=True)
    return [slice(round(start * size), round((start + side) * size)) for start, size in starts]
