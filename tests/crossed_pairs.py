"""Crossed pair tables and activations for tests, written down independently of the pipeline's own pairing."""

from itertools import combinations

import numpy as np
import pandas as pd

SIDES = {  # cells are (first or second style, natural or perturbed)
    "static": (((0, 0), (0, 1)), ((1, 0), (1, 1))),
    "dynamic": (((0, 0), (1, 0)), ((0, 1), (1, 1))),
    "neither": (((0, 0), (1, 1)), ((1, 0), (0, 1))),
}


def crossed_pairs(clips, styles, perturbed=("shuffle0",)):
    """Pair table of clips [(clip, video, label)], styles[i] the styles of clip i in the order of their crossings."""
    rows = []
    for (clip, video, label), own in zip(clips, styles, strict=True):
        for pair in combinations(own, 2):
            for dynamics in perturbed:
                crossing = f"{clip}/{'+'.join(pair)}/{dynamics}"
                for factor, pairs in SIDES.items():
                    for rank, sides in enumerate(pairs):
                        variants = [f"{clip}/{pair[s]}/{('natural', dynamics)[d]}" for s, d in sides]
                        rows.append((f"{crossing}/{factor}{rank}", crossing, clip, video, label, factor, rank == 0, *variants))
    columns = ["pair", "crossing", "clip", "video", "label", "factor", "primary", "variant_a", "variant_b"]
    return pd.DataFrame(rows, columns=columns)


def some_clips(n, per_video=1, n_labels=4):
    """Clips [(clip, video, label)]; their names hold slashes."""
    return [
        (f"dir/v{i // per_video:04d}@{i % per_video}", f"dir/v{i // per_video:04d}", f"k{i // per_video % n_labels}")
        for i in range(n)
    ]


def some_styles(n, n_styles=4, drawn=2, seed=0):
    """Styles of n clips, drawn without replacement, in random order."""
    rng = np.random.default_rng(seed)
    return [[f"s{s}" for s in rng.permutation(n_styles)[:drawn]] for _ in range(n)]


def by_factor(pairs):
    """Pair table -> factor -> its rows."""
    return dict(list(pairs.groupby("factor")))


def sides_from(pairs, activation):
    """Both sides of every factor; activation(variants: list of (clip, style, dynamics)) -> float [variant, unit]."""
    variants = sorted(set(pairs["variant_a"]) | set(pairs["variant_b"]))
    values = activation([tuple(v.rsplit("/", 2)) for v in variants])
    row = pd.Series(np.arange(len(variants)), variants)
    return {f: tuple(values[row[own[f"variant_{side}"]].to_numpy()] for side in "ab") for f, own in by_factor(pairs).items()}
