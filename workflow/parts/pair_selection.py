"""Which rows of the pair table are compared together, and which scores come of them."""

from workflow.lib.errors import BadInput


def perturbations_in(pairs):
    """Perturbations of dynamics in a pair table, in the order of the config."""
    return list(dict.fromkeys(pairs["perturbation"].dropna()))


def of_perturbation(pairs, perturbation=None):
    """The pairs of one perturbation of dynamics, by default the first, and the identical pairs, which have none.

    Pairs of different perturbations are never mixed: they are different questions. Raises BadInput for an unknown one.
    """
    known = perturbations_in(pairs)
    if perturbation is None:
        perturbation = known[0] if known else None
    elif perturbation not in known:
        raise BadInput(f"no pairs were made with the perturbation '{perturbation}'; there are {', '.join(known)}")
    return pairs[pairs["perturbation"].eq(perturbation) | pairs["factor"].eq("identical")]


def of_main_perturbation(scores):
    """The rows of each data set's first perturbation of dynamics: different perturbations are different questions."""
    first = scores.groupby("dataset")["perturbation"].transform("first")
    return scores[scores["perturbation"] == first]
