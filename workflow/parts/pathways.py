"""Which frames of a clip each pathway of a network is shown, and in which order."""

import numpy as np

from workflow.lib.errors import BadInput
from workflow.lib.plugins import constant_of, plugin_path
from workflow.parts.frame_sampling import sampled_frames, shown_frames
from workflow.parts.seeding import generator

OWN_ORDERS = ("independent", "released")  # ways of sampling that shuffle each pathway by itself


def reads_of(network):
    """What each pathway is shown: a tuple of "frames", "flow", "flow_backward", in the order of `network.pathways`."""
    return network.reads or ("frames",) * len(network.pathways)


def flows_of(network):
    """The flows that a network reads, of "flow" and "flow_backward": a set."""
    return set(reads_of(network)) - {"frames"}


def evenly(n, every):
    """Positions of every `every`-th of n frames, first and last included, as two-rate networks were trained: int [n / every].

    Feichtenhofer et al. (SlowFast, ICCV 2019) in their released code: evenly spaced and truncated. Raises BadInput where the
    two rates do not divide.
    """
    if n % every:
        raise BadInput(f"a pathway takes every {every}th frame of {n}; a number of frames that {every} divides is needed")
    return np.linspace(0, n - 1, n // every).astype(int)


def pathway_sets(n_frames, network, sampling):
    """Clip frames of every pathway in natural order: a list of int arrays, in the order of `network.pathways`.

    sampling `released` spreads each pathway's frames over the whole clip by itself, indices truncated, as the released code
    of Kowal et al. does; otherwise the slower pathways take evenly spaced ones of the frames that the network samples. Where a
    network reads flow, which leads from a frame to the next one, no pathway is shown the clip's last frame.
    Raises BadInput where the clip is too short or the rates do not divide.
    """
    positions = [evenly(network.frames, every) for every in network.pathways]
    if sampling == "released":
        sampled_frames(n_frames, network.frames, "spread")
        return [np.linspace(0, n_frames - 1, len(own)).astype(int) for own in positions]
    sampled = sampled_frames(n_frames, network.frames, network.stride, ahead=bool(flows_of(network)))
    return [sampled[own] for own in positions]


def shown_by_pathway(order, sets, sampling):
    """Clip frames in the order in which every pathway sees them: a list of int arrays.

    sampling `trained`: each pathway shows its own set of frames, in one relative order. `aligned`: slower pathways take evenly
    spaced ones of those shown to the fastest; their set changes. `independent`, `released`: the slower pathways' frames are
    shuffled by an order of their own, keyed by the clip's order, unless that is natural.
    """
    fastest = int(np.argmax([len(own) for own in sets]))
    shown = [shown_frames(order, own) for own in sets]
    if sampling == "aligned":
        shown = [shown[fastest][evenly(len(shown[fastest]), len(shown[fastest]) // len(own))] for own in sets]
    if sampling in OWN_ORDERS and (np.diff(order) < 0).any():
        own_order = [generator("pathway order", *np.asarray(order).tolist(), rank).permutation(s) for rank, s in enumerate(sets)]
        shown = [shown[rank] if rank == fastest else own for rank, own in enumerate(own_order)]
    return shown


def check_sampling(name, network, sampling, perturbations):
    """Raise BadInput where pathways cannot be sampled or shuffled by themselves: not every change of order is a shuffle."""
    if flows_of(network) and sampling in OWN_ORDERS:
        raise BadInput(f"model {name}: sampling '{sampling}' came, which parts a frame from its flow; trained is needed")
    others = sorted(set(perturbations) - {"shuffle"})
    if sampling in OWN_ORDERS and len(network.pathways) > 1 and others:
        raise BadInput(f"model {name}: sampling '{sampling}' shuffles each pathway by itself, {others[0]} came; shuffle is needed")


def check_reads(name, network, family):
    """Raise BadInput unless a network's `reads` has one entry per pathway and names the flows that its family's READS names.

    READS, a constant of the family's file, is what the pipeline knows before it can build the network.
    """
    came, declared = reads_of(network), constant_of(plugin_path("models", family), "READS", ("frames",))
    if len(came) != len(network.pathways) or set(came) - {"frames", "flow", "flow_backward"}:
        needed = f"one of frames, flow, flow_backward for each of its {len(network.pathways)} pathways"
        raise BadInput(f"model {name} reads {', '.join(came)}; {needed} is needed")
    if flows_of(network) != set(declared) - {"frames"}:
        needed = f"READS = {tuple(dict.fromkeys(came))!r}"
        raise BadInput(f"model {name} reads {', '.join(came)}, its file says READS = {declared!r}; {needed} at its top is needed")
