"""From similarities to the percentages and unit classes of Kowal et al. (CVPR 2022)."""

import numpy as np

from workflow.lib.errors import BadInput

CLASSES = ("dynamic", "static", "joint", "residual", "dead")
FEWEST_UNITS = 16  # ASSUME: fewer do not show how true scores are spread
NEAR_ONE = 0.995  # on Fisher's scale scores beyond it would outweigh all others


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
    """Percent of a layer's units in each class of `unit_classes`: class -> number or [draw].

    threshold: a number, or several in ascending order, which are a leading axis of the percentages.
    """
    scores, limits = np.stack([units["dynamic"], units["static"]]), np.atleast_1d(threshold)
    dead = np.isnan(scores).any(0)
    passed = np.where(dead, 0, np.searchsorted(limits, scores, side="right")).astype(np.min_scalar_type(len(limits)))
    dynamic, static, joint = (
        np.stack([(which > limit).sum(-1) for limit in range(len(limits))]) for which in (*passed, passed.min(0))
    )
    counts = {"dynamic": dynamic - joint, "static": static - joint, "joint": joint}
    counts["dead"] = dead.sum(-1) + 0 * joint
    counts["residual"] = dead.shape[-1] - sum(counts.values())
    found = {name: 100 * (counts[name] / dead.shape[-1]) for name in CLASSES}
    return found if np.ndim(threshold) else {name: percent[0] for name, percent in found.items()}


def class_draws(units, unit_draws, threshold):
    """Percent of a layer's units in each class, in draws of the units' true scores rather than of noisier ones: class -> [draw].

    units: factor -> score [unit]; unit_draws: factor -> [draw, unit], a bootstrap over videos; the threshold as for
    `class_percentages`. Counts of bootstrapped scores are biased twice, as a unit near the threshold passes it by noise; the draws
    here stand about the count of true scores. Within a layer noise and true scores add up to the spread seen, which says where
    a true score lies given the seen one (empirical Bayes).
    """
    scores = [np.stack([each["dynamic"], each["static"]], axis=-2) for each in (units, unit_draws)]
    alive = ~np.isnan(scores[0]).any(0)
    n_draws, n_alive = len(scores[1]), max(1, alive.sum())
    limit = max(NEAR_ONE, (1 + np.abs(threshold).max()) / 2)
    seen, drawn = (np.arctanh(np.clip(each[..., alive], -limit, limit)) for each in scores)
    true = true_score_draws(seen, drawn)
    classes = class_percentages({"dynamic": true[:, 0], "static": true[:, 1]}, np.arctanh(threshold)) if alive.any() else {}
    # A count moves in steps of a unit: spread each draw over its step, or an interval of steps covers too often.
    dither = np.random.default_rng(0).permutation(np.linspace(-50, 50, n_draws)) / n_alive
    steps = {name: dither * (np.ptp(percent, axis=-1, keepdims=True) > 0) for name, percent in classes.items()}
    found = {name: (percent + steps[name]) * alive.mean() for name, percent in classes.items()}
    found = {name: found.get(name, np.zeros((*np.shape(threshold), n_draws))) for name in CLASSES}
    found["dead"] = found["dead"] + 100 * (1 - alive.mean())
    return {name: np.clip(percent, 0, 100) for name, percent in found.items()}


def true_score_draws(seen, drawn):
    """Draws of true scores given the seen ones, both on Fisher's z scale: seen [factor, unit], drawn [draw, factor, unit].

    Every unit's noise is its draws less their mean, of covariance E (common to the units, as on this scale it nearly is) beside
    a part by which all units move together, which is kept. A true score has mean seen + E grad log f(seen), f the density of
    seen scores (Tweedie's formula: Efron 2011, JASA 106:1602), and covariance E - E F^-1 E, F that of the seen scores.
    """
    noise = np.nan_to_num(drawn - seen)
    mean_noise = noise.mean(0)  # the scale's own bias, as (arctanh r) has
    centre, noise = seen - mean_noise, noise - mean_noise
    n_units = seen.shape[1]
    if n_units < FEWEST_UNITS:
        return centre + noise + 0 * drawn
    together = noise.mean(-1, keepdims=True)
    noise -= together
    unwhiten = np.linalg.cholesky(np.cov(centre) + 1e-9 * np.eye(2))
    whiten = np.linalg.inv(unwhiten)
    spread = np.tensordot(noise, noise, ((0, 2), (0, 2))) / len(noise) / (n_units - 1)
    share, axes = np.linalg.eigh(whiten @ spread @ whiten.T)  # how much of the spread seen is noise, along each axis
    share = np.clip(share, 0, 1)
    towards, back = axes.T @ whiten, unwhiten @ axes
    moved = centre + back @ (share[:, None] * density_slope(towards @ centre))
    return moved + (back * np.sqrt(1 - share)) @ towards @ noise + together + 0 * drawn  # a draw without a score stays NaN


def density_slope(points):
    """Gradient of the log density at every one of some points: [axis, unit], the points' covariance being the identity.

    By mean shift with a Gaussian kernel (Fukunaga & Hostetler 1975, IEEE Trans. Inf. Theory 21:32) of width n^(-1/8), the best
    for slopes in two dimensions; the kernel flattens slopes, of normal points by 1 + width^2, which is undone.
    """
    n = points.shape[1]
    width = n ** (-1 / 8)
    squares, shifts = (points**2).sum(0), []
    for some in np.array_split(np.arange(n), -(-n // 512)):
        kernel = np.exp((points[:, some].T @ points - (squares[some, None] + squares) / 2) / width**2)
        shifts.append(points @ kernel.T / kernel.sum(1) - points[:, some])
    return np.concatenate(shifts, axis=1) * (1 + width**2) / width**2
