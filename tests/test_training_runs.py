"""Networks trained by the workflow: probed like any other, at every declared step, and trained again only where they must be."""

import copy
import os
import shutil
import signal
import time

import numpy as np
import pandas as pd
import pytest

from tests.copied_project import TINY, Project

SMALL = {"architecture": "c2d", "depth": [1, 1, 1, 1], "width": 4, "frames": 4, "stride": "spread", "size": 32}
TRAIN = {"dataset": "shapes", "epochs": 4, "batch": 4, "warm_up": 1, "checkpoints": [0, 2], "workers": 1}
NAMES = ["small", "small@0", "small-shuffled", "small_twin"]
MADE = ("over_training.png", "training_curves.png", "accuracy.parquet", "claims.parquet", "report.html")
FILES = [f"results/reports/tiny/{name}" for name in MADE]
SHARE = {"metric": "shares", "quantity": "share", "factor": "content"}
CLAIMS = [
    {"says": "a network is what it is", "score": SHARE, "of": ["small"], "than": ["small"], "expect": "equal"},
    {"says": "nobody is right more than always", "accuracy": "top1", "of": ["small"], "than": 1.5},
    {"says": "it learns less from shuffled frames", "learned": "top1", "of": ["small"], "than": ["small-shuffled"]},
]
CONFIG = TINY | {
    "shard_size": 8,
    "clip": {"frames": 8, "short_side": 32, "crop": [32, 32]},
    "styles": {"half": {"apply": "hue", "options": {"turn": 0.5}}, "third": {"apply": "hue", "options": {"turn": 0.33}}},
    "pairs": {"styles": ["half", "third"]},
    "models": {
        "small": {"family": "resnet3d", "options": SMALL, "train": TRAIN},
        "small-shuffled": {
            "family": "resnet3d",
            "options": SMALL,
            "train": TRAIN | {"from": "small@2", "frame_order": "shuffled", "epochs": 2, "checkpoints": []},
        },
        "small_twin": {"derive": {"from": "small@2", "how": "c2d_twin"}},
    },
    "analyses": [{"dataset": "shapes", "models": NAMES, "metrics": ["shares"], "claims": CLAIMS}],
    "plots": ["over_training", "training_curves"],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("project"), CONFIG)
    source = project.folder / "workflow/parts/training_run.py"
    source.write_text(source.read_text().replace("SAVED_EVERY_S = 60", "SAVED_EVERY_S = 0"))
    project.done(*FILES)
    return project


def read(project, path):
    return pd.read_parquet(project.folder / "results" / path)


def test_trained_networks_are_probed_at_every_declared_step(project):
    assert project.planned(*FILES) == {}
    scores = read(project, "reports/tiny/scores.parquet")
    about = scores.drop_duplicates("model").set_index("model")[["training", "checkpoint_of", "step"]]
    assert about.loc["small", "checkpoint_of"] == "small" and about.loc["small", "step"] > 2
    assert about.loc["small", "training"] == f"shapes, {about.loc['small', 'step']:.0f} steps"
    assert about.loc["small@0", "training"] == "untrained" and about.loc["small@0", "step"] == 0
    assert about.loc["small-shuffled", "training"].startswith("shapes, 2 steps, then shapes shuffled, ")
    assert about.loc["small_twin", "training"] == "c2d twin of small@2" and np.isnan(about.loc["small_twin", "step"])
    accuracy = read(project, "reports/tiny/accuracy.parquet")
    assert set(accuracy["model"]) == set(NAMES) and accuracy["n_unknown"].eq(0).all()
    held_out = read(project, "clips/shapes/000/clips.parquet")["split"].ne("train").sum()
    assert 0 < held_out < 8 and set(accuracy["n_clips"]) == {held_out}
    claims = read(project, "reports/tiny/claims.parquet")
    assert list(claims["claim"]) == [claim["says"] for claim in CLAIMS] and list(claims["verdict"][:2]) == ["fits", "contradicted"]
    report = (project.folder / "results/reports/tiny/report.html").read_text()
    assert "What was expected" in report and "nobody is right more than always" in report
    curves = read(project, "reports/tiny/training_curve.parquet")
    assert set(curves["model"]) == {"small", "small-shuffled"}
    left = {p.name for p in (project.folder / "results/checkpoints/small").iterdir()}
    assert left == {"weights.safetensors", "classes.txt", "curve.parquet", "steps"}


def test_a_network_is_trained_again_only_where_it_must_be(project):
    config = copy.deepcopy(CONFIG)
    config["models"]["small"]["train"]["workers"] = 0
    config["models"]["small"]["layers"] = ["res5"]
    project.configure(config)
    planned = project.planned(*FILES)
    assert "train_model" not in planned and planned["describe_model"] == 3
    config["models"]["small-shuffled"]["train"]["epochs"] = 3
    project.configure(config)
    assert project.planned(*FILES)["train_model"] == 1
    config["models"]["small"]["train"]["learning_rate"] = 0.001
    project.configure(config)
    planned = project.planned(*FILES)
    assert planned["train_model"] == 2 and "list_variants" not in planned
    project.configure(CONFIG)
    assert project.planned(*FILES) == {}


def test_a_killed_training_goes_on_to_the_same_bytes(project):
    config = copy.deepcopy(CONFIG)
    config["models"]["small"]["train"] |= {"epochs": 60, "checkpoints": [0, 2, 40]}
    config["analyses"][0]["models"] = ["small@40"]
    project.configure(config)
    folder = project.folder / "results/checkpoints/small"
    target, *others = [
        f"results/checkpoints/small/{name}" for name in ("weights.safetensors", "curve.parquet", "steps/step40.safetensors")
    ]
    project.done(target)
    undisturbed = [project.bytes_of(file) for file in (target, *others)]
    shutil.rmtree(folder)
    process = project.start(target)
    deadline = time.monotonic() + 120
    while not list(folder.glob("scratch/*/step2.safetensors")):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0]
        time.sleep(0.02)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (project.folder / target).exists() and list(folder.glob("scratch/*/state.pt"))
    project.done("--unlock")
    assert "goes on from step" in project.done(target)
    assert [project.bytes_of(file) for file in (target, *others)] == undisturbed
