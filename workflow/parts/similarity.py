"""From similarities to the percentages and unit classes of Kowal et al. (CVPR 2022)."""

import numpy as np

from workflow.lib.errors import BadInput

CLASSES = ("dynamic", "static", "joint", "residual", "dead")


def percentages(layer):
    """Softmax over S_dynamic, S_static and S_identical = 1, in percent (Eq. 1, with the mean over units for its sum).

    layer: factor -> S, a number or [draw]. Returns factor -> percent for dynamic, static and identical. BadInput where one
    of the two factors is absent.
    """
    for factor in ("dynamic", "static"):
        if factor not in layer:
            raise BadInput(f"no pairs of factor '{factor}' came; percentages need static and dynamic pairs")
    strength = {"dynamic": np.exp(layer["dynamic"]), "static": np.exp(layer["static"]), "identical": np.e}
    total = sum(strength.values())
    return {factor: 100 * value / total for factor, value in strength.items()}


def truncated(percent, n_units):
    """Percentages of whole units, as the released code prints them: factor -> percent, a number or [draw].

    Each factor gets int(p N) of the layer's N = n_units units, p its softmax share, and `identical` all units that remain;
    off by default, for exact comparison with published tables. NaN stays NaN.
    """
    units = {factor: np.floor(value / 100 * n_units) for factor, value in percent.items() if factor != "identical"}
    units["identical"] = n_units - sum(units.values())
    return {factor: 100 * number / n_units for factor, number in units.items()}


def unit_classes(units, threshold):
    """Class of every unit (Eq. 3): array of names, shaped as the scores.

    units: factor -> score [..., unit]. A score equal to the threshold counts as reaching it; a unit whose score of either
    factor is NaN is dead.
    """
    dynamic, static = units["dynamic"], units["static"]
    dead = np.isnan(dynamic) | np.isnan(static)
    high = dynamic >= threshold, static >= threshold
    return np.select([dead, high[0] & high[1], high[0], high[1]], ["dead", "joint", "dynamic", "static"], "residual")


def class_percentages(units, threshold):
    """Percent of a layer's units in each class: class -> number or [draw]."""
    classes = unit_classes(units, threshold)
    return {name: 100 * (classes == name).mean(-1) for name in CLASSES}
