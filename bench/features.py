"""Speed of the feature dump: the bare forward pass of the same network on input in memory over the whole job.

Both compute in float32 and, on a GPU, also in what `precision: auto` comes to there. The bare pass has no hooks and is given one
float batch again and again. The job is the script of `dump_features` from stored clips to its Parquet file: reading, preprocessing,
hooks, pooling, comparing precisions, the digest of the weights, writing. Left out are imports and building the network.
"""

import statistics
from functools import partial
from unittest.mock import patch

import torch

from bench.jobs import default_config, network_entry, run_script
from bench.measuring import alone, in_turn, median_ratio, row
from bench.synthetic import moving, write_clips, write_variants
from workflow.lib.arrays import frames_writer
from workflow.lib.features import read_about
from workflow.lib.tables import read_table
from workflow.parts.networks import build_network
from workflow.parts.precision import computing, half_type, own_device

SMALL = {"architecture": "slowonly", "depth": [1, 1, 1, 1], "width": 16, "frames": 8, "stride": 2, "size": 64}
PUBLISHED = {"architecture": "slowonly", "frames": 8, "stride": 2, "size": 224}
# network: options, side of the stored clips in pixels, number of clips by device, repetitions; a GPU needs many to be busy
FULL = {
    "cases": {
        "SlowOnly R50, 8 x 224²": (PUBLISHED, 256, {"cpu": 1, "cuda": 64}, 3),
        "small SlowOnly, 8 x 64²": (SMALL, 64, {"cpu": 16, "cuda": 128}, 5),
        "small SlowOnly, 8 x 64², a whole shard": (SMALL, 64, {"cpu": 64, "cuda": 512}, 5),
    }
}
TINY = {"cases": {"tiny SlowOnly": (SMALL | {"width": 4, "frames": 4, "size": 32}, 32, {"cpu": 3, "cuda": 3}, 1)}}
GOALS = {"cpu": ">= 0.95", "cuda": ">= 0.90"}
PRECISIONS = {"cpu": ["float32"], "cuda": ["float32", "auto"]}


def stored(folder, side, n_clips, config):
    """A shard of clips in the default's styles and its variants: the inputs of `dump_features` but for the network's."""
    n_frames, styles = config["clip"]["frames"], config["pairs"]["styles"]
    (clips,), stores = write_clips(folder, n_clips, moving(n_frames, side), n_frames, styles, n_clips)
    variants = write_variants(folder, n_clips, n_frames, config["pairs"], n_clips)
    with frames_writer(f"{folder}/masks.npy", (n_frames, side, side)):
        pass  # a data set without masks
    frames = [stores[style][0] for style in styles]
    return {"variants": variants, "clips": clips, "stores": frames, "masks": f"{folder}/masks.npy", "flows": []}


def dump_job(folder, entry, files, styles, side, n_frames, precision="float32"):
    """The feature dump as a function without arguments, its network described beforehand."""
    described, dumped = f"{folder}/described.parquet", f"{folder}/features.parquet"
    about = {"name": "network", "model": entry}
    clip = {"frames": n_frames, "crop": [side, side]}
    run_script(
        "describe_model", folder, output={"layers": described}, params={**about, "clip": clip, "dynamics": [], "min_distance": 0.25}
    )
    params = {**about, "stores": dict(zip(styles, files["stores"], strict=True)), "flow": {}, "precision": precision}
    return partial(run_script, "dump_features", folder, {**files, "described": described}, {"features": dumped}, params)


def bare_pass(network, n_variants, batch, half=None):
    """The bare forward pass over as many variants in the same batches, as a function without arguments; half: as in computing."""
    device = own_device()
    network.module.to(device)
    video = torch.rand(batch, 3, network.frames, network.size, network.size, device=device)

    @torch.inference_mode()
    def run():
        for _ in range(-(-n_variants // batch)):
            with computing(device, half):
                network([video])
        if device.type == "cuda":
            torch.cuda.synchronize()

    return run


def both_sides(folder, entry, files, styles, side, n_frames, repetitions, precision):
    """Seconds of the bare pass and of the job, by turns, the number of variants, and in what both computed."""
    network, training = build_network(entry)
    n_variants = sum(len(read_table(path, "variants")) for path in files["variants"])
    with patch("workflow.parts.networks.build_network", return_value=(network, training)):
        job = dump_job(folder, entry, files, styles, side, n_frames, precision)
        job()  # the first one is slower, and says what `auto` comes to
        used = read_about([f"{folder}/features.parquet"])["precision"]
        bare = bare_pass(network, n_variants, entry["batch"], half_type(used, own_device()))
        times = in_turn({"bare": bare, "job": job}, repetitions)
    return times, n_variants, used


def bench(folder, cases):
    """Rows of the table."""
    rows, config, device = [], default_config(), own_device().type
    for rank, (name, (options, side, n_clips, repetitions)) in enumerate(cases.items()):
        entry, own = network_entry("resnet3d", **options), f"{folder}/{rank}"
        files = stored(own, side, n_clips[device], config)
        job = own, entry, files, config["pairs"]["styles"], side, config["clip"]["frames"]
        for precision in PRECISIONS[device]:
            times, n_variants, used = alone(both_sides, *job, repetitions, precision)
            told = used if used == precision else f"{precision} ({used})"
            case = f"{name}, {n_variants} variants, batch {entry['batch']}, {device}, {told}"
            rows += rows_of(case, times, n_variants, GOALS[device], repetitions)
    return rows


def rows_of(case, times, n_variants, goal, repetitions):
    """Rows of one case: both speeds and their ratio."""
    named = {"bare": "bare forward pass", "job": "feature dump"}
    speeds = {side: n_variants / statistics.median(taken) for side, taken in times.items()}
    rows = [row(f"{named[side]}: {case}", "variants/s", speed, repetitions=repetitions) for side, speed in speeds.items()]
    ratio = median_ratio(times["bare"], times["job"])
    return [*rows, row(f"speed of the dump over the bare pass: {case}", "ratio", ratio, goal, repetitions=repetitions)]
