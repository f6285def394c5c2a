"""Training: what is learned and what cannot be, that an interrupted training ends alike, and what is refused."""

import errno
import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests.model_entry import KEYS, entry
from workflow.lib.errors import BadInput
from workflow.lib.model_entries import fetched_weights, model_entry
from workflow.lib.tables import read_table, write_table
from workflow.lib.trainings import check_splits, check_trainings, starting_entry, trained_models
from workflow.parts import training_run
from workflow.parts.checkpoints import checkpoint_about
from workflow.parts.networks import build_network, provenance
from workflow.parts.precision import device_name, own_device
from workflow.parts.splits import splits_of
from workflow.parts.training_clips import check_labels
from workflow.parts.training_run import TrainingRun
from workflow.parts.training_steps import Training, learning_rate
from workflow.scripts.train_model import clear, clips_of, train_model, write_training

BLANK = {key: kind["default"] for key, kind in KEYS["train"]["properties"].items() if "default" in kind}
BLANK = {key: value for key, value in BLANK.items() if key not in ("from", "workers")}
SMALL = {"depth": [1, 1, 1, 1], "width": 4, "frames": 4, "stride": "spread", "size": 32}
C2D = {"architecture": "c2d", "temporal_pool": False, **SMALL}
FILES = "weights.safetensors", "classes.txt", "curve.parquet", "steps"


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def square(place, colour, frames=8, side=32, way=0):
    """A clip of a square that moves `way` pixels a frame to the right: uint8 [frame, height, width, rgb]."""
    clip = np.full((frames, side, side, 3), 60, np.uint8)
    for t in range(frames):
        x = place + way * t
        clip[t, 10:22, x : x + 8] = colour
    return clip


def coloured(n=40):
    """Clips of red and blue squares anywhere, labelled by colour."""
    rng = np.random.default_rng(0)
    colours = {"red": (220, 40, 40), "blue": (40, 40, 220)}
    labels = ["red", "blue"] * (n // 2)
    return np.stack([square(int(rng.integers(0, 24)), colours[label]) for label in labels]), labels


def reversed_pairs(n=40):
    """Clips of a square that moves right, each followed by its time reversal, labelled `right` and `left`."""
    rng = np.random.default_rng(0)
    rightward = [square(int(rng.integers(0, 9)), rng.integers(80, 255, 3), way=2) for _ in range(n // 2)]
    return np.stack([clip for own in rightward for clip in (own, own[::-1])]), ["right", "left"] * (n // 2)


def stored(folder, frames, labels, shard=None, split=lambda i, n: "train" if i < 0.6 * n else "val"):
    """Clip tables and stores of one data set in shards of `shard` clips: (tables, stores)."""
    n, files = len(labels), ([], [])
    rows = [
        {"clip": f"v{i:03}@0", "video": f"v{i:03}", "label": label, "split": split(i, n), "n_frames": len(frames[i])}
        for i, label in enumerate(labels)
    ]
    for start in range(0, n, shard or n):
        own = Path(folder) / f"shard{start}"
        own.mkdir(parents=True)
        np.save(own / "frames.npy", frames[start : start + (shard or n)])
        write_table(own / "clips.parquet", "clips", rows[start : start + (shard or n)])
        for listed, name in zip(files, ("clips.parquet", "frames.npy"), strict=True):
            listed.append(own / name)
    return files


def train(folder, data, options=C2D, workers=0, weights=None, seed=0, classes=None, **settings):
    """Train a small network on stored data and write what the rule writes into `folder`: its TrainingRun."""
    tables, stores = data
    settings = {**BLANK, "dataset": "toy", "epochs": 3, "warm_up": 1, "batch": 8, **settings}
    own = {**entry("resnet3d", weights, **options), "seed": 1, "layers": None, "classes": classes}
    run = train_model("toy-net", own, settings, seed, clips_of(tables), {"frames": stores}, Path(folder) / "scratch", workers)
    write_training(run, settings["checkpoints"], *(Path(folder) / name for name in FILES))
    return run


def accuracy(run, split="val"):
    """Share named rightly at the end."""
    rows = [row for row in run.rows if row["split"] == split and row["quantity"] == "top1"]
    return rows[-1]["value"]


def bytes_of(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(Path(folder).rglob("*.safetensors"))
        if "scratch" not in str(p)
    }


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("colours"), *coloured())


def test_the_schedule_in_closed_form():
    rates = [learning_rate(k, 100, 10, 0.5) for k in range(100)]
    assert rates[0] == pytest.approx(0.05) and rates[9] == rates[10] == 0.5
    assert rates[55] == pytest.approx(0.25) and rates[99] == pytest.approx(0.25 * (1 - math.cos(math.pi / 90)))
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)
    assert learning_rate(0, 100, 0, 0.5) == 0.5


@pytest.mark.parametrize("optimiser", [{}, {"optimiser": "sgd", "learning_rate": 0.05, "weight_decay": 1e-4}], ids=["adamw", "sgd"])
def test_appearance_is_learned_without_order(tmp_path, colours, optimiser):
    run = train(tmp_path, colours, epochs=12, **optimiser)
    assert accuracy(run) > 0.9


def test_order_cannot_be_learned_without_order_and_is_with_it(tmp_path):
    data = stored(tmp_path / "data", *reversed_pairs(60))
    assert accuracy(train(tmp_path / "c2d", data, epochs=6)) == 0.5  # both of a pair look the same to it
    fast = {"architecture": "fastonly", **SMALL, "frames": 8}
    assert accuracy(train(tmp_path / "fast", data, fast, epochs=25)) > 0.8
    assert accuracy(train(tmp_path / "shuffled", data, fast, epochs=6, frame_order="shuffled")) < 0.8


def test_what_is_written(tmp_path, colours):
    run = train(tmp_path, colours, checkpoints=[0, 4], frame_order="shuffled")
    curve = read_table(tmp_path / "curve.parquet", "training_curve")
    assert run.training.steps == 9  # 24 clips, 3 epochs, batches of 8
    assert set(curve["step"]) == {0, 3, 6, 9} and list(curve["n"].unique()) == [16, 24]
    assert (tmp_path / "classes.txt").read_text() == "blue\nred\n"
    told = {p.name: checkpoint_about(p) for p in tmp_path.rglob("*.safetensors") if "scratch" not in str(p)}
    trained = {name: (about["training"], about["step"]) for name, about in told.items()}
    assert trained.pop("weights.safetensors") == ("toy shuffled, 9 steps", 9)
    assert trained == {"step0.safetensors": ("untrained", 0), "step4.safetensors": ("toy shuffled, 4 steps", 4)}
    plain = {**entry("resnet3d", **C2D), "seed": 1}
    untrained, _ = build_network({**plain, "options": {**C2D, "classes": 2}})
    start, training = build_network({**plain, "weights": str(tmp_path / "steps/step0.safetensors")})
    assert training == "untrained"
    own, other = untrained.module.state_dict(), start.module.state_dict()
    assert own.keys() == other.keys() and all(torch.equal(own[name], other[name]) for name in own)
    final = {**plain, "weights": str(tmp_path / "weights.safetensors")}
    assert build_network(final)[1] == "toy shuffled, 9 steps"
    here = device_name(own_device())
    told = {"derived_from": None, "derivation": None, "trained_on": here, "checkpoint_of": "toy-net", "step": 9}
    assert provenance(final) == told and here
    assert provenance({**final, "weights": str(tmp_path / "steps/step0.safetensors")})["trained_on"] is None
    derived = [provenance({**final, "derive": {"from": "toy-net", "how": how}}) for how in ("c2d_twin", "random_weights")]
    assert [(own["trained_on"], own["checkpoint_of"]) for own in derived] == [(here, None), (None, None)]
    twin = build_network({**final, "derive": {"from": "toy-net", "how": "c2d_twin"}})
    assert twin[1] == "c2d twin of toy-net"


def test_a_killed_training_ends_with_the_same_bytes(tmp_path, colours, monkeypatch):
    monkeypatch.setattr(training_run, "SAVED_EVERY_S", 0)
    settings = {"checkpoints": [2, 6], "frame_order": "shuffled"}
    train(tmp_path / "a", colours, **settings)
    step = Training.step

    def killed(self, k, *batch):
        if k == 5:
            raise KeyboardInterrupt
        return step(self, k, *batch)

    monkeypatch.setattr(Training, "step", killed)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "b", colours, **settings)
    seen = []
    monkeypatch.setattr(Training, "step", lambda self, k, *batch: seen.append(k) or step(self, k, *batch))
    train(tmp_path / "b", colours, **settings)
    assert seen == [5, 6, 7, 8] and len(bytes_of(tmp_path / "a")) == 3
    assert bytes_of(tmp_path / "b") == bytes_of(tmp_path / "a")
    tables = [read_table(tmp_path / name / "curve.parquet", "training_curve") for name in "ab"]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    seen.clear()
    with pytest.raises(BadInput, match="12 steps: raise epochs"):
        train(tmp_path / "b", colours, epochs=4, checkpoints=[13])
    train(tmp_path / "b", colours, epochs=4)
    assert seen[0] == 0  # another recipe starts anew


def test_workers_and_shards_change_nothing(tmp_path, colours):
    train(tmp_path / "0", colours)
    for workers in (1, 2):
        train(tmp_path / str(workers), colours, workers=workers)
    train(tmp_path / "shards", stored(tmp_path / "data", *coloured(), shard=7))
    same = [bytes_of(tmp_path / name) for name in ("0", "1", "2", "shards")]
    assert same[0] and all(other == same[0] for other in same[1:])
    train(tmp_path / "seed", colours, seed=1)
    assert bytes_of(tmp_path / "seed") != same[0]


def test_frames_are_shuffled_anew_each_epoch_but_alike_for_held_out_clips(tmp_path, colours):
    run = train(tmp_path, colours, epochs=1, frame_order="shuffled", crop=1)
    clip = np.stack([np.full((32, 32, 3), t, np.uint8) for t in range(8)])[None]
    drawn = {name: batches.frame_order for name, batches in (("train", run.train), ("val", run.held_out))}
    orders = [tuple(drawn["train"](row, epoch)) for row in range(8) for epoch in range(8)]
    assert len(set(orders)) > 60 and all(sorted(order) == list(range(8)) for order in orders)
    assert tuple(drawn["val"](3, None)) == tuple(drawn["val"](3, None)) != tuple(range(8))
    assert tuple(drawn["val"](3, None)) != tuple(drawn["val"](4, None))
    run.train.shards[0].frames = np.repeat(clip, 24, 0)
    shown = run.train.draw(0)[0][0][:, :, 0, 0, 0]  # [clip, frame]: the number of the clip's frame
    assert {tuple(sorted(own)) for own in shown.tolist()} == {(0, 2, 5, 7)}  # the set that the network samples
    assert sum(own != sorted(own) for own in shown.tolist()) >= 6


def test_every_clip_comes_once_before_any_comes_twice(tmp_path, colours):
    run = train(tmp_path, colours, epochs=1, crop=1)
    numbers = np.arange(24, dtype=np.uint8)[:, None, None, None, None]
    run.train.shards[0].frames = np.broadcast_to(numbers, (24, 8, 32, 32, 3))
    run.train.settings = {**run.train.settings, "batch": 7}
    seen = np.concatenate([run.train.draw(step)[0][0][:, 0, 0, 0, 0] for step in range(7)])
    assert sorted(seen[:24]) == sorted(seen[24:48]) == list(range(24)) and list(seen[:24]) != list(seen[24:48])


def test_crops_are_looks_at_the_same_motion_and_mirrors_only_where_asked(tmp_path, colours):
    run = train(tmp_path, colours, epochs=1)
    looks = [run.train.augmentation(row, epoch) for row in range(20) for epoch in range(5)]
    assert not any(flip for _, flip in looks)
    assert all(0.8 <= side <= 1 and top + side <= 1 and left + side <= 1 for (top, left, side), _ in looks)
    run.train.settings = {**run.train.settings, "flip": True, "crop": 1}
    looks = [run.train.augmentation(row, epoch) for row in range(20) for epoch in range(5)]
    assert {crop for crop, _ in looks} == {None} and 30 < sum(flip for _, flip in looks) < 70
    epoch = next(epoch for epoch in range(20) if run.train.augmentation(0, epoch)[1])
    assert np.array_equal(run.train.look(0, epoch)[0][0][:, :, ::-1], run.train.look(0, None)[0][0])


def test_a_loss_that_is_no_number_stops_at_its_step(tmp_path, colours, monkeypatch):
    output = Training.output
    monkeypatch.setattr(Training, "output", lambda self, videos: output(self, videos) * (math.nan if self.broken else 1))
    monkeypatch.setattr(Training, "broken", False, raising=False)
    train(tmp_path / "good", colours, checkpoints=[4])
    step = Training.step

    def breaks(self, k, *batch):
        self.broken = k == 4
        return step(self, k, *batch)

    monkeypatch.setattr(Training, "step", breaks)
    with pytest.raises(BadInput, match=r"the loss became nan at step 5; the weights of step 4 are kept in \S+/stopped4") as told:
        train(tmp_path / "bad", colours, checkpoints=[4])
    kept = str(told.value).split(" are kept in ")[1].split(";")[0]
    assert Path(kept).read_bytes() == (tmp_path / "good/steps/step4.safetensors").read_bytes()
    assert not (tmp_path / "bad/weights.safetensors").exists()


def test_weights_that_are_no_numbers_are_never_saved(tmp_path, colours, monkeypatch):
    monkeypatch.setattr(training_run, "SAVED_EVERY_S", 0)
    step = Training.step

    def explodes(self, k, *batch):
        found = step(self, k, *batch)
        if k == 5:
            next(self.module.parameters()).data.fill_(math.inf)
        return found

    monkeypatch.setattr(Training, "step", explodes)
    with pytest.raises(BadInput, match=r"at step 7; the weights of step 5 are kept"):
        train(tmp_path, colours)


def test_a_full_disk_loses_the_last_step_alone(tmp_path, colours, monkeypatch):
    monkeypatch.setattr(training_run, "SAVED_EVERY_S", 0)
    train(tmp_path / "a", colours)
    write, written = Path.write_bytes, []

    def full(self, data):
        if self.name.endswith("state.pt"):
            written.append(self)
            if len(written) == 5:
                write(self, bytes(data)[:100])
                raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BadInput, match=r"step 5: the disk is full; the last saved state stays in \S+state.pt: make room"):
        train(tmp_path / "b", colours)
    state = next((tmp_path / "b/scratch").rglob("state.pt"))
    assert torch.load(state, weights_only=True)["done"] == 4 and not list(state.parent.glob(".partial*"))
    train(tmp_path / "b", colours)
    assert bytes_of(tmp_path / "b") == bytes_of(tmp_path / "a")
    monkeypatch.setattr(TrainingRun, "write", lambda self, path: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(BadInput, match="the disk is full; the last saved state stays in"):
        train(tmp_path / "c", colours)


def test_a_training_killed_while_it_tidies_up_can_be_written_again(tmp_path, colours, monkeypatch):
    monkeypatch.setattr(training_run, "SAVED_EVERY_S", 0)
    run = train(tmp_path, colours, checkpoints=[2])
    first = bytes_of(tmp_path)

    def killed(scratch, **_):
        next(Path(scratch).rglob("step2.safetensors")).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shutil, "rmtree", killed)
        clear(run, tmp_path / "scratch")
    train(tmp_path, colours, checkpoints=[2])
    assert bytes_of(tmp_path) == first


def some(labels, splits):
    rows = [
        {"clip": f"{i:03}", "video": f"{i:03}", "label": label, "split": s}
        for i, (label, s) in enumerate(zip(labels, splits, strict=True))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("labels", "splits", "flip", "sentence"),
    [
        ("aabb", ["train", "train", "train", "val"], False, None),
        ("aabb", ["train", "test", "train", "test"], False, None),
        ("abac", ["train", "train", "train", "val"], False, "'c' is held out for validation, but no clip of the training split"),
        ("aaaa", ["train", "train", "train", "val"], False, "all clips of the training split are 'a'"),
        ("aabb", [None] * 4, False, "there are none: fill the column `split`"),
        ("aabb", ["train"] * 4, False, "there are train: fill"),
        ([None] * 4, ["train", "train", "train", "val"], False, "there are none"),
        (["left", "right"] * 2, ["train", "train", "train", "val"], True, "makes the label 'left' wrong"),
        (["a b", "A_B"] * 2, ["train", "train", "train", "val"], False, "cannot be told apart: A_B, a b"),
    ],
)
def test_clips_that_cannot_be_learned_are_refused(labels, splits, flip, sentence):
    def checked():
        return check_labels(*splits_of(some(list(labels), splits), None, 0), flip)

    if sentence is None:
        assert checked() == ["a", "b"]
    else:
        with pytest.raises(BadInput, match=sentence):
            checked()


def test_videos_are_held_out_where_nothing_is_said():
    clips = some(["a", "b"] * 50, [None] * 100)
    train_split, held_out = splits_of(clips, 0.2, 0)
    assert len(train_split) + len(held_out) == 100 and 8 < len(held_out) < 35
    again, _ = splits_of(clips[::-1].head(60), 0.2, 0)
    assert set(again["clip"]) == set(train_split["clip"]) & set(clips["clip"][40:])  # a video's part does not depend on others
    taught, also_held = splits_of(clips.assign(split="train"), 0.2, 0)  # a list of training videos alone
    assert list(taught["clip"]) == list(train_split["clip"]) and list(also_held["split"].unique()) == ["val"]
    official = clips.assign(split=["train"] * 90 + ["test"] * 10)
    assert list(splits_of(official, 0.2, 0)[1]["clip"]) == list(clips["clip"][90:])
    named, _ = splits_of(some("aab", ["training", "training", "validation"]), None, 0)
    assert len(named) == 2


@pytest.mark.parametrize(
    ("splits", "validation", "told"),
    [
        (["train", "validation"], None, None),
        (["training", "test"], None, None),
        (["train"], None, "d has train, the splits train and val"),
        (["train"], 0.1, None),
        ([""], 0.1, None),
        ([""], None, "d has no splits"),
        (["validation"], 0.1, "d has validation"),
    ],
)
def test_a_training_without_a_split_is_refused_before_any_work(splits, validation, told):
    config = {"models": {"net": {"family": "resnet3d", "train": {"dataset": "d", "from": None, "validation": validation}}}}
    rows = {"d": [{"split": split} for split in splits]}
    if told is None:
        check_splits(config, ["net"], rows)
    else:
        with pytest.raises(BadInput, match=f"models: net: {told}"):
            check_splits(config, ["net"], rows)
    check_splits(config, ["net"], {})  # of rendered videos


def test_a_training_starts_from_weights(tmp_path, colours):
    train(tmp_path / "first", colours, epochs=12)
    first = str(tmp_path / "first/weights.safetensors")
    run = train(tmp_path / "second", colours, weights=first, epochs=1, warm_up=0, learning_rate=1e-5, checkpoints=[0])
    assert run.rows[0]["value"] < 0.4 and accuracy(run) > 0.9
    assert run.start == "toy, 36 steps" and checkpoint_about(tmp_path / "second/steps/step0.safetensors")["training"] == run.start
    assert checkpoint_about(tmp_path / "second/weights.safetensors")["training"] == "toy, 36 steps, then toy, 3 steps"
    frames, labels = coloured()
    more = stored(tmp_path / "more", frames, ["green" if label == "red" else label for label in labels])
    with pytest.raises(BadInput, match="'green' is a label of the clips and no class of weights .*; `head: new`"):
        train(tmp_path / "third", more, weights=first)
    fresh = train(tmp_path / "third", more, weights=first, head="new", epochs=1, checkpoints=[0])
    states = [run.training.module.state_dict(), fresh.training.module.state_dict()]
    assert fresh.about["classes"] == ["blue", "green"] and states[0].keys() == states[1].keys()
    start, _ = build_network({**entry("resnet3d", **C2D), "weights": str(tmp_path / "third/steps/step0.safetensors")})
    before, _ = build_network({**entry("resnet3d", **C2D), "weights": first})
    same = {n: torch.equal(t, before.module.state_dict()[n]) for n, t in start.module.state_dict().items()}
    assert [name for name, equal in same.items() if not equal] == ["blocks.6.proj.weight", "blocks.6.proj.bias"]


def test_weights_that_are_no_start_are_refused(tmp_path, colours):
    train(tmp_path / "first", colours, epochs=1)
    first = str(tmp_path / "first/weights.safetensors")
    with pytest.raises(BadInput, match="do not fit the network: they lack blocks"):
        train(tmp_path / "other", colours, {**SMALL, "architecture": "slowonly"}, weights=first)
    torch.save(build_network(entry("resnet3d", **{**C2D, "classes": 2}))[0].module.state_dict(), tmp_path / "plain.pth")
    with pytest.raises(BadInput, match="do not tell their classes"):
        train(tmp_path / "other", colours, weights=str(tmp_path / "plain.pth"))
    (tmp_path / "colours.txt").write_text("Red\nblue\n")
    run = train(tmp_path / "other", colours, weights=str(tmp_path / "plain.pth"), classes=str(tmp_path / "colours.txt"), epochs=1)
    assert run.about["classes"] == ["Red", "blue"] and run.train.classes[:2].tolist() == [0, 1]
    for family in ("time_average", "frame_difference"):
        own = {**entry(family), "seed": 0, "layers": None}
        with pytest.raises(BadInput, match="cannot be trained"):
            settings = {**BLANK, "dataset": "toy"}
            train_model("control", own, settings, 0, clips_of(colours[0]), {"frames": colours[1]}, tmp_path / "scratch")


def test_two_rates_are_trained(tmp_path):
    data = stored(tmp_path / "data", *reversed_pairs(20))
    tables, stores = data
    options = {"depth": [1, 1, 1, 1], "width": 8, "frames": 8, "alpha": 2, "stride": "spread", "size": 32}
    settings = {**BLANK, "dataset": "toy", "epochs": 1, "batch": 4, "frame_order": "shuffled"}
    own = {**entry("slowfast", **options), "layers": None}
    run = train_model("slowfast", own, settings, 0, clips_of(tables), {"frames": stores}, tmp_path / "scratch")
    slow, fast = run.train.draw(0)[0]
    assert slow.shape[1] == 4 and fast.shape[1] == 8 and run.done == 3


def configured(**models):
    """A config of models, each an entry's own keys over a small network's; `train` is completed."""
    for name, own in models.items():
        models[name] = {**entry("resnet3d", **C2D), **own}
        if "train" in own:
            models[name]["train"] = {**BLANK, "from": None, "workers": 0, "dataset": "toy", "checkpoints": [0, 20], **own["train"]}
    return {"models": models, "datasets": {"toy": {}}}


def test_what_a_trained_model_is_built_from_and_starts_with():
    config = configured(
        a={"train": {}, "weights": "https://host/a.pth", "classes": "kinetics400", "seed": 3},
        b={"train": {"from": "a@20"}},
        c={"derive": {"from": "b", "how": "random_weights"}},
        d={"derive": {"from": "b@0", "how": "c2d_twin"}},
    )
    entries = {name: model_entry(config, name) for name in ("a", "b@20", "c", "d")}
    made = {name: (own["weights"], own["classes"]) for name, own in entries.items()}
    assert made["a"] == ("results/checkpoints/a/weights.safetensors", "results/checkpoints/a/classes.txt")
    assert made["b@20"] == ("results/checkpoints/b/steps/step20.safetensors", "results/checkpoints/b/classes.txt")
    assert made["c"] == (None, None) and made["d"][0] == "results/checkpoints/b/steps/step0.safetensors"
    assert trained_models(config, ["d"]) == ["a", "b"] and trained_models(config, ["a@0"]) == ["a"]
    starts = {name: starting_entry(config, name) for name in "ab"}
    assert starts["a"]["weights"].startswith("resources/weights/a-") and starts["a"]["classes"].endswith("kinetics400.txt")
    assert starts["b"]["weights"] == "results/checkpoints/a/steps/step20.safetensors" and starts["a"]["seed"] == 3
    assert list(fetched_weights(config, ["b@20", "d"])) == [Path(starts["a"]["weights"]).name]
    assert fetched_weights(config, ["c"]) == {}


@pytest.mark.parametrize(
    ("models", "name", "sentence"),
    [
        ({"a": {}}, "a@0", "a@0 means a step of the training of a, which has no `train`"),
        ({"a": {"train": {}}}, "a@7", "no checkpoint of a is declared at step 7; train: checkpoints names 0, 20"),
        ({"a": {"train": {"dataset": "kinetics"}}}, "a", "a is trained on 'kinetics'; `datasets` defines toy"),
        ({"a": {"train": {"from": "b"}}}, "a", "`models` has no 'b'"),
        ({"a": {"train": {"from": "b"}}, "b": {"train": {"from": "a@20"}}}, "b@0", "b is trained or derived from a is trained or"),
        ({"a": {"train": {"from": "b"}, "weights": "w.pth"}, "b": {}}, "a", "from the model b and from weights"),
        ({"a": {"train": {}, "classes": "ssv2"}}, "a", "a learns the labels of its clips; remove its classes"),
        ({"a": {"train": {"from": "c"}}, "b": {}, "c": {"derive": {"from": "b", "how": "c2d_twin"}}}, "a", "c, which is derived"),
    ],
)
def test_trainings_that_contradict_themselves_are_refused(models, name, sentence):
    with pytest.raises(BadInput, match=sentence):
        check_trainings(configured(**models), [name])
