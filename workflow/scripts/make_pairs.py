"""Pair the variants of each clip by the crossed design: two styles x two dynamics give six pairs, two per factor.

Identical pairs, where there are augmented variants, stand outside the crossings.
"""

from itertools import combinations

import pandas as pd

from workflow.lib.job import job, progress
from workflow.lib.tables import concat_tables, write_table
from workflow.parts.seeding import seed_of

# The cells of a crossing are (style, dynamics) with s, s' = 0, 1 and natural, perturbed = 0, 1; Kowal et al. (CVPR 2022)
# use the first pair of each factor.
PAIRS = {
    "static": (((0, 0), (0, 1)), ((1, 0), (1, 1))),
    "dynamic": (((0, 0), (1, 0)), ((0, 1), (1, 1))),
    "neither": (((0, 0), (1, 1)), ((1, 0), (0, 1))),
}


def crossings(clip, variants, seed):
    """Yield (name, perturbation, cells) for all pairs of styles and all perturbed dynamics of one clip.

    cells[style, dynamics] is a variant. Which style comes first is drawn by key, so that neither side of a pair is one
    style throughout.
    """
    variant_of = {(row.style, row.dynamics): row.variant for row in variants.itertuples()}
    styles = list(dict.fromkeys(variants["style"]))
    perturbed = variants[variants["perturbation"].notna()].drop_duplicates("dynamics")
    for pair in combinations(styles, 2):
        pair = sorted(pair, key=lambda style: seed_of(seed, "first style", clip, *sorted(pair), style))
        for dynamics, perturbation in zip(perturbed["dynamics"], perturbed["perturbation"], strict=True):
            cells = {(i, j): variant_of[style, d] for i, style in enumerate(pair) for j, d in enumerate(("natural", dynamics))}
            yield f"{clip}/{pair[0]}+{pair[1]}/{dynamics}", perturbation, cells


def identical(clip, variants):
    """Yield (name, sides) for all styles of one clip that have an augmented variant: natural, and augmented."""
    natural = variants[variants["dynamics"] == "natural"]
    plain = natural[natural["augmentation"].isna()].set_index("style")["variant"]
    for row in natural[natural["augmentation"].notna()].itertuples():
        yield f"{clip}/{row.style}/natural+aug{int(row.augmentation)}", (plain[row.style], row.variant)


def make_pairs(variants, clips, seed):
    """All pairs of all crossings as table `pairs`."""
    about = clips.set_index("clip")[["video", "label"]]
    rows = []
    for clip, own in progress(variants.groupby("clip", sort=False), "clips paired"):
        for crossing, perturbation, cells in crossings(clip, own[own["augmentation"].isna()], seed):
            for factor, sides in PAIRS.items():
                for rank, (a, b) in enumerate(sides):
                    pair = (f"{crossing}/{factor}{rank}", crossing, clip, *about.loc[clip], factor)
                    rows.append((*pair, perturbation, rank == 0, cells[a], cells[b]))
        for crossing, sides in identical(clip, own):
            rows.append((f"{crossing}/identical0", crossing, clip, *about.loc[clip], "identical", None, True, *sides))
    columns = ["pair", "crossing", "clip", "video", "label", "factor", "perturbation", "primary", "variant_a", "variant_b"]
    return pd.DataFrame(rows, columns=columns)


if __name__ == "__main__":
    with job(snakemake):
        variants = concat_tables(snakemake.input.variants, "variants")
        clips = concat_tables(snakemake.input.clips, "clips")
        write_table(snakemake.output.pairs, "pairs", make_pairs(variants, clips, snakemake.params.seed))
