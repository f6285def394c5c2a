"""The network that a training starts from, and what its outputs are called."""

import inspect

from workflow.lib.errors import BadInput
from workflow.lib.plugins import load_plugin
from workflow.parts.checkpoints import checkpoint_about
from workflow.parts.class_lists import key, read_classes
from workflow.parts.networks import fill_weights, unfilled_network
from workflow.parts.weights import draw_weights, load_weights, read_state


def starting_network(entry, head, labels):
    """Build the network that a training starts from: (Network, class names in the order of its outputs, training).

    entry: what it is built from, `weights` the starting checkpoint or None for random weights; labels: those of the clips;
    None for a network that learns masks, which has no classes. head: `keep` takes the checkpoint's classes, `new` draws
    outputs for the labels. training: where its weights come from.
    Raises BadInput for networks without classes, labels that the checkpoint does not know and checkpoints that do not fit.
    """
    if labels is None:
        network = unfilled_network(entry)
        training = fill_weights(network, entry, redraw=False)
        return network, [], checkpoint_about(entry["weights"]).get("training", training)
    if "classes" not in inspect.signature(load_plugin("models", entry["family"]).build).parameters:
        raise BadInput(f"models: {entry['family']} cannot be trained: its build() does not take a number of `classes`")
    about, classes = checkpoint_about(entry["weights"]), sorted(labels)
    if entry["weights"] and head == "keep":
        classes = kept_classes(entry, about, labels)
    network = unfilled_network(entry, len(classes))
    if network.control:
        raise BadInput(f"models: {entry['family']} cannot be trained: it is a control, whose answer is known")
    if not entry["weights"] or head == "keep":
        training = fill_weights(network, entry, redraw=False)
    else:
        training = fill_all_but_head(network, entry, len(classes))
    return network, classes, about.get("training", training)


def kept_classes(entry, about, labels):
    """Class names of a starting checkpoint; BadInput where it tells none or does not know a label."""
    if not about and not entry["classes"]:
        raise BadInput(
            f"weights {entry['weights']} do not tell their classes: give the list as `classes`, or `head: new` draws outputs anew"
        )
    classes = about.get("classes") or read_classes(entry["classes"])
    known = {key(name) for name in classes}
    if unknown := sorted(label for label in labels if key(label) not in known):
        raise BadInput(
            f"'{unknown[0]}' is a label of the clips and no class of weights {entry['weights']}; `head: new` draws outputs anew"
        )
    return classes


def fill_all_but_head(network, entry, classes):
    """Load the weights of a network but for the tensors whose shape the number of classes decides, which are drawn."""
    draw_weights(network, entry["seed"])
    own, other = network.module.state_dict(), unfilled_network(entry, classes + 1).module.state_dict()
    head = {name: tensor for name, tensor in own.items() if tensor.shape != other[name].shape}
    state = read_state(entry["weights"], entry["sha256"])
    load_weights(network.module, (network.rename(state) if network.rename else state) | head, entry["weights"])
    return entry["weights"]
