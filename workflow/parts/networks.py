"""From a model's config entry to a network ready to run."""

from workflow.lib.errors import BadInput
from workflow.lib.plugins import load_plugin
from workflow.parts.weights import draw_weights, load_weights, read_state


def build_network(entry):
    """Build the network of a config entry {family, options, weights, sha256, seed}: (Network in eval mode, training).

    training says where its weights come from: `control`, `untrained`, or the file. Raises BadInput for options the family
    does not know and weights that do not fit.
    """
    family = load_plugin("models", entry["family"])
    try:
        network = family.build(**entry["options"])
    except TypeError as error:
        raise BadInput(f"models: {entry['family']} cannot be built with {entry['options']}: {error}") from error
    module = network.module.eval()
    if entry["weights"]:
        state = read_state(entry["weights"], entry["sha256"])
        load_weights(module, network.rename(state) if network.rename else state, entry["weights"])
        return network, entry["weights"]
    if network.control or network.weights:
        return network, network.weights or "control"
    size = network.size or 112
    draw_weights(module, entry["seed"], (2, 3, network.frames, size, size))
    return network, "untrained"
