"""A training from its first step, or its last saved one, to its end: what is measured, what is kept, and when it stops."""

import json
import math
import time
from contextlib import contextmanager

import torch

from workflow.lib.errors import BadInput
from workflow.lib.files import disk_is_full
from workflow.lib.job import progress
from workflow.parts.checkpoints import save_state, save_weights
from workflow.parts.prefetching import ahead

SAVED_EVERY_S = 60


@contextmanager
def unless_full(what, kept):
    """Turn a full disk into one sentence that says what is kept."""
    try:
        yield
    except OSError as error:
        if not disk_is_full(error):
            raise
        raise BadInput(f"{what}: the disk is full; {kept}: make room and start again") from error


class TrainingRun:
    """The steps of a Training on the ClipBatches `train`, measured on `held_out`.

    about: what its checkpoints say of themselves, but for their step; start: what the weights were before, e.g. `untrained`;
    text: what it is trained on; scratch: the folder that keeps its state and checkpoints.
    """

    def __init__(self, training, train, held_out, about, start, text, scratch, workers=0):
        self.training, self.train, self.held_out, self.workers = training, train, held_out, workers
        self.about, self.start, self.text = about, start, text
        self.scratch, self.file = scratch, scratch / "state.pt"
        self.quantity, self.title = training.objective.quantity, training.objective.title
        self.done, self.rows, self.recent = 0, [], {"loss": 0.0, "measure": 0.0, "n": 0}

    def run(self, declared, split):
        """Do the steps that are left; the weights of the `declared` steps are kept, `split` is the held-out clips' name."""
        if self.resume():
            print(f"training {self.about['model']} goes on from step {self.done}", flush=True)
        else:
            self.measure(split)
            self.keep(declared)
        steps, saved = range(self.done, self.training.steps), time.monotonic()
        batches = ahead(self.train.draw, steps, self.workers)
        for k in progress(steps, f"training {self.about['model']}, steps", note=self.note):
            self.do(k, *next(batches))
            if int(self.epoch(k + 1)) > int(self.epoch(k)) or self.done == self.training.steps:
                self.close_row()
                self.measure(split)
            self.keep(declared)
            if time.monotonic() - saved >= SAVED_EVERY_S:
                self.save()
                saved = time.monotonic()
        if not self.training.is_finite():
            self.stop(f"weights became infinite or NaN by step {self.done}")

    def do(self, k, videos, targets):
        """Step `k`, from 0; stops the training where its loss is no number."""
        loss, right = self.training.step(k, videos, targets)
        if not math.isfinite(loss):
            self.stop(f"the loss became {loss} at step {k + 1}")
        self.done, new = k + 1, {"loss": loss * len(targets), "measure": right, "n": len(targets)}
        self.recent = {key: total + new[key] for key, total in self.recent.items()}

    def epoch(self, step):
        """Passes through the training clips after `step` steps."""
        return step * self.training.settings["batch"] / len(self.train)

    def close_row(self):
        """Write what was trained since the last row to the curve."""
        self.add_rows("train", **self.recent, clips=self.train)
        self.recent = dict.fromkeys(self.recent, 0)

    def measure(self, split):
        """Write loss and accuracy on the held-out clips, as they are, to the curve."""
        loss, right, size = 0.0, 0, self.training.settings["batch"]
        for batch in ahead(self.held_out.plain, range(0, len(self.held_out), size), self.workers):
            batch_loss, batch_right = self.training.judge(*batch)
            loss, right = loss + batch_loss, right + batch_right
        self.add_rows(split, loss, right, len(self.held_out), self.held_out)

    def add_rows(self, split, loss, measure, n, clips):
        about = {"step": self.done, "epoch": self.epoch(self.done), "split": split, "n": n, "n_videos": clips.n_videos}
        self.rows += [{**about, "quantity": name, "value": total / n} for name, total in (("loss", loss), (self.quantity, measure))]

    def note(self):
        """The latest loss and accuracies, for the line of progress."""
        latest = {(row["split"] == "train", row["quantity"]): row["value"] for row in self.rows}
        if n := self.recent["n"]:
            latest |= {(True, "loss"): self.recent["loss"] / n, (True, self.quantity): self.recent["measure"] / n}
        seen, held_out = latest[True, self.quantity], latest[False, self.quantity]
        return f", loss {latest[True, 'loss']:.3f}, {self.title} {seen:.1%}, held out {held_out:.1%}"

    def keep(self, declared):
        """Keep the weights of a declared step."""
        if self.done in declared:
            with unless_full(f"model {self.about['model']}, step {self.done}", self.kept()):
                self.write(self.scratch / f"step{self.done}.safetensors")

    def write(self, path):
        """Write the weights as they are, with what they are."""
        trained = f"{self.text}, {self.done} step{'s' * (self.done != 1)}"
        trained = self.start if not self.done else trained if self.start == "untrained" else f"{self.start}, then {trained}"
        about = {**self.about, "classes": json.dumps(self.about["classes"]), "training": trained, "step": str(self.done)}
        save_weights(path, self.training.module, about)

    def save(self):
        """Replace the saved state by this one; the old one stays where weights are no numbers or the disk is full."""
        if not self.training.is_finite():
            return
        state = {"training": self.training.state(), "done": self.done, "rows": self.rows, "recent": self.recent}
        with unless_full(f"model {self.about['model']}, step {self.done}", self.kept()):
            save_state(self.file, state)

    def resume(self):
        """Take up the saved state; whether there was one."""
        if not self.file.is_file():
            return False
        saved = torch.load(self.file, map_location=self.training.device, weights_only=True)
        self.training.restore(saved["training"])
        self.done, self.rows, self.recent = saved["done"], saved["rows"], saved["recent"]
        return True

    def kept(self):
        """What a training that stops here goes on from."""
        return f"the last saved state stays in {self.file}" if self.file.is_file() else "no state had been saved yet"

    def stop(self, why):
        """Raise BadInput, after the last weights that are numbers have been kept."""
        if not self.training.is_finite():
            self.resume()
        kept = "no good state had been saved"
        if self.training.is_finite():
            path = self.scratch / f"stopped{self.done}.safetensors"
            self.write(path)
            kept = f"the weights of step {self.done} are kept in {path}"
        raise BadInput(f"model {self.about['model']}: {why}; {kept}; a lower learning_rate or a longer warm_up may help")
