"""Train a network on the stored clips of one data set; an interrupted training goes on and ends with the same weights."""

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
import torch

from workflow.lib.arrays import open_frames
from workflow.lib.errors import BadInput
from workflow.lib.files import atomic
from workflow.lib.job import job
from workflow.lib.plugins import plugin_path
from workflow.lib.sources import ROOT, digest
from workflow.lib.tables import read_table, write_table
from workflow.parts.flow_pictures import flow_pictures
from workflow.parts.mask_objective import Masks
from workflow.parts.objectives import Classes
from workflow.parts.precision import device_name, own_device
from workflow.parts.splits import splits_of
from workflow.parts.starting_weights import starting_network
from workflow.parts.training_clips import ClipBatches, Shard, annotated, check_labels
from workflow.parts.training_run import TrainingRun, unless_full
from workflow.parts.training_steps import Training
from workflow.parts.weights import file_sha256


def clips_of(tables):
    """Table `clips` of all shards, with the number of the shard as `store` and the place in it as `row`."""
    shards = [read_table(path, "clips") for path in tables]
    return pd.concat([own.assign(store=number, row=range(len(own))) for number, own in enumerate(shards)], ignore_index=True)


def shards_of(frames, masks=(), flows=(), picture=None):
    """The stores of every shard as Shard.

    frames, masks: paths, one per shard; flows: paths of the flows read, those of a shard together; picture: settings of
    `flow_pictures`.
    """
    shards, per_shard = [], len(flows) // len(frames)
    for number, path in enumerate(frames):
        opened, own = open_frames(path), flows[number * per_shard : (number + 1) * per_shard]
        found = open_frames(masks[number]) if masks else opened[:0, ..., 0]
        shards.append(Shard(opened, found, flow_pictures(own, picture or {}, opened)))
    return shards


def recipe_of(entry, settings, clips, seed, picture=None):
    """Digest of all that decides the weights but the pixels: network, settings, clips, seed, picture of flow, start, this code."""
    start = file_sha256(entry["weights"]) if entry["weights"] else None
    code = digest(ROOT / "workflow/scripts/train_model.py", plugin_path("models", entry["family"]))
    rows = clips[["clip", "label", "split"]].fillna("").sort_values("clip").values.tolist()
    parts = [entry | {"weights": start}, settings, rows, seed, picture or {}, code]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def scratch_of(folder, recipe, stores, device):
    """Where a training keeps what it goes on from: another folder for another recipe, other clip stores, another device."""
    files = [[stat.st_size, stat.st_mtime_ns] for stat in (Path(path).stat() for path in stores)]
    return Path(folder) / hashlib.sha256(json.dumps([recipe, device.type, files]).encode()).hexdigest()[:32]


def steps_of(name, settings, n_clips):
    """Numbers of steps of a training and of its warm-up; BadInput where a checkpoint is declared that it never reaches."""
    steps, warm_up = (-int(-settings[key] * n_clips // settings["batch"]) for key in ("epochs", "warm_up"))
    if late := [step for step in settings["checkpoints"] if step > steps]:
        raise BadInput(f"model {name}: a checkpoint is declared at step {late[0]}, the training has {steps} steps: raise epochs")
    return steps, warm_up


def train_model(name, entry, settings, seed, clips, stores, scratch, workers=0):
    """Train the network of `entry`; returns its TrainingRun, at its end.

    entry: what the network is built and started from; settings: the config's `train`; clips: table from clips_of; stores:
    of the shards, see `shards_of`; scratch: folder for what is kept until all is done. The number of workers changes nothing.
    """
    torch.set_num_threads(1)  # workers must not compete with, nor their number change, the sums of the one who computes
    device = own_device()
    masks, shards = settings["learns"] == "masks", shards_of(**stores)
    train, held_out = splits_of(clips, settings["validation"], seed, labelled=not masks)
    seed = [seed, entry["seed"]]  # replicates hold out the same clips
    labels = None if masks else check_labels(train, held_out, settings["flip"])
    network, classes, start = starting_network(entry, settings["head"], labels)
    if masks:
        train, held_out = (annotated(own, shards, network, entry["sampling"]) for own in (train, held_out))
    batches = [ClipBatches(own, shards, classes, network, entry["sampling"], settings, seed) for own in (train, held_out)]
    recipe = recipe_of(entry, settings, clips, seed, stores.get("picture"))
    about = {"model": name, "dataset": settings["dataset"], "classes": classes, "recipe": recipe, "device": device_name(device)}
    text = settings["dataset"] + (" shuffled" if settings["frame_order"] == "shuffled" else "")
    steps, warm_up = steps_of(name, settings, len(train))
    what = "with masks" if masks else f"of {len(classes)} classes"
    print(f"{len(train)} clips {what} to train on, {len(held_out)} held out; {steps} steps on {about['device']}")
    training = Training(network, Masks() if masks else Classes(settings), settings, steps, warm_up, seed, device)
    paths = [path for kind in ("frames", "masks", "flows") for path in stores.get(kind, ())]
    folder = scratch_of(scratch, recipe, paths, device)
    run = TrainingRun(training, *batches, about, start, text, folder, workers)
    run.run(settings["checkpoints"], held_out["split"].iloc[0])
    return run


def write_training(run, declared, weights, classes, curve, steps):
    """Write a finished training: its weights, class names and curve, and the folder `steps` of its declared checkpoints."""
    with unless_full(f"model {run.about['model']}", run.kept()):
        run.write(weights)
        with atomic(classes) as temporary:
            temporary.write_text("".join(f"{name}\n" for name in run.about["classes"]))
        write_table(curve, "training_curve", [row | {key: run.about[key] for key in ("model", "dataset")} for row in run.rows])
        with atomic(steps) as temporary:
            temporary.mkdir()
            for step in declared:
                shutil.copyfile(run.scratch / f"step{step}.safetensors", temporary / f"step{step}.safetensors")


def clear(run, scratch):
    """Delete what a training went on from, the state first: taken up without its checkpoints, it could never be written."""
    run.file.unlink(missing_ok=True)
    shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    with job(snakemake):
        files, out, p = snakemake.input, snakemake.output, snakemake.params
        clips, workers = clips_of(files.clips), snakemake.threads - 1
        stores = {"frames": files.stores, "masks": files.masks, "flows": files.flows, "picture": p.picture}
        run = train_model(p.name, p.model, p.settings, p.seed, clips, stores, p.scratch, workers)
        write_training(run, p.settings["checkpoints"], out.weights, out.classes, out.curve, out.steps)
        clear(run, p.scratch)
