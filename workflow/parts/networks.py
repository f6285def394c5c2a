"""From a model's config entry to a network ready to run."""

from dataclasses import replace

import torch

from workflow.lib.errors import BadInput
from workflow.lib.plugins import load_plugin
from workflow.parts.derived_networks import c2d_twin
from workflow.parts.layer_choice import choose_layers
from workflow.parts.weights import draw_weights, load_weights, read_state


def build_network(entry):
    """Build the network of a config entry, its layers chosen and its weights in: (Network in eval mode, training).

    training says where its weights come from: `control`, `untrained`, `c2d twin of` a model, or the file. Raises BadInput
    for options the family does not know, layers and weights that do not fit and networks that nothing can be derived from.
    """
    family = load_plugin("models", entry["family"])
    try:
        network = family.build(**entry["options"])
    except TypeError as error:
        raise BadInput(f"models: {entry['family']} cannot be built with {entry['options']}: {error}") from error
    network = replace(network, layers=choose_layers(network, entry["layers"]))
    derive = entry.get("derive")
    if derive and network.control:
        raise BadInput(f"models: nothing can be derived from {derive['from']}: it is a control, without weights to train")
    training = fill_weights(network, entry, redraw=derive and derive["how"] == "random_weights")
    if derive and derive["how"] == "c2d_twin":
        c2d_twin(network.module)
        training = training if training == "untrained" else f"c2d twin of {derive['from']}"
    return network, training


def derivation(entry):
    """Which model a network is the floor of, and how it was made of it; None where it is nobody's."""
    derive = entry.get("derive") or {}
    return {"derived_from": derive.get("from"), "derivation": derive.get("how")}


def class_scores(output):
    """Class scores [row, class] in what a network gives: the output itself or its `logits`; None where there are none."""
    scores = getattr(output, "logits", output)
    return scores if isinstance(scores, torch.Tensor) and scores.ndim == 2 else None


def fill_weights(network, entry, redraw):
    """Load or draw the weights of a network that build() has not filled itself, or in any case draw them: training."""
    module = network.module.eval()
    if entry["weights"]:
        state = read_state(entry["weights"], entry["sha256"])
        load_weights(module, state, entry["weights"], network.rename)
        return entry["weights"]
    if (network.control or network.weights) and not redraw:
        return network.weights or "control"
    draw_weights(network, entry["seed"])
    return "untrained"
