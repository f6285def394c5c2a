"""Show every clip in a style: the style's network paints frame by frame."""

from functools import partial
from hashlib import sha256

import numpy as np
import torch

from workflow.lib.arrays import frames_writer, open_frames
from workflow.lib.job import job, progress
from workflow.lib.painting import write_record
from workflow.parts.batches import Batches
from workflow.parts.generator import to_frames, to_network
from workflow.parts.precision import agreed_half, computing, off_device, on_device, own_device
from workflow.parts.prefetching import AHEAD, ahead, one_late
from workflow.parts.style_weights import generator_from
from workflow.parts.weights import read_state

TOGETHER = 8  # frames painted in one pass; bounds the memory
TOLERANCE = 0.5  # grey levels, mean over the first frames painted: within what rounding to whole levels does


def stylize_clips(frames, weights, stylized, precision="float32"):
    """Write uint8 [clip, frame, height, width, rgb] in the order and shape of the clip store `frames`.

    precision: as in agreed_half.
    """
    clips, device = open_frames(frames), own_device()
    paint = Painter(generator_from(read_state(weights), weights), device)
    if len(clips):
        paint.half = agreed_half(precision, device, lambda half: paint.levels_apart(clips[0], half), TOLERANCE)
    with frames_writer(stylized, clips.shape[1:]) as append:
        for _, painted in zip(progress(clips, "stylizing clips"), stylize(clips, paint), strict=True):
            append(painted)


class Painter:
    """Paints frames uint8 [frame, height, width, rgb] by a style's network, as many at a time as fit; half: as in computing.

    Gives a function that waits for the paintings, so that the GPU need not wait for what becomes of them.
    """

    def __init__(self, network, device, half=None):
        self.network, self.device, self.half = network.to(device, memory_format=torch.channels_last), device, half
        self.batches = Batches(TOGETHER)

    def __call__(self, frames):
        parts = self.in_parts(frames, lambda own: off_device(to_frames(self.images(own, self.half))))
        return lambda: np.concatenate([arrived().numpy() for arrived in parts])

    def in_parts(self, frames, compute):
        """What `compute` gives of as many frames at a time as fit: a list."""
        done = []
        for part in self.batches.parts(len(frames)):
            with self.batches.fitting("the style"):
                done.append(compute(frames[part]))
        return done

    @torch.inference_mode()
    def images(self, frames, half):
        """What the network gives: float32 [frame, rgb, height, width] in [-1, 1]."""
        with computing(self.device, half):
            return self.network(to_network(frames, self.device).contiguous(memory_format=torch.channels_last)).float()

    def levels_apart(self, clip, half):
        """Mean distance in grey levels of paintings of a clip's first frames in `half` from those in float32."""

        def apart(frames):  # [frame]
            low, full = (self.images(frames, own) for own in (half, None))
            return (low - full).abs().mean((1, 2, 3)).cpu() * 127.5

        return float(torch.cat(self.in_parts(torch.tensor(clip[:TOGETHER]), apart)).mean())


def stylize(clips, paint):
    """Yield the clips [frame, height, width, rgb] painted by a Painter; on a GPU the next ones are read and painted meanwhile.

    Equal frames are painted once: the last bits of a result depend on its place in the batch, and a still video has to
    stay exactly still. Batches never mix clips, so no clip depends on its shard.
    """
    read = ahead(partial(different, device=paint.device), clips, AHEAD[paint.device.type])
    for painted, rank in one_late((paint(frames), rank) for frames, rank in read):
        yield painted()[rank]


def different(clip, device):
    """The different frames of a clip, on the device if they fit, and of each frame its rank among them."""
    first = {}  # frame's digest, which lets other threads run, -> its rank
    rank = [first.setdefault(sha256(np.ascontiguousarray(frame)).digest(), len(first)) for frame in clip]
    return on_device(torch.from_numpy(clip[[rank.index(k) for k in range(len(first))]]), device), rank


if __name__ == "__main__":
    with job(snakemake):
        i, painting = snakemake.input, snakemake.params.painting
        stylize_clips(i.frames, i.weights, snakemake.output.frames, painting["precision"])
        write_record(snakemake.output.record, painting)
