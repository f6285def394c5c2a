"""Copy the examples of a shard out of its clip store and its stylized stores: whoever looks at them need not hold the stores."""

import numpy as np

from workflow.lib.arrays import frames_writer, open_frames
from workflow.lib.job import job
from workflow.lib.tables import read_table
from workflow.parts.examples import example_clips


def pick_examples(clips, examples, stores, path):
    """Write uint8 [example, store, frame, height, width, rgb].

    clips: names of the shard's clips, in the order of the stores; examples: those to copy, in the same order.
    """
    opened, row_of = [open_frames(store) for store in stores], {clip: row for row, clip in enumerate(clips)}
    with frames_writer(path, (len(stores), *opened[0].shape[1:])) as append:
        for clip in examples:
            append(np.stack([store[row_of[clip]] for store in opened]))


if __name__ == "__main__":
    with job(snakemake):
        i, p = snakemake.input, snakemake.params
        examples, _ = example_clips(i.tables, p.clips, p.seed)
        clips = read_table(i.tables[p.shard], "clips")["clip"]
        pick_examples(clips, examples[p.shard], i.stores, snakemake.output.examples)
