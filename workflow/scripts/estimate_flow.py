"""Estimate the optical flow of every clip, from each frame to the next one or back."""

from itertools import pairwise

import numpy as np

from workflow.lib.arrays import frames_writer, open_frames
from workflow.lib.errors import BadInput
from workflow.lib.job import job, progress
from workflow.lib.plugins import check_options, load_plugin
from workflow.lib.tables import read_table


def estimator_of(name, options, weights):
    """The function estimate(frame_a, frame_b) of an estimator; `weights`, where there are any, is one of its options."""
    build, given = load_plugin("flows", name).build, options | ({"weights": weights} if weights else {})
    check_options(build, (), given, f"flow: estimator {name}")
    return build(**given)


def flow_of(clip, estimate, backward, what):
    """Flow of one clip, uint8 [frame, height, width, rgb]: float16 [frame-1, height, width, (dx, dy)], pixels per frame.

    Entry t leads from frame t to t+1; `backward`: from t+1 back to t. Raises BadInput, naming `what` is estimated, where the
    estimator gives another size or what is not finite in 16 bits.
    """
    flow = np.empty((len(clip) - 1, *clip.shape[1:3], 2), np.float16)
    for t, frames in enumerate(pairwise(clip)):
        found = np.asarray(estimate(*(frames[::-1] if backward else frames)))
        between = f"{what}, frames {t} and {t + 1}"
        if found.shape != flow.shape[1:]:
            raise BadInput(f"{between}: flow of {list(found.shape)} came, [height, width, 2] = {list(flow.shape[1:])} was needed")
        with np.errstate(over="ignore", invalid="ignore"):
            flow[t] = found
        if not np.isfinite(flow[t]).all():
            row, column = np.argwhere(~np.isfinite(flow[t]).all(-1))[0]
            came = found[row, column].tolist()
            raise BadInput(f"{between}: flow {came} came at row {row}, column {column}; finite pixels below 65,504 were needed")
    return flow


def estimate_flow(frames, names, estimate, backward, flow):
    """Write the flow store of a clip store `frames`, clip by clip; names: of its clips."""
    clips = open_frames(frames)
    if clips.shape[1] < 2:
        raise BadInput(f"{frames} holds clips of 1 frame; flow needs at least 2, the frame and the next: set clip: {{frames: 2}}")
    with frames_writer(flow, (clips.shape[1] - 1, *clips.shape[2:4], 2), np.float16) as append:
        for name, clip in zip(names, progress(clips, "clips with flow"), strict=True):
            append(flow_of(np.asarray(clip), estimate, backward, f"clip {name}"))


if __name__ == "__main__":
    with job(snakemake):
        i, p = snakemake.input, snakemake.params
        names = read_table(i.clips, "clips")["clip"]
        estimate_flow(i.frames, names, estimator_of(p.estimator, p.options, p.weights), p.backward, snakemake.output.flow)
