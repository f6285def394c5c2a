"""From a model's config entry to a network ready to run."""

from dataclasses import replace

import torch

from workflow.lib.errors import BadInput, said_by
from workflow.lib.plugins import load_plugin
from workflow.parts.checkpoints import checkpoint_about
from workflow.parts.derived_networks import c2d_twin
from workflow.parts.layer_choice import choose_layers
from workflow.parts.network import Network
from workflow.parts.weights import draw_weights, load_weights, read_state

RELEASED_SIZE = 256  # crop of the released code of Kowal et al., where a network takes any


def build_network(entry):
    """Build the network of a config entry, its layers chosen and its weights in: (Network in eval mode, training).

    training says where its weights come from: `control`, `untrained`, `c2d twin of` a model, what a checkpoint of a training
    here says of itself, or the file. Raises BadInput for options the family does not know, layers and weights that do not
    fit and networks that nothing can be derived from.
    """
    about = checkpoint_about(entry["weights"])
    network = unfilled_network(entry, len(about["classes"]) if about else None)
    derive = entry.get("derive")
    if derive and network.control:
        raise BadInput(f"models: nothing can be derived from {derive['from']}: it is a control, without weights to train")
    training = fill_weights(network, entry, redraw=derive and derive["how"] == "random_weights")
    training = about.get("training", training)
    if derive and derive["how"] == "c2d_twin":
        c2d_twin(network.module)
        training = training if training == "untrained" else f"c2d twin of {derive['from']}"
    return network, training


def unfilled_network(entry, classes=None):
    """Build the network of a config entry, its layers chosen, without loading weights; classes: number of its outputs."""
    family = load_plugin("models", entry["family"])
    if not hasattr(family, "build"):
        raise BadInput(f"models: {entry['family']} has no function build(**options) that gives a Network")
    options = entry["options"] | ({"classes": classes} if classes else {})
    try:
        network = family.build(**options)
    except (BadInput, OSError, ImportError, MemoryError):
        raise
    except Exception as error:  # a network may fail in any way
        raise BadInput(f"models: {entry['family']} cannot be built with {options}: {said_by(error)}") from error
    if not isinstance(network, Network):
        raise BadInput(
            f"models: build() of {entry['family']} gave {type(network).__name__}; workflow.parts.network.Network was needed"
        )
    if entry["sampling"] == "released" and network.any_size:
        network = replace(network, size=RELEASED_SIZE, short_side=None)
    return replace(network, layers=choose_layers(network, entry["layers"]))


def provenance(entry):
    """Whose floor a network is and how it was made of it; of which training it is a checkpoint, of which step; what trained it.

    What does not apply is None.
    """
    derive, about = entry.get("derive") or {}, checkpoint_about(entry["weights"])
    own = {} if derive else about
    return {
        "derived_from": derive.get("from"),
        "derivation": derive.get("how"),
        "checkpoint_of": own.get("model"),
        "step": own.get("step"),
        "trained_on": about.get("device") if about.get("step") and derive.get("how") != "random_weights" else None,
    }


def answered(output):
    """The tensor that answers in what a network gives: the output itself or its `logits`; None where there is none."""
    answer = output.get("logits") if isinstance(output, dict) else getattr(output, "logits", output)
    return answer if isinstance(answer, torch.Tensor) else None


def class_scores(output):
    """Class scores [row, class] in what a network gives; None where there are none."""
    scores = answered(output)
    return scores if scores is not None and scores.ndim == 2 else None


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
