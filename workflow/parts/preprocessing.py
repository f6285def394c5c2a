"""From stored clips to what a network reads."""

import torch
import torch.nn.functional as F


def preprocess(frames, size, mean, std):
    """uint8 [batch, frame, height, width, rgb] to float32 [batch, rgb, frame, height, width] as the network was trained.

    The short side is resized to `size` (antialiased bilinear) and the centre cropped to a square; None keeps the frame.
    """
    video = frames.permute(0, 4, 1, 2, 3).float() / 255  # [batch, rgb, frame, height, width]
    if size is not None:
        video = centre_square(video, size)
    mean, std = (torch.tensor(x, device=video.device).view(1, 3, 1, 1, 1) for x in (mean, std))
    return (video - mean) / std


def centre_square(video, size):
    """Resize the short side of [batch, rgb, frame, height, width] to `size` and crop the centre: [..., size, size]."""
    batch, rgb, n_frames, height, width = video.shape
    if min(height, width) != size:
        scale = size / min(height, width)
        new = [max(size, round(height * scale)), max(size, round(width * scale))]
        images = video.transpose(1, 2).flatten(0, 1)
        images = F.interpolate(images, new, mode="bilinear", antialias=True, align_corners=False)
        video = images.unflatten(0, (batch, n_frames)).transpose(1, 2)
    top, left = (video.shape[3] - size) // 2, (video.shape[4] - size) // 2
    return video[..., top : top + size, left : left + size]
