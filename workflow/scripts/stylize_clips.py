"""Show every clip in a style: the style's network paints frame by frame."""

import numpy as np
import torch

from workflow.lib.arrays import frames_writer, open_frames
from workflow.lib.job import job, progress
from workflow.parts.generator import to_frames, to_network
from workflow.parts.style_weights import generator_from
from workflow.parts.weights import read_state

TOGETHER = 8  # frames painted in one pass; bounds the memory


def stylize_clips(frames, weights, stylized):
    """Write uint8 [clip, frame, height, width, rgb] in the order and shape of the clip store `frames`."""
    clips = open_frames(frames)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = generator_from(read_state(weights), weights).to(device, memory_format=torch.channels_last)
    with frames_writer(stylized, clips.shape[1:]) as append:
        for clip in progress(clips, "stylizing clips"):
            append(stylize(np.asarray(clip), network, device))


@torch.inference_mode()
def stylize(clip, network, device="cpu"):
    """One clip [frame, height, width, rgb] in the network's style.

    Equal frames are painted once: the last bits of a result depend on its place in the batch, and a still video has to
    stay exactly still. Batches never mix clips, so no clip depends on its shard.
    """
    first = {}  # frame's bytes -> its rank among the different frames
    rank = [first.setdefault(frame.tobytes(), len(first)) for frame in clip]
    different = clip[[rank.index(k) for k in range(len(first))]]
    batches = [different[k : k + TOGETHER] for k in range(0, len(different), TOGETHER)]
    painted = [to_frames(network(to_network(b, device).contiguous(memory_format=torch.channels_last))) for b in batches]
    return np.concatenate(painted)[rank]


if __name__ == "__main__":
    with job(snakemake):
        stylize_clips(snakemake.input.frames, snakemake.input.weights, snakemake.output.frames)
