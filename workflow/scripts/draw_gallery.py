"""Draw one clip of a data set in every style and every order."""

import matplotlib.pyplot as plt
import numpy as np

from workflow.lib.arrays import open_frames
from workflow.lib.errors import BadInput
from workflow.lib.job import job
from workflow.lib.tables import read_table
from workflow.parts.figure_style import save_figure, set_style
from workflow.parts.frame_sampling import spread

SHOWN = 8


def first_clip(clips, variants, stores):
    """First clip of the data set: its name, its orders (dynamics -> frame order) and style -> frames [frame, h, w, rgb].

    clips, variants: files, one per shard; stores: style -> files, one per shard.
    """
    for shard, path in enumerate(clips):
        table = read_table(path, "clips")
        if len(table):
            own = read_table(variants[shard], "variants")
            own = own[own["clip"] == table["clip"][0]].drop_duplicates("dynamics")
            frames = {style: open_frames(files[shard])[0] for style, files in stores.items()}
            return table["clip"][0], dict(zip(own["dynamics"], own["frame_order"], strict=True)), frames
    raise BadInput("the data set has no clip to draw")


def draw_gallery(clip, orders, frames):
    """One row per style and order, time from left to right."""
    rows = [(style, dynamics) for style in frames for dynamics in orders]
    shown = spread(len(next(iter(frames.values()))), SHOWN)
    figure, grid = plt.subplots(len(rows), 1, figsize=(7.2, 0.95 * len(rows) + 0.4), layout="constrained")
    for axes, (style, dynamics) in zip(grid, rows, strict=True):
        order = np.asarray(orders[dynamics])[shown]
        axes.imshow(np.concatenate(list(frames[style][order]), axis=1))
        axes.set(xticks=[], yticks=[])
        axes.set_ylabel(f"{style}\n{dynamics}", rotation=0, ha="right", va="center")
        axes.grid(False)
    grid[0].set_title(f"{clip}, {SHOWN} of {len(orders['natural'])} frames")
    return figure


if __name__ == "__main__":
    with job(snakemake):
        set_style()
        styles, files = snakemake.params.styles, list(snakemake.input.stores)
        shards = len(snakemake.input.clips)
        stores = {style: files[i * shards : (i + 1) * shards] for i, style in enumerate(styles)}
        clip, orders, frames = first_clip(snakemake.input.clips, snakemake.input.variants, stores)
        save_figure(draw_gallery(clip, orders, frames), snakemake.output.png, snakemake.output.svg)
