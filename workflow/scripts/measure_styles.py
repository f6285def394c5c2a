"""Measure what each style does to the dynamics and how far the styles differ; warn where a bound is passed."""

import sys
from itertools import combinations

import numpy as np

from workflow.lib.arrays import open_frames
from workflow.lib.errors import BadInput
from workflow.lib.job import job, progress
from workflow.lib.tables import write_table
from workflow.parts import style_quality as measure
from workflow.parts.examples import example_clips
from workflow.parts.seeding import generator

# What a passed bound means and what helps beside another choice: styles that are trained here, and others.
ADVICE = {
    "warp_ratio": ("the style flickers", "more `iterations` or a lower `adversarial` of style_training make it steadier", None),
    "flow_correlation": (
        "the style changes the motion, or hides it",
        "more `iterations` and `width` of style_training keep more of it",
        "a texture that stands still slows it, the less the lower its `opacity`; turned colours move nothing, but hide edges: "
        "under another name a `colour_matrix` turns them otherwise",
    ),
    "luminance_correlation": ("two styles are alike in light and dark, and what they share counts as dynamics", None, None),
}


def measure_styles(examples, tables, styles, clips, seed, bounds, quality, trained=()):
    """Write the table `quality`; examples: the example clips, as they are and in each style, and `tables`: one file per shard.

    trained: those of the styles that are trained here.
    """
    found = {}  # (style, other, quantity) -> values, one per clip
    shards, chosen = example_clips(tables, clips, seed)
    where = {clip: (path, row) for path, own in zip(examples, shards, strict=True) for row, clip in enumerate(own)}
    for clip in progress(chosen, "measuring styles"):
        path, row = where[clip]
        source, *stylized = np.asarray(open_frames(path)[row])
        if len(stylized) != len(styles):
            raise BadInput(f"{path} holds {len(stylized)} styles, {len(styles)} were needed")
        for key, value in of_clip(source, dict(zip(styles, stylized, strict=True)), generator(seed, "flow_repeatability", clip)):
            found.setdefault(key, []).append(value)
    rows = [row_of(*key, np.array(values), bounds, key[0] in trained) for key, values in found.items()]
    write_table(quality, "quality", rows)
    for row in rows:
        if row["warning"]:
            print(f"warning: {row['warning']}", file=sys.stderr)


def of_clip(source, shown, rng):
    """Yield ((style, other, quantity), value) for one clip and its stylized versions by style."""
    moves = len(source) > 1
    if moves:
        forward, backward = measure.flow(source), measure.flow(source, backward=True)
        repeated = measure.flow_repeatability(source, forward, rng)
        yield ("original", None, "flow_repeatability"), repeated
    for style, clip in shown.items():
        yield (style, None, "luminance_correlation"), measure.luminance_correlation(source, clip)
        yield (style, None, "gradient_agreement"), measure.gradient_agreement(source, clip)
        if moves:
            changed = measure.flow(clip)
            kept = measure.flow_correlation(forward, changed) if repeated >= measure.REPEATED else np.nan
            yield (style, None, "flow_correlation"), kept
            yield (style, None, "flow_error_px"), measure.flow_error(forward, changed)
            yield (style, None, "warp_ratio"), measure.warp_ratio(source, clip, forward, backward)
    for a, b in combinations(shown, 2):
        yield (a, b, "luminance_correlation"), measure.luminance_correlation(shown[a], shown[b])


def row_of(style, other, quantity, values, bounds, trained=True):
    """One row of the table: the mean over the clips where the quantity is defined, held against its bound."""
    measured = values[np.isfinite(values)]
    value = float(measured.mean()) if len(measured) else np.nan
    bound = bounds.get(quantity) if quantity != "luminance_correlation" or other else None
    passed = bound is not None and (value < bound if quantity == "flow_correlation" else value > bound)
    name = f"{style} and {other}" if other else style
    side = "under" if quantity == "flow_correlation" else "over"
    warning = None
    if passed:
        meaning, *remedies = ADVICE[quantity]
        remedy = f"{own}; or choose another" if (own := remedies[not trained]) else "choose another"
        warning = f"{name}: {quantity} {apart(value, bound)} is {side} {bound}: {meaning}: {remedy}"
    return {"style": style, "other": other, "quantity": quantity, "value": value, "bound": bound,
            "warning": warning, "n_clips": len(measured)}  # fmt: skip


def apart(value, bound):
    """A number with two digits after the point, or as many more as tell it from its bound."""
    return next((text for n in range(2, 9) if float(text := f"{value:.{n}f}") != bound), str(value))


if __name__ == "__main__":
    with job(snakemake):
        i, p = snakemake.input, snakemake.params
        measure_styles(i.examples, i.tables, p.styles, p.clips, p.seed, p.bounds, snakemake.output.quality, p.trained)
