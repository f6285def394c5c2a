"""Show every variant to a network once and keep every layer's pooled activations."""

from pathlib import Path

import numpy as np
import torch

from workflow.lib.arrays import open_frames
from workflow.lib.errors import BadInput
from workflow.lib.features import write_features
from workflow.lib.job import job, progress
from workflow.lib.tables import concat_tables, read_table
from workflow.parts.batches import Batches, full_batches
from workflow.parts.flow_pictures import flow_pictures, jitters_of
from workflow.parts.frame_sampling import kendall_distance
from workflow.parts.judged_masks import SCORES, MaskJudge
from workflow.parts.networks import build_network, class_scores, provenance
from workflow.parts.pathways import flows_of, pathway_sets, reads_of, shown_by_pathway
from workflow.parts.pooling import hooked_layers, refuse_not_finite
from workflow.parts.precision import agreed_half, computing, device_name, name_of, noise_share, on_device, own_device
from workflow.parts.prefetching import AHEAD, ahead
from workflow.parts.preprocessing import preprocess
from workflow.parts.shown_clips import ShownClips
from workflow.parts.weights import state_sha256

TOLERANCE = 0.001  # of S: what half precision may take from the mean over a layer's units; of some units it takes more
SAMPLE = 16  # variants, spread over the shard, on which both precisions are compared


@torch.inference_mode()
def run_network(name, entry, network, units, clips, judge, device, precision="float32"):
    """Show every variant: (activations, layer -> float32 [variant, unit]; answers, name -> [variant]; the precision used).

    units: layer -> width; clips: ShownClips; judge: MaskJudge; precision: as in agreed_half. Answers are the index `predicted`
    of the highest class score, -1 where the network gives none, and the judge's scores. No variants have no precision.
    """
    show, n = Show(name, entry, network, clips, device), len(clips)

    def apart(half):
        sample = sorted({round(row) for row in np.linspace(0, n - 1, SAMPLE)}) if n else []
        both = [[pooled for *_, pooled in show([sample], own)] for own in (half, None)]
        return noise_share(*({layer: np.concatenate([own[layer] for own in chunks]) for layer in units} for chunks in both))

    half = agreed_half(precision, device, apart, TOLERANCE)
    batches = full_batches(n, entry["batch"])
    seen = see(show(batches, half), units, judge, half)
    if seen is None:
        print(f"{name_of(half)} overflows outside the sample: all variants are shown again, in float32", flush=True)
        half, seen = None, see(show(batches, None), units, judge, None)
    values, answers = seen
    answered = {key: np.concatenate([own[key] for own in answers])[:n] for key in (answers[0] if answers else ())}
    return {layer: np.concatenate(own)[:n] for layer, own in values.items()}, answered, name_of(half) if n else None


def see(shown, units, judge, half):
    """What Show yields, collected: layer -> arrays [variant, unit], and answers; None as soon as half precision overflows."""
    values, answers = {layer: [np.empty((0, width), np.float32)] for layer, width in units.items()}, []
    for rows, output, pooled in shown:
        if half and not is_finite(output, pooled):
            return None
        answers.append({"predicted": highest(output, len(rows)), **judge(output, rows)})
        for layer in values:
            values[layer].append(pooled[layer])
    return values, answers


def is_finite(output, pooled):
    """Whether all activations and class scores are finite."""
    scores = class_scores(output)
    return all(np.isfinite(own).all() for own in pooled.values()) and (scores is None or bool(scores.isfinite().all()))


class Show:
    """Shows variants to a network, all layers in one pass, the next ones being read meanwhile."""

    def __init__(self, name, entry, network, clips, device):
        self.name, self.network, self.clips, self.device = name, network, clips, device
        self.pooling, self.batches, self.pathways = entry["pooling"], Batches(entry["batch"]), range(len(network.pathways))

    def read(self, rows):
        """The frames of some variants, one tensor per pathway, on the device if they fit."""
        return [on_device(self.clips.of_pathway(p, rows), self.device) for p in self.pathways]

    def __call__(self, batches, half):
        """Yield (rows, what the network gives, layer -> float32 [variant, unit]) of as many variants at a time as fit."""
        read = ahead(self.read, batches, AHEAD[self.device.type])
        with hooked_layers(self.network, self.pooling) as activations:
            for rows, videos in zip(progress(batches, "variants seen (batches)"), read, strict=True):
                for part in self.batches.parts(len(rows)):
                    with self.batches.fitting(f"model {self.name}"):
                        activations.shown = self.clips.shown_to(len(self.pathways), rows[part])
                        shown = [preprocess(video[part].to(self.device), self.network) for video in videos]
                        with computing(self.device, half):
                            output = self.network(shown)
                        pooled = {layer: values.cpu().numpy() for layer, values in activations.items()}
                        done = rows[part], output, pooled
                    if self.batches.fits:
                        yield done


def highest(output, n):
    """Index of the highest class score of each row: int [n]; -1 where the network gives none."""
    scores = class_scores(output)
    return np.full(n, -1) if scores is None else scores.argmax(1).cpu().numpy()


def dump_features(name, entry, units, variants, clips, stores, flows=None, masks=(), precision="float32"):
    """Columns, activations and description of one shard's feature dump (see lib/features.py).

    units: layer -> width, as described beforehand; flows: the FlowPictures that the network reads, by the name of the flow;
    masks: of the clips, [clip, frame, height, width]; precision: as in agreed_half.
    """
    device = own_device()
    network, training = build_network(entry)
    about = {"model": name, "entry": entry, "training": training, "weights_sha256": state_sha256(network.module)}
    about |= {"streams": {layer: network.stream_of(layer) for layer in network.layers}}
    about |= {"frames": network.frames, "stride": str(network.stride)}
    about |= provenance(entry) | {"pooling": entry["pooling"], "software": {"torch": torch.__version__}}
    about |= {"device": device_name(device)}
    network.module.to(device)
    orders = [tuple(order) for order in variants["frame_order"]]
    by_order = {order: shown_in(order, network, entry["sampling"]) for order in set(orders)}  # which the styles of a clip share
    shown = [by_order[order] for order in orders]
    jitters = jitters_of(variants) if flows_of(network) else [None] * len(variants)
    seen = ShownClips(variants, clips, stores, shown, reads_of(network), flows, jitters)
    judge = MaskJudge(
        network, masks, [row for _, row, _ in seen.looks], [own[0] for own in shown], [crop for *_, crop in seen.looks]
    )
    activations, answers, about["precision"] = run_network(name, entry, network, units, seen, judge, device, precision)
    refuse_not_finite(name, activations, list(variants["variant"]))
    keys = {"variant": variants["variant"], "clip": variants["clip"], "frames_shown": shown}
    distances = {order: shown_distance(own) for order, own in by_order.items()}
    distance = [None if jitter else distances[order] for order, jitter in zip(orders, jitters, strict=True)]
    predicted = [int(i) if i >= 0 and entry["classes"] else None for i in answers.get("predicted", ())]
    judged = {score: [None if np.isnan(value) else value for value in answers.get(score, ())] for score in SCORES}
    return {**keys, "order_distance": distance, "predicted": predicted, **judged}, activations, about


def open_stores(stores, clips):
    """Open the stores of `clips` (a table): style -> path to style -> array; BadInput where one was dropped or holds others."""
    for path in stores.values():
        if not Path(path).is_file():
            raise BadInput(f"{path} was dropped (keep_stylized: false): ask for scores or the report, not for a feature dump alone")
    opened = {style: open_frames(path) for style, path in stores.items()}
    first = next(iter(opened.values())).shape
    frames = clips["n_frames"].unique().tolist() if len(clips) else first[1:2]
    needed = (len(clips), *frames, *first[2:4], 3)
    for style, store in opened.items():
        if store.shape != needed or store.dtype != np.uint8:
            came, axes = f"{store.dtype} {list(store.shape)}", "uint8 [clip, frame, height, width, rgb]"
            raise BadInput(f"{stores[style]} holds {came}, {axes} = {list(needed)} is needed; delete it, and it is made anew")
    return opened


def shown_in(order, network, sampling):
    """Clip frames of every pathway, a list of int arrays, as they are shown of a variant in this frame order."""
    return shown_by_pathway(np.asarray(order), pathway_sets(len(order), network, sampling), sampling)


def shown_distance(pathways):
    """Least distance of a variant's pathways [frame] from natural order; those of a single frame have none."""
    return min([kendall_distance(own) for own in pathways if len(own) > 1], default=0.0)


if __name__ == "__main__":
    with job(snakemake):
        variants, clips = concat_tables(snakemake.input.variants, "variants"), read_table(snakemake.input.clips, "clips")
        stores = open_stores(snakemake.params.stores, clips)
        units = read_table(snakemake.input.described, "models").set_index("layer")["units"].to_dict()
        flows = flow_pictures(snakemake.input.flows, snakemake.params.flow, next(iter(stores.values())))
        masks, p = open_frames(snakemake.input.masks), snakemake.params
        dump = dump_features(p.name, p.model, units, variants, clips, stores, flows, masks, p.precision)
        write_features(snakemake.output.features, *dump)
