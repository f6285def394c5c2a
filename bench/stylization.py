"""Speed of stylization: the whole of `stylize_clips`, from clip store to clip store, over the bare generator.

The bare generator is run on float batches in memory of the same size, in the same memory format; both
compute in float32.
"""

import statistics
from functools import partial

import torch

from bench.jobs import run_script
from bench.measuring import alone, in_turn, median_ratio, row
from bench.synthetic import moving, write_clips
from workflow.parts.checkpoints import save_weights
from workflow.parts.generator import Generator
from workflow.parts.precision import own_device
from workflow.scripts.stylize_clips import TOGETHER

N_FRAMES = 16
# width, last kernel, side in pixels, number of clips by device, repetitions; a GPU needs many to be busy
FULL = {
    "cases": {
        "default generator, 224²": (0.25, 3, 224, {"cpu": 4, "cuda": 128}, 5),
        "published generator, 224²": (1, 7, 224, {"cpu": 1, "cuda": 32}, 3),
    }
}
TINY = {"cases": {"default generator, 32²": (0.25, 3, 32, {"cpu": 1, "cuda": 3}, 1)}}


def bare_generator(network, n_clips, side):
    """The bare generator over as many frames in the same batches, as a function without arguments."""
    device = own_device()
    network = network.eval().to(device, memory_format=torch.channels_last)
    images = (torch.rand(TOGETHER, 3, side, side, device=device) * 2 - 1).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run():
        for _ in range(n_clips * N_FRAMES // TOGETHER):
            network(images)
        if device.type == "cuda":
            torch.cuda.synchronize()

    return run


def both_sides(folder, width, last_kernel, side, n_clips, repetitions):
    """Seconds of the bare generator and of the job, by turns."""
    torch.manual_seed(0)
    network, weights = Generator(width, last_kernel), f"{folder}/generator.safetensors"
    save_weights(weights, network, {"training": "untrained"})
    _, stores = write_clips(folder, n_clips, moving(N_FRAMES, side), N_FRAMES, [], n_clips)
    files, made = (
        {"frames": stores["original"][0], "weights": weights},
        {"frames": f"{folder}/stylized.npy", "record": f"{folder}/painting.json"},
    )
    params = {"painting": {"precision": "float32"}}
    sides = {
        "bare": bare_generator(network, n_clips, side),
        "job": partial(run_script, "stylize_clips", folder, files, made, params),
    }
    bare_generator(network, 1, side)()  # the first pass is slower
    return in_turn(sides, repetitions)


def bench(folder, cases):
    """Rows of the table."""
    rows = []
    for rank, (name, (width, last_kernel, side, n_clips, repetitions)) in enumerate(cases.items()):
        clips = n_clips[own_device().type]
        times = alone(both_sides, f"{folder}/{rank}", width, last_kernel, side, clips, repetitions)
        frames = clips * N_FRAMES
        for key, what in {"bare": "bare generator", "job": "stylization"}.items():
            fps = frames / statistics.median(times[key])
            rows.append(row(f"{what}: {name}, {frames} frames", "frames/s", fps, repetitions=repetitions))
        ratio = median_ratio(times["bare"], times["job"])
        rows.append(row(f"speed of stylization over the bare generator: {name}", "ratio", ratio, repetitions=repetitions))
    return rows
