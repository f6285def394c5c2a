"""Build a network, run it once on noise and describe its layers: what is wrong with it is known before long work."""

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from workflow.lib.errors import BadInput
from workflow.lib.job import job
from workflow.lib.plugins import constant_of, plugin_path
from workflow.lib.tables import write_table
from workflow.parts.class_lists import check_length, read_classes
from workflow.parts.frame_orders import try_dynamics
from workflow.parts.layer_choice import later_siblings, left_aside
from workflow.parts.layer_shapes import averaged_over
from workflow.parts.network_rows import check_colours, check_rows, frames_told, odd_output, refuse_odd_output
from workflow.parts.networks import build_network, class_scores, provenance
from workflow.parts.pathways import check_reads, check_sampling, pathway_sets
from workflow.parts.pooling import hooked_layers, refuse_not_finite
from workflow.parts.preprocessing import preprocess
from workflow.parts.seeding import generator
from workflow.parts.segmentation import Segmentation
from workflow.parts.weights import state_sha256
from workflow.parts.wording import listed


@torch.inference_mode()
def describe_model(name, entry, clip, dynamics=(), min_distance=0):
    """Rows of table `models` for the network of a config entry; raises BadInput where it does not fit the clips.

    dynamics: the perturbations that it will be shown, a list of (plug-in, options).
    """
    try_dynamics(dynamics, clip["frames"], min_distance)
    network, training = build_network(entry)
    if not network.layers:
        raise BadInput(f'model {name}: its file names no layers; names, patterns or "auto" were needed as `layers` in its entry')
    check_reads(name, network, entry["family"])
    check_sampling(name, network, entry["sampling"], [perturbation for perturbation, _ in dynamics])
    try:
        shown = pathway_sets(clip["frames"], network, entry["sampling"])
    except BadInput as error:
        raise BadInput(f"model {name}: {error}") from None
    both = [preprocess(noise(clip)[:, own], network) for own in shown]
    videos = [video[:1] for video in both]
    hooked = hooked_layers(network, entry["pooling"])
    with hooked as activations, FlopCounterMode(display=False) as counter:
        activations.shown = [own[None] for own in shown]
        with sdpa_kernel(SDPBackend.MATH):  # the counter does not know the CPU's fused attention
            output = network.tried(videos)
    check_answers(name, entry, network, output, activations)
    outputs = [output, check_rows(name, network, entry["pooling"], shown, both, (activations, output), entry["classes"])]
    if activations.folded:
        check_colours(name, network, videos, shown, activations.folded)
    about = {"model": name, "training": training, **provenance(entry), **what_it_is(network, entry)}
    about |= {"gflop": counter.get_total_flops() / 1e9, "outputs": outputs_of(output)}
    about |= {"note": "; ".join(notes_on(network, entry, clip, activations, outputs)) or None}
    return [
        {
            **about,
            "layer": layer,
            "stream": network.stream_of(layer),
            "depth": depth,
            "units": n_values,
            "averaged_over": averaged_over(shape, n_values, activations.folded.get(layer), network, entry["pooling"]),
            "module": module,
        }
        for depth, (layer, module) in enumerate(network.layers.items())
        for shape, n_values in [(activations.shapes[layer], activations[layer].shape[1])]
    ]


def what_it_is(network, entry):
    """The columns of table `models` that a network has before it is run."""
    return {
        "weights_sha256": state_sha256(network.module),
        "parameters": sum(p.numel() for p in network.module.parameters()),
        "frames": network.frames,
        "stride": str(network.stride),
        "short_side": network.size and (network.short_side or network.size),
        "size": network.size,
        "sampling": entry["sampling"],
        "pooling": entry["pooling"],
    }


def outputs_of(output):
    """How many class scores a network's output holds; None where it holds none."""
    scores = class_scores(output)
    return None if scores is None else scores.shape[1]


def noise(clip):
    """Two clips of noise, one of them dark, for averaged over a clip noise is like noise: uint8 [2, frame, height, width, rgb]."""
    drawn = generator("describe_model").integers(0, 256, (2, clip["frames"], *clip["crop"], 3), "uint8")
    drawn[1] //= 4
    return torch.from_numpy(drawn)


def notes_on(network, entry, clip, activations, outputs):
    """What to know before long work of a network that fits the clips: sentences without a "; ", which parts them in table `models`.

    outputs: for one clip and for two.
    """
    computed = list(activations)
    if activations.folded:
        yield frames_told(network.layers, activations.folded, entry["pooling"])
    if odd := odd_output(network, outputs):
        yield f"Warning: {odd}"
    if network.size and (side := network.short_side or network.size) > min(clip["crop"]):
        wanted = f"clip: {{short_side: {side}, crop: [{side}, {side}]}}"
        yield f"it reads clips of {side} pixels, they have {min(clip['crop'])} and are enlarged: consider {wanted}"
    for stream in dict.fromkeys(map(network.stream_of, network.layers)):
        own = [layer for layer in network.layers if network.stream_of(layer) == stream]
        if (last := max(own, key=computed.index)) != own[-1]:
            yield f"{own[-1]}, listed last, is taken for the last layer, and {last} is computed after it"
        later = later_siblings(network.module, network.layers[own[-1]], network.layers.values())
        if later and entry["layers"] != "auto":
            yield f"not read, though built like {own[-1]} and listed after it in the network: {listed(later)}"
    if entry["layers"] == "auto" and (aside := left_aside(network.module, network.layers.values())):
        yield f"layers: auto leaves {', '.join(aside)} aside: `layers` can name them"


def check_answers(name, entry, network, output, activations):
    """Raise BadInput unless a network gives, for one clip, what its file and its entry say, and a finite row of every layer."""
    if isinstance(output, Segmentation) != constant_of(plugin_path("models", entry["family"]), "SEGMENTS", False):
        raise BadInput(
            f"model {name}: the file of {entry['family']} must say SEGMENTS = True if and only if its network gives masks"
        )
    if entry["classes"]:
        refuse_odd_output(name, network, [output])
        check_length(name, outputs_of(output), read_classes(entry["classes"]), entry["classes"])
    silent = [layer for layer in network.layers if layer not in activations]
    if silent:
        raise BadInput(f"model {name}: the layers {', '.join(silent)} took no part in a forward pass")
    repeated = [layer for layer, runs in activations.runs.items() if runs > 1]
    if repeated:
        came = f"layer {repeated[0]} runs {activations.runs[repeated[0]]} times for one clip"
        raise BadInput(
            f"model {name}: {came}, and its last answer alone would be read; one that runs once, on all frames, was needed"
        )
    several = [layer for layer, values in activations.items() if len(values) != 1]
    if several:
        came = f"layer {several[0]} gives {len(activations[several[0]])} rows for one clip"
        raise BadInput(
            f"model {name}: {came}; one was needed: read a layer before or after it, whose rows are clips or their frames"
        )
    refuse_not_finite(name, {layer: values.numpy() for layer, values in activations.items()}, ["noise"])


if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        rows = describe_model(params.name, params.model, params.clip, params.dynamics, params.min_distance)
        layers = ", ".join(f"{row['layer']} ({row['units']} units)" for row in rows)
        print(f"{params.name}, {rows[0]['training']}: {layers}", *filter(None, [rows[0]["note"]]), sep="; ")
        write_table(snakemake.output.layers, "models", rows)
