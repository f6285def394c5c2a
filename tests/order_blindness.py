"""How much a network's layers say of the order of frames."""

import numpy as np
import torch

from workflow.metrics import pearson
from workflow.parts.frame_sampling import shown_frames
from workflow.parts.pooling import pooled_layers


@torch.inference_mode()
def order_similarity(network, n_clips=12):
    """S_static of every layer between natural and shuffled clips: 1 for a layer that is blind to the order of frames.

    Where a network has several pathways, each is shown its own frames in the order in which they stand in the shuffled clip.
    """
    rng = np.random.default_rng(0)
    size, frames = network.size or 32, network.frames
    coarse = torch.from_numpy(rng.standard_normal((n_clips, 3, frames, 4, 4), "float32"))  # blocks: pooling keeps signal
    clips = torch.nn.functional.interpolate(coarse, (frames, size, size))  # [clip, rgb, frame, height, width]
    sides = []
    for orders in ([np.arange(frames)] * n_clips, [rng.permutation(frames) for _ in clips]):
        shown = [[shown_frames(order, np.arange(0, frames, k)) for order in orders] for k in network.pathways]
        videos = [torch.stack([clip[:, own] for clip, own in zip(clips, pathway, strict=True)]) for pathway in shown]
        with pooled_layers(network.module, network.layers) as activations:
            network(videos)
        sides.append(dict(activations))
    natural, shuffled = sides
    return {k: pearson.score({"static": (natural[k].numpy(), shuffled[k].numpy())})[0]["static"] for k in network.layers}


def assert_order_is_first_seen(similarity, blind, seeing):
    """Layers `blind` are 1 to 1e-5, layers `seeing` are not: they are the first that mix frames."""
    for layer in blind:
        assert abs(similarity[layer] - 1) < 1e-5, (layer, similarity)
    for layer in seeing:
        assert similarity[layer] < 1 - 1e-4, (layer, similarity)
