"""Show every variant to a network once and keep every layer's pooled activations."""

import numpy as np
import torch

from workflow.lib.arrays import open_frames
from workflow.lib.features import write_features
from workflow.lib.job import job, progress
from workflow.lib.tables import concat_tables, read_table
from workflow.parts.batches import Batches
from workflow.parts.flow_pictures import flow_pictures, jitters_of
from workflow.parts.frame_sampling import kendall_distance
from workflow.parts.judged_masks import SCORES, MaskJudge
from workflow.parts.networks import build_network, class_scores, provenance
from workflow.parts.pathways import flows_of, pathway_sets, reads_of, shown_by_pathway
from workflow.parts.pooling import hooked_layers, refuse_not_finite
from workflow.parts.preprocessing import preprocess
from workflow.parts.shown_clips import ShownClips
from workflow.parts.weights import state_sha256


@torch.inference_mode()
def run_network(name, entry, network, units, clips, judge, device):
    """Show every variant: (activations, layer -> float32 [variant, unit]; answers, name -> [variant]).

    units: layer -> width; clips: ShownClips; judge: MaskJudge. Answers are the index `predicted` of the highest class score, -1
    where the network gives none, and the judge's scores.
    """
    n_pathways, hooked = len(network.pathways), hooked_layers(network, entry["pooling"])
    chunks = {layer: [np.empty((0, width), np.float32)] for layer, width in units.items()}
    answers, batches = [], Batches(len(clips), entry["batch"])
    with hooked as activations:
        for rows in progress(batches, "variants seen (batches)"):
            videos, activations.shown = [clips.of_pathway(p, rows) for p in range(n_pathways)], clips.shown_to(n_pathways, rows)
            with batches.fitting(f"model {name}"):
                videos = [preprocess(v.to(device), network) for v in videos]
                output = network(videos)
                answers.append({"predicted": highest(output, len(rows)), **judge(output, rows)})
                for layer in chunks:
                    chunks[layer].append(activations[layer].cpu().numpy())
    answered = {key: np.concatenate([own[key] for own in answers])[: len(clips)] for key in (answers[0] if answers else ())}
    return {layer: np.concatenate(values)[: len(clips)] for layer, values in chunks.items()}, answered


def highest(output, n):
    """Index of the highest class score of each row: int [n]; -1 where the network gives none."""
    scores = class_scores(output)
    return np.full(n, -1) if scores is None else scores.argmax(1).cpu().numpy()


def dump_features(name, entry, units, variants, clips, stores, flows=None, masks=()):
    """Columns, activations and description of one shard's feature dump (see lib/features.py).

    units: layer -> width, as described beforehand; flows: the FlowPictures that the network reads, by the name of the flow;
    masks: of the clips, [clip, frame, height, width].
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.allow_tf32 = False  # its rounding shows in correlations of units of small variance
    network, training = build_network(entry)
    about = {"model": name, "entry": entry, "training": training, "weights_sha256": state_sha256(network.module)}
    about |= {"streams": {layer: network.stream_of(layer) for layer in network.layers}}
    about |= {"frames": network.frames, "stride": str(network.stride)}
    about |= provenance(entry) | {"pooling": entry["pooling"], "precision": "float32", "software": {"torch": torch.__version__}}
    network.module.to(device)
    orders = [np.asarray(order) for order in variants["frame_order"]]
    shown = [shown_by_pathway(order, pathway_sets(len(order), network, entry["sampling"]), entry["sampling"]) for order in orders]
    jitters = jitters_of(variants) if flows_of(network) else [None] * len(variants)
    seen = ShownClips(variants, clips, stores, shown, reads_of(network), flows, jitters)
    judge = MaskJudge(
        network, masks, [row for _, row, _ in seen.looks], [own[0] for own in shown], [crop for *_, crop in seen.looks]
    )
    activations, answers = run_network(name, entry, network, units, seen, judge, device)
    refuse_not_finite(name, activations, list(variants["variant"]))
    keys = {"variant": variants["variant"], "clip": variants["clip"], "frames_shown": shown}
    distance = [distance_of(*both) for both in zip(shown, jitters, strict=True)]
    predicted = [int(i) if i >= 0 and entry["classes"] else None for i in answers.get("predicted", ())]
    judged = {score: [None if np.isnan(value) else value for value in answers.get(score, ())] for score in SCORES}
    return {**keys, "order_distance": distance, "predicted": predicted, **judged}, activations, about


def distance_of(pathways, jitter):
    """Least distance from natural order of a variant's pathways [frame]; None where its flow is jittered instead."""
    return None if jitter else min([kendall_distance(own) for own in pathways if len(own) > 1], default=0.0)


if __name__ == "__main__":
    with job(snakemake):
        variants, clips = concat_tables(snakemake.input.variants, "variants"), read_table(snakemake.input.clips, "clips")
        stores = dict(zip(snakemake.params.styles, map(open_frames, snakemake.input.stores), strict=True))
        units = read_table(snakemake.input.described, "models").set_index("layer")["units"].to_dict()
        flows = flow_pictures(snakemake.input.flows, snakemake.params.flow, next(iter(stores.values())))
        masks, p = open_frames(snakemake.input.masks), snakemake.params
        dump = dump_features(p.name, p.model, units, variants, clips, stores, flows, masks)
        write_features(snakemake.output.features, *dump)
