"""How far estimated flow is from the exact flow of rendered videos."""

from pathlib import Path

import numpy as np

from workflow.lib.arrays import open_frames
from workflow.lib.job import job, progress
from workflow.lib.tables import read_table, write_table
from workflow.parts.flow_errors import flow_errors, merged
from workflow.parts.video_files import SLACK


def truth_of(clip, folder, size):
    """Exact flow [frame, height, width, (dx, dy)] and mask [frame, height, width] of a clip (row of `clips`) of a rendered video.

    The clip has the rate and the scale of its video, and `size` (height, width) is cut from the centre. None where it is longer.
    """
    truth = np.load(folder / f"{Path(clip.video).stem}.npz")
    first = int((clip.start_s + SLACK) * clip.fps)
    frames = slice(first, first + clip.n_frames - 1)
    flow, mask = truth["flow"][frames], truth["mask"][frames]
    top, left = ((whole - own) // 2 for whole, own in zip(mask.shape[1:], size, strict=True))
    view = slice(None), slice(top, top + size[0]), slice(left, left + size[1])
    return (flow[view], mask[view] > 0) if len(flow) == clip.n_frames - 1 else None


def measure_flow(clips, flows, videos):
    """Rows of table `flow_errors`, what moves and what does not apart, without data set and estimator.

    clips, flows, videos: of every shard, the table, the flow store and the folder of the videos' truth.
    """
    found = {"moving": [], "still": []}
    for table, path, folder in progress(list(zip(clips, flows, videos, strict=True)), "shards measured"):
        store = open_frames(path)
        for estimated, clip in zip(store, read_table(table, "clips").itertuples(), strict=True):
            if (truth := truth_of(clip, Path(folder), store.shape[2:4])) is None:
                continue  # a video that was shown in a loop
            exact, mask = truth
            for region, inside in (("moving", mask), ("still", ~mask)):
                found[region].append(flow_errors(estimated, exact, inside))
    return [{"region": region, **merged(errors)} for region, errors in found.items()]


if __name__ == "__main__":
    with job(snakemake):
        i, p = snakemake.input, snakemake.params
        rows = [row | {"dataset": p.dataset, "estimator": p.estimator} for row in measure_flow(i.clips, i.flows, i.videos)]
        for row in rows:
            print("{estimator}, {dataset}, what is {region}: error {error_px:.2f} px, motion {motion_px:.2f} px".format(**row))
        write_table(snakemake.output.errors, "flow_errors", rows)
