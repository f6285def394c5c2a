"""Show every clip in a style that is one fixed function of a frame: without a network, without flicker."""

import numpy as np

from workflow.lib.arrays import frames_writer, open_frames
from workflow.lib.errors import BadInput
from workflow.lib.job import job, progress
from workflow.lib.painting import write_record
from workflow.lib.plugins import check_options, load_plugin
from workflow.parts.seeding import seed_of


def function_of(plugin, options, style, seed):
    """The function of a style: uint8 [..., height, width, rgb] to the same. What it draws is keyed by (seed, style) alone."""
    apply = getattr(load_plugin("perturbations", plugin), "apply", None)
    if apply is None:
        raise BadInput(f"styles: {style}: the plug-in '{plugin}' has no apply(frames, seed, **options)")
    check_options(apply, ("frames", "seed"), options, f"styles: {style}: {plugin}")
    drawn = seed_of(seed, "apply", style)

    def function(frames):
        shown = apply(frames, drawn, **options)
        if shown.shape != frames.shape or shown.dtype != np.uint8:
            raise BadInput(f"style {style} gave {shown.dtype} {shown.shape}, uint8 {frames.shape} was needed")
        return shown

    return function


def apply_style(frames, function, stylized):
    """Write uint8 [clip, frame, height, width, rgb] in the order and shape of the clip store `frames`."""
    clips = open_frames(frames)
    with frames_writer(stylized, clips.shape[1:]) as append:
        for clip in progress(clips, "applying a style to clips"):
            append(function(np.asarray(clip)))


if __name__ == "__main__":
    with job(snakemake):
        p = snakemake.params.painting
        function = function_of(p["plugin"], p["options"], p["style"], p["seed"])
        apply_style(snakemake.input.frames, function, snakemake.output.frames)
        write_record(snakemake.output.record, p)
