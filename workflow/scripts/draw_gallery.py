"""Draw one clip of a data set in every style and every order, and its flow where a network reads it."""

import matplotlib.pyplot as plt
import numpy as np

from workflow.lib.arrays import open_frames
from workflow.lib.errors import BadInput
from workflow.lib.job import job
from workflow.lib.tables import read_table
from workflow.parts.figure_panels import PAGE
from workflow.parts.figure_style import LETTER, TEXT, save_figure, set_style, wrapped
from workflow.parts.flow_pictures import FlowPictures, jitters_of
from workflow.parts.frame_sampling import spread

SHOWN = 8  # moments at most
LETTERS = 16  # of a line beside a row
GAP, TITLE, EDGE = 0.12, 0.18, 0.04  # inches: below a row, above the first, around all


def first_clip(clips, variants, examples, styles, flows, settings):
    """First clip of the data set: its name, and what it looks like, (style or flow, dynamics) -> uint8 [frame, h, w, rgb].

    clips, variants, examples, flows: files, one per shard, of flow perhaps none; styles: those of the examples, of which the
    data set's first clip is the first; settings: how flow is made a picture.
    """
    for shard, path in enumerate(clips):
        table = read_table(path, "clips")
        if len(table):
            own = read_table(variants[shard], "variants")
            own = own[own["clip"] == table["clip"][0]].drop_duplicates("dynamics")
            looks, jitters = {}, dict(zip(own["dynamics"], jitters_of(own), strict=True))
            shown = open_frames(examples[shard])[0]  # [style, frame, height, width, rgb]
            count = min(SHOWN, shown.shape[1] - bool(flows))  # the last frame has no flow
            for style, frames in zip(styles, shown, strict=True):
                for dynamics, order in zip(own["dynamics"], own["frame_order"], strict=True):
                    if jitters[dynamics] is None:
                        looks[style, dynamics] = chosen(frames, order, count)
            if flows:
                looks |= flow_looks(FlowPictures(open_frames(flows[shard]), settings), jitters, count)
            return table["clip"][0], looks
    raise BadInput("the data set has no clip to draw")


def chosen(frames, order, count):
    """`count` frames of a clip, evenly spread over the order in which they are shown."""
    return frames[np.asarray(order)[spread(len(order), count)]]


def flow_looks(pictures, jitters, count):
    """`count` pictures of the flow of a shard's first clip, plain and jittered: ("flow", dynamics) -> uint8 [frame, h, w, rgb]."""
    natural = {"natural": None} | {dynamics: jitter for dynamics, jitter in jitters.items() if jitter is not None}
    frames = spread(pictures.flows.shape[1], count)
    return {("flow", dynamics): pictures.shown(0, frames, jitter) for dynamics, jitter in natural.items()}


def draw_gallery(clip, looks):
    """One row per style and order, or jitter of the flow, time from left to right; looks: as first_clip gives them.

    As wide as a page's text, and less where it would be longer than a page.
    """
    count, height, width, _ = next(iter(looks.values())).shape
    labels = [wrapped(f"{style}\n{dynamics}", LETTERS) for style, dynamics in looks]
    beside = LETTER * max(len(line) for label in labels for line in label.split("\n")) + 2 * EDGE
    longest = ((PAGE - TITLE) / len(looks) - GAP) * count * width / height
    row = min(TEXT - beside - EDGE, longest)  # inches, its length
    pitch = row * height / (count * width) + GAP
    wide, tall = beside + row + EDGE, pitch * len(looks) + TITLE
    figure = plt.figure(figsize=(wide, tall))
    for k, (label, frames) in enumerate(zip(labels, looks.values(), strict=True), 1):
        axes = figure.add_axes([beside / wide, (tall - TITLE - pitch * k + GAP) / tall, row / wide, (pitch - GAP) / tall])
        axes.imshow(np.concatenate(list(frames), axis=1))
        axes.set(xticks=[], yticks=[])
        axes.set_ylabel(label, rotation=0, ha="right", va="center")
        axes.grid(False)
    figure.axes[0].set_title(f"{clip}, {count} moment{'s' * (count > 1)}")
    return figure


if __name__ == "__main__":
    with job(snakemake):
        set_style()
        i, p = snakemake.input, snakemake.params
        shown = draw_gallery(*first_clip(i.clips, i.variants, i.examples, p.styles, i.flows, p.flow))
        save_figure(shown, snakemake.output.png, snakemake.output.svg)
