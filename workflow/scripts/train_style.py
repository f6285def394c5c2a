"""Train the network of one style on its keyframes; what was trained before is copied, what was interrupted goes on."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import torch

from workflow.lib.files import atomic
from workflow.lib.job import job, progress
from workflow.lib.sources import ROOT, digest
from workflow.lib.tables import write_table
from workflow.parts.checkpoints import save_state, save_weights
from workflow.parts.patch_training import PatchTraining
from workflow.parts.precision import own_device
from workflow.parts.weights import file_sha256

SAVED_EVERY, ROWS = 100, 50  # steps between checkpoints; rows per quantity of the training curve


def train_style(keyframes, settings, seed, scratch, weights, curve):
    """Write the generator's weights and training curve; `scratch` keeps networks by the content of all that decides them."""
    settings, pairs = dict(settings), np.load(keyframes)
    exemplar = hashlib.sha256(pairs.tobytes()).hexdigest()
    stored = Path(scratch) / f"{key_of(exemplar, pairs.shape, settings, seed)}.safetensors"
    if not stored.is_file():
        training = PatchTraining(pairs, settings, seed, own_device())
        rows = train(training, settings["iterations"], stored.with_suffix(".checkpoint"))
        write_table(stored.with_suffix(".parquet"), "training", rows)
        metadata = {"seed": str(seed), "exemplar": exemplar, "settings": json.dumps(settings, sort_keys=True)}
        save_weights(stored, training.painter, metadata)  # last: this file says that all is done
        stored.with_suffix(".checkpoint").unlink(missing_ok=True)
    for made, wanted in ((stored, weights), (stored.with_suffix(".parquet"), curve)):
        with atomic(wanted) as temporary:
            shutil.copyfile(made, temporary)


def key_of(exemplar, shape, settings, seed):
    """Digest of keyframes, settings, the contents of the VGG19 file, seed and this code."""
    path = settings["perceptual_weights"]
    judge = file_sha256(path) if path else None
    code = digest(ROOT / "workflow/scripts/train_style.py")
    parts = [exemplar, list(shape), settings | {"perceptual_weights": judge}, seed, code]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def train(training, iterations, checkpoint):
    """Train to `iterations` steps, from the checkpoint where there is one; returns the rows of the training curve."""
    start, rows, recent = 0, [], []
    if checkpoint.is_file():
        saved = torch.load(checkpoint, map_location=training.device, weights_only=True)
        training.restore(saved["training"])
        start, rows, recent = saved["step"], saved["rows"], saved["recent"]
        print(f"training goes on from step {start}")
    for step in progress(range(start + 1, iterations + 1), "training"):
        recent.append(training.step(step - 1))
        if step % max(iterations // ROWS, 1) == 0 or step == iterations:
            rows += [{"step": step, "quantity": q, "value": sum(r[q] for r in recent) / len(recent)} for q in recent[0]]
            recent = []
        if step % SAVED_EVERY == 0:
            save_state(checkpoint, {"training": training.state(), "step": step, "rows": rows, "recent": recent})
    return rows


if __name__ == "__main__":
    with job(snakemake):
        p, out = snakemake.params, snakemake.output
        train_style(snakemake.input.keyframes, p.settings, p.seed, p.scratch, out.weights, out.curve)
