"""Modules for images, run on videos."""

from torch import nn


class PerFrame(nn.Module):
    """Runs a module of images on every frame of videos [batch, unit, frame, height, width] of equal batch and frames.

    image: maps one image [batch, unit, height, width] per video to one or a tuple of them.
    """

    def __init__(self, image):
        super().__init__()
        self.image = image

    def forward(self, *videos):
        batch, frames = videos[0].shape[0], videos[0].shape[2]
        found = self.image(*(video.transpose(1, 2).flatten(0, 1) for video in videos))
        apart = [
            images.unflatten(0, (batch, frames)).transpose(1, 2) for images in (found if isinstance(found, tuple) else [found])
        ]
        return tuple(apart) if isinstance(found, tuple) else apart[0]
