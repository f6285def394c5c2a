"""The pairs of a feature dump that are compared, their activations, and what is refused."""

import numpy as np
import pandas as pd

from workflow.lib.errors import BadInput
from workflow.parts.video_sums import by_rank

LEAST_VIDEOS = 3


def check_pairs(pairs, keys, factors):
    """Raise BadInput where a side was not dumped, a pair joins different clips, or a factor has no pairs."""
    clip_of = keys.set_index("variant")["clip"]
    missing = set(pairs["variant_a"]).union(pairs["variant_b"]) - set(clip_of.index)
    if missing:
        raise BadInput(f"the feature dump lacks {len(missing)} variants of the pair table, the first is {min(missing)}")
    a, b = (clip_of.loc[pairs[f"variant_{side}"]].to_numpy() for side in "ab")
    if (a != b).any():
        first = pairs.iloc[np.flatnonzero(a != b)[0]]
        raise BadInput(
            f"{(a != b).sum()} pairs join different clips, the first is {first.variant_a} with {first.variant_b};"
            " both sides of a pair must come from one clip"
        )
    for factor in factors:
        if not pairs["factor"].eq(factor).any():
            raise BadInput(f"the pair table has no pairs of the factor '{factor}'; {', '.join(factors)} are needed")


def kept_pairs(pairs, keys, min_distance):
    """Pairs of the crossings whose perturbed order, as the network saw it, is far enough from natural; and how many are not.

    Crossings of jittered flow have no perturbed order (distance NaN) and stay; identical pairs have none either and stay
    while their clip has a crossing. Raises BadInput where too few videos remain.
    """
    distance = keys.set_index("variant")["order_distance"]
    shown = np.maximum(distance.loc[pairs["variant_a"]].to_numpy(), distance.loc[pairs["variant_b"]].to_numpy())
    crossed = pairs["factor"].ne("identical").to_numpy()
    farthest = pd.Series(shown[crossed]).groupby(pairs["crossing"].to_numpy()[crossed]).max(skipna=False)
    near = set(farthest.index[farthest < min_distance])
    kept = pairs[~pairs["crossing"].isin(near)]
    crossed_clips = kept.loc[kept["factor"].ne("identical"), "clip"].unique()
    kept = kept[kept["clip"].isin(crossed_clips)]  # the same clips for every factor
    check_videos(kept, len(near))
    return kept, len(near)


def check_videos(pairs, n_left_out):
    """Raise BadInput where the pairs rest on too few videos to resample."""
    n_videos = pairs["video"].nunique()
    if n_videos < LEAST_VIDEOS:
        raise BadInput(
            f"{n_videos} videos have pairs to compare ({n_left_out} crossings left out for orders too near the natural one);"
            f" at least {LEAST_VIDEOS} are needed"
        )


class Side:
    """One side of a factor's pairs, float [pair, unit], gathered from the variants' activations where it is looked at.

    Every variant stands in many pairs, so that the whole array would be several times the activations. side[:, units] gives
    an array, side[pairs] another Side, np.asarray(side) the whole. The sides of one layer share `columns`, the units looked
    at last, side by side in memory.
    """

    def __init__(self, activations, rows, columns):
        self.activations, self.rows, self.columns = activations, rows, columns
        self.shape = len(rows), activations.shape[1]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, key):
        if not isinstance(key, tuple):
            return Side(self.activations, self.rows[key], self.columns)
        pairs, units = key
        if self.columns.get("units") != units:
            self.columns.update(units=units, values=np.ascontiguousarray(self.activations[:, units]))
        return self.columns["values"][self.rows[pairs]]

    def __array__(self, dtype=None, copy=None):
        return self.activations[self.rows].astype(dtype or self.activations.dtype, copy=False)


def sides_of(pairs, keys, activations):
    """Both sides and the pair rows of every factor: factor -> (a, b) Side [pair, unit], factor -> DataFrame."""
    row_of, columns = pd.Series(np.arange(len(keys)), keys["variant"]), {}
    by_factor = {factor: own.iloc[by_rank(own["video"])] for factor, own in pairs.groupby("factor", sort=True)}
    sides = {
        factor: tuple(Side(activations, row_of.loc[own[f"variant_{side}"]].to_numpy(), columns) for side in "ab")
        for factor, own in by_factor.items()
    }
    return sides, by_factor


def refuse_not_finite(layer, keys, activations):
    """Raise BadInput naming the first variant and unit of a layer whose activation is NaN or infinite."""
    if not np.isfinite(activations.sum(dtype=np.float64)):  # NaN and infinity carry through a sum
        row, unit = np.argwhere(~np.isfinite(activations))[0]
        raise BadInput(
            f"the feature dump holds {activations[row, unit]} at variant {keys['variant'].iloc[row]}, layer {layer}, unit {unit};"
            " scores need finite activations"
        )
