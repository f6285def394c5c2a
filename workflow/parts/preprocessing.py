"""From stored clips to what a network reads."""

import torch
import torch.nn.functional as F


def preprocess(frames, network):
    """uint8 [batch, frame, height, width, rgb] to float32 [batch, rgb, frame, height, width] as the network was trained.

    The short side is resized to `network.short_side` (antialiased bilinear) and the centre cropped to a square of
    `network.size`; a size of None keeps the frame.
    """
    whole = frames.permute(0, 4, 1, 2, 3).to(torch.float32, copy=True).div_(255)  # [batch, rgb, frame, height, width]
    video = whole if network.size is None else centre_square(whole, network.size, network.short_side or network.size)
    mean, std = (channel_row(x, video) for x in (network.mean, network.std))
    used_again = whole if video.shape == whole.shape else None  # getting memory takes longer than the arithmetic
    return torch.sub(video, mean, out=used_again).div_(std)


def channel_row(values, video):
    """A value per channel, [1, rgb, 1, 1, width] in the order in which pixels are stored: by itself each would be fetched anew."""
    return torch.tensor(values, device=video.device).repeat(video.shape[-1], 1).T[None, :, None, None]


def shown_masks(masks, network):
    """Masks uint8 [clip, frame, height, width] as large as what the network is shown of their clips, by the nearest pixels."""
    if network.size is None:
        return masks
    square = centre_square(masks[:, None], network.size, network.short_side or network.size, mode="nearest-exact", antialias=False)
    return square[:, 0]


def centre_square(video, size, short_side, **resizing):
    """Resize the short side of [batch, rgb, frame, height, width] and crop the centre: [..., size, size].

    resizing: arguments of torch's `interpolate` in place of antialiased bilinear.
    """
    batch, rgb, n_frames, height, width = video.shape
    if min(height, width) != short_side:
        scale = short_side / min(height, width)
        new = [max(short_side, round(height * scale)), max(short_side, round(width * scale))]
        images = video.transpose(1, 2).flatten(0, 1)
        images = F.interpolate(images, new, **({"mode": "bilinear", "antialias": True} | resizing))
        video = images.unflatten(0, (batch, n_frames)).transpose(1, 2)
    top, left = (video.shape[3] - size) // 2, (video.shape[4] - size) // 2
    return video[..., top : top + size, left : left + size]


def published_short_side(size):
    """Short side to resize to for crops of `size` pixels: 256 for 224, the least of the training of Kinetics networks.

    Feichtenhofer et al. (SlowFast, ICCV 2019), Sec. 4: short sides of 256 to 320, crops of 224. None, so `size`, for others.
    """
    return 256 if size == 224 else None
