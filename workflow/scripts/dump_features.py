"""Show every variant to a network once and keep every layer's pooled activations."""

import numpy as np
import torch

from workflow.lib.arrays import open_frames
from workflow.lib.features import write_features
from workflow.lib.job import job, progress
from workflow.lib.tables import read_table
from workflow.parts.augmentation import cropped
from workflow.parts.frame_sampling import kendall_distance, sampled_frames, shown_frames
from workflow.parts.networks import build_network, derivation
from workflow.parts.pooling import pooled_layers, refuse_not_finite
from workflow.parts.preprocessing import preprocess
from workflow.parts.weights import state_sha256


@torch.inference_mode()
def run_network(network, units, variants, shown, rows, stores, batch, device):
    """Activations of every variant: layer -> float32 [variant, unit].

    units: layer -> width; shown: clip frames per variant; rows: row of each variant's clip in the stores; stores: style ->
    clip store.
    """
    chunks = {layer: [np.empty((0, width), np.float32)] for layer, width in units.items()}
    starts = range(0, len(variants), batch)
    with pooled_layers(network.module, network.layers) as activations:
        for start in progress(starts, "variants seen (batches)"):
            # The last batch is filled up with its last variant: the size of a batch can change the last bits of its results.
            part = [min(i, len(variants) - 1) for i in range(start, start + batch)]
            frames = [cropped(stores[variants["style"].iloc[i]][rows[i]][shown[i]], variants["crop"].iloc[i]) for i in part]
            frames = torch.from_numpy(np.stack(frames)).to(device)  # [batch, frame, height, width, rgb]
            network.module(preprocess(frames, network.size, network.mean, network.std))
            for layer in chunks:
                chunks[layer].append(activations[layer].cpu().numpy())
    return {layer: np.concatenate(values)[: len(variants)] for layer, values in chunks.items()}


def dump_features(name, entry, units, variants, clips, stores):
    """Columns, activations and description of one shard's feature dump (see lib/features.py).

    units: layer -> width, as described beforehand.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network, training = build_network(entry)
    about = {"model": name, "entry": entry, "training": training, "weights_sha256": state_sha256(network.module)}
    about |= derivation(entry) | {"pooling": "global mean", "precision": "float32", "software": {"torch": torch.__version__}}
    network.module.to(device)
    orders = [np.asarray(order) for order in variants["frame_order"]]
    shown = [shown_frames(order, sampled_frames(len(order), network.frames, network.stride)) for order in orders]
    row_of = {clip: row for row, clip in enumerate(clips["clip"])}
    rows = [row_of[clip] for clip in variants["clip"]]
    activations = run_network(network, units, variants, shown, rows, stores, entry["batch"], device)
    refuse_not_finite(name, activations, list(variants["variant"]))
    keys = {"variant": variants["variant"], "clip": variants["clip"], "frames_shown": shown}
    return {**keys, "order_distance": [kendall_distance(order) for order in shown]}, activations, about


if __name__ == "__main__":
    with job(snakemake):
        variants, clips = read_table(snakemake.input.variants, "variants"), read_table(snakemake.input.clips, "clips")
        stores = dict(zip(snakemake.params.styles, map(open_frames, snakemake.input.stores), strict=True))
        units = read_table(snakemake.input.described, "models").set_index("layer")["units"].to_dict()
        dump = dump_features(snakemake.params.name, snakemake.params.model, units, variants, clips, stores)
        write_features(snakemake.output.features, *dump)
