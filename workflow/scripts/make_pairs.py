"""Pair the variants of each clip by the crossed design: two styles x two dynamics give six pairs, two per factor."""

from itertools import combinations

import pandas as pd

from workflow.lib.job import job
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
    """Yield (name, cells) for all pairs of styles and all perturbed dynamics of one clip; cells[style, dynamics] is a variant.

    Which style comes first is drawn by key, so that neither side of a pair is one style throughout.
    """
    variant_of = {(row.style, row.dynamics): row.variant for row in variants.itertuples()}
    styles = list(dict.fromkeys(variants["style"]))
    perturbed = [d for d in dict.fromkeys(variants["dynamics"]) if d != "natural"]
    for pair in combinations(styles, 2):
        pair = sorted(pair, key=lambda style: seed_of(seed, "first style", clip, *sorted(pair), style))
        for dynamics in perturbed:
            cells = {(i, j): variant_of[style, d] for i, style in enumerate(pair) for j, d in enumerate(("natural", dynamics))}
            yield f"{clip}/{pair[0]}+{pair[1]}/{dynamics}", cells


def make_pairs(variants, clips, seed):
    """All pairs of all crossings as table `pairs`."""
    about = clips.set_index("clip")[["video", "label"]]
    rows = []
    for clip, own in variants.groupby("clip", sort=False):
        for crossing, cells in crossings(clip, own, seed):
            for factor, sides in PAIRS.items():
                for rank, (a, b) in enumerate(sides):
                    pair = f"{crossing}/{factor}{rank}"
                    rows.append((pair, crossing, clip, *about.loc[clip], factor, rank == 0, cells[a], cells[b]))
    columns = ["pair", "crossing", "clip", "video", "label", "factor", "primary", "variant_a", "variant_b"]
    return pd.DataFrame(rows, columns=columns)


if __name__ == "__main__":
    with job(snakemake):
        variants = concat_tables(snakemake.input.variants, "variants")
        clips = concat_tables(snakemake.input.clips, "clips")
        write_table(snakemake.output.pairs, "pairs", make_pairs(variants, clips, snakemake.params.seed))
