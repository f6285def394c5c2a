"""Is a pair table crossed, two styles x two dynamics of one clip, and in which cell does each side stand?"""

import numpy as np
import pandas as pd

from workflow.lib.errors import BadInput
from workflow.parts.video_sums import need_pairs

FACTORS = ("static", "dynamic", "neither")
SHARE_STYLE = np.array([True, False, False])[:, None]  # [factor, pair]: do the two sides have the same style,
SHARE_DYNAMICS = np.array([False, True, False])[:, None]  # the same dynamics?


def crossed_cells(pairs):
    """Style and kind of dynamics of both sides of every neither pair, of a pair table that is crossed.

    pairs[factor]: rows of the pair table. Returns (style, perturbed), int and bool [neither pair, side], styles numbered
    from 0. BadInput, naming the first crossing at fault, unless every crossing has exactly two pairs of each factor over
    the same four variants of one clip, the sides share what the factor says, and one of the two dynamics is natural.
    """
    need_pairs(pairs, FACTORS)
    table = pd.concat([pairs[factor] for factor in FACTORS], ignore_index=True)
    table["factor"] = np.repeat(np.arange(3), [len(pairs[factor]) for factor in FACTORS])
    crossing, names = pd.factorize(table["crossing"])
    two_each = (np.bincount(crossing * 3 + table["factor"], minlength=3 * len(names)) == 2).reshape(-1, 3)
    refuse(~two_each.all(1), names, "has not exactly two pairs of each factor")
    cells = cells_of(table)
    order = np.lexsort((table["factor"], crossing))
    grid = {name: values[order].reshape(-1, 3, 2, 2) for name, values in cells.items()}  # [crossing, factor, pair, side]
    for fault, wrong in faults(grid).items():
        refuse(wrong, names, fault)
    neither = (table["factor"] == 2).to_numpy()
    return cells["style"][neither], cells["perturbed"][neither]


def cells_of(table):
    """What is needed of both sides of each pair, numbered: name -> [pair, side]; BadInput where a variant's name is malformed."""
    both = table[["variant_a", "variant_b"]].to_numpy().ravel()
    codes, variants = pd.factorize(both)
    parts = pd.Series(variants).str.rsplit("/", n=2)  # a clip's name may hold slashes
    malformed = parts.str.len() != 3
    if malformed.any():
        raise BadInput(f"variant '{variants[malformed.to_numpy()][0]}' came; clip/style/dynamics was needed")
    clip, style, dynamics = (parts.str[i].to_numpy() for i in range(3))
    own_clip = np.repeat(table["clip"].to_numpy(), 2) == clip[codes]
    named = {"variant": codes, "own_clip": own_clip, "perturbed": (dynamics != "natural")[codes]}
    named |= {"style": pd.factorize(style)[0][codes], "dynamics": pd.factorize(dynamics)[0][codes]}
    named |= {name: np.repeat(pd.factorize(table[name])[0], 2) for name in ("clip", "video")}
    return {name: values.reshape(-1, 2) for name, values in named.items()}


def faults(grid):
    """What can be wrong with a crossing -> which crossings have it [crossing]; grid: name -> [crossing, factor, pair, side]."""
    n = len(grid["variant"])
    four = np.sort(grid["variant"].reshape(n, 3, 4), axis=2)
    clip, video = (grid[name].reshape(n, 12) for name in ("clip", "video"))
    elsewhere = (clip != clip[:, :1]).any(1) | (video != video[:, :1]).any(1) | ~grid["own_clip"].all((1, 2, 3))
    same = {name: grid[name][..., 0] == grid[name][..., 1] for name in ("style", "dynamics", "perturbed")}
    return {
        "has variants of another clip, or of two videos": elsewhere,
        "is not made of the same four variants for each factor": ((four != four[:, :1]).any(2) | (np.diff(four) == 0).any(2)).any(
            1
        ),
        "has a pair that does not share the style its factor says": (same["style"] != SHARE_STYLE).any((1, 2)),
        "has a pair that does not share the dynamics its factor says": (same["dynamics"] != SHARE_DYNAMICS).any((1, 2)),
        "has not one natural and one perturbed dynamics": same["perturbed"][:, 0].any(1),
    }


def refuse(wrong, names, fault):
    """Raise BadInput for the first crossing that is `wrong` [crossing]."""
    if wrong.any():
        raise BadInput(
            f"the pair table is not crossed: crossing {names[wrong][0]} {fault} ({wrong.sum()} of {len(names)} crossings);"
            " two styles x two dynamics of one clip are needed"
        )
