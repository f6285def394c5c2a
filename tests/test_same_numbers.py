"""The same numbers however the whole experiment is run: cores, shards, order of jobs, killed or not, batches, CPU or GPU."""

import random
import re

import numpy as np
import pandas as pd
import pytest
import torch

from tests import kills
from tests.copied_project import ROOT, Project
from tests.model_entry import entry
from tests.moving_scene import scene
from tests.undisturbed import files_of, jobs_of, undisturbed
from tests.whole_experiment import served, whole_project
from workflow.metrics import pearson
from workflow.parts.flow_pictures import FlowPictures
from workflow.scripts.describe_model import describe_model
from workflow.scripts.dump_features import dump_features

# How far the values of one variant may lie apart, as a share of the largest of their layer. In another order, a sum of n float32
# terms is off by about sqrt(n) 2^-24 of their size; n < 10^4, and some 40 layers in a row add theirs: sqrt(40 x 10^4) 2^-24 = 4e-5.
ROUNDING = 1e-4
SHARE_OF_S = 1e-3  # units vary by a tenth of the largest value or so, and S is a ratio of what varies
FRAMES, SIZE, CLIPS = 8, 64, 6
SMALL = {
    "time_average": {},
    "frame_difference": {},
    "resnet3d": {"architecture": "i3d", "depth": [1, 1, 1, 1], "width": 8, "frames": 8, "stride": 1, "size": 48},
    "slowfast": {"depth": [1, 1, 1, 1], "width": 16, "alpha": 2, "frames": 8, "stride": 1, "size": 48},
    "x3d": {"version": "xs", "frames": 4, "stride": 2, "size": 64},
    "mvit": {"depth": 5, "width": 16, "heads": 2, "widen": [1, 3], "frames": 8, "stride": 1, "size": 64},
    "timesformer": {"width": 96, "heads": 3, "depth": 3, "frames": 8, "stride": 1, "size": 64},
    "fusionseg": {"depth": [1, 1, 1, 1], "width": 4},
    "matnet": {"depth": [1, 1, 1, 1], "width": 4, "size": None},
    "rtnet": {"depth": [1, 1, 1, 1], "width": 4, "size": None},
}


LATE = ("score_features", "collect_scores", "compare_scores", "draw_plot", "show_units", "write_tables")  # soon done again


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(tmp_path_factory.mktemp("server") / "site") as address:
        yield address


@pytest.fixture(scope="module")
def whole(tmp_path_factory, address):
    """The whole experiment, run to its end on two cores, undisturbed."""
    return undisturbed(whole_project(tmp_path_factory.mktemp("undisturbed") / "project", address))


def numbers_of(folder):
    """Digests of the numbers of the experiment: all that does not name shards."""
    files = files_of(folder)
    return {
        path: own for path, own in files.items() if path.startswith(("results/reports/", "results/checkpoints/", "results/scores/"))
    }


def project_in(folder):
    folder.mkdir()
    return Project.at(folder)


def test_every_rule_has_work_in_the_whole_experiment(whole):
    rules = "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert {job.rule for job in whole.jobs} | {"check"} == set(re.findall(r"^rule (\w+):", rules, flags=re.MULTILINE))


def test_one_core_small_shards_and_another_order_of_jobs_change_no_byte(whole, address, tmp_path):
    """All three at once: where none changes anything, one run tells."""
    project = whole_project(tmp_path / "project", address, shard_size=7)
    files = [file for job in whole.jobs for file in job.outputs if file.startswith("results/reports/")]
    random.Random(0).shuffle(files)
    jobs = jobs_of(project.done("--scheduler", "greedy", "--prioritize", *files[:8], "--", *files, cores=1))
    orders = [list(dict.fromkeys(job.rule for job in own)) for own in (jobs, whole.jobs)]
    assert orders[0] != orders[1]
    assert numbers_of(project.folder) == numbers_of(whole.folder)


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(whole, tmp_path):
    ways = [way for way in kills.WAYS if way != "full disk"]
    assert kills.kill_again_and_again(project_in(tmp_path / "project"), whole, kills.draw(whole, 7, seed=0, ways=ways)) == {}


def test_a_run_on_a_full_disk_ends_with_the_same_bytes_once_there_is_room(whole, tmp_path):
    with kills.small_disk(tmp_path / "disk") as full:
        if not full:
            pytest.skip("no file system can be mounted here: only root may")
        moments = [moment for moment in kills.draw(whole, 40, seed=0, ways=["full disk"]) if moment.rule in LATE]
        assert kills.kill_again_and_again(Project.at(tmp_path / "disk"), whole, moments[:4]) == {}


def dumped(family, batch=4):
    """What a small network gives for clips and their negatives: layer -> float32 [variant, unit], clips first."""
    clips = np.stack([scene(seed, FRAMES, SIZE) for seed in range(CLIPS)])
    rng = np.random.default_rng(0)
    flows = (rng.normal(size=(CLIPS, FRAMES - 1, 1, 1, 2)) + rng.normal(size=(1, 1, SIZE, SIZE, 2))).astype(np.float16)
    names = [f"c{i}" for i in range(CLIPS)]
    rows = [(f"{clip}/{style}/natural", clip, style, list(range(FRAMES))) for style in ("plain", "negative") for clip in names]
    variants = pd.DataFrame(rows, columns=["variant", "clip", "style", "frame_order"])
    variants = variants.assign(perturbation=None, crop=None, flow_hue=None, flow_saturation=None)
    model = entry(family, **SMALL[family]) | {"batch": batch}
    units = {row["layer"]: row["units"] for row in describe_model("small", model, {"frames": FRAMES, "crop": [SIZE, SIZE]})}
    pictures = FlowPictures(flows, {"normalisation": "fixed", "full_saturation": 0.05})
    stores = {"plain": clips, "negative": 255 - clips}
    flow = {"flow": pictures, "flow_backward": pictures}
    _, activations, _ = dump_features("small", model, units, variants, pd.DataFrame({"clip": names}), stores, flow)
    return activations


def check_close(found, expected):
    """Check activations within ROUNDING, and S between clips and their negatives within SHARE_OF_S."""
    for layer, values in expected.items():
        assert np.abs(found[layer] - values).max() <= ROUNDING * np.abs(values).max()
        s = [pearson.score({"dynamic": (own[layer][:CLIPS], own[layer][CLIPS:])})[0]["dynamic"] for own in (found, expected)]
        assert abs(s[0] - s[1]) <= SHARE_OF_S


@pytest.mark.parametrize("family", SMALL)
def test_batches_change_no_more_than_rounding(family):
    """Equal bytes cannot be had: how a library cuts its sums depends on their number. Within an experiment the size is fixed."""
    torch.set_num_threads(1)
    check_close(dumped(family, batch=5), dumped(family, batch=1))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here to compare with the CPU")
@pytest.mark.parametrize("family", SMALL)
def test_a_gpu_gives_the_numbers_of_the_cpu_within_rounding(family, monkeypatch):
    on_gpu = dumped(family)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    check_close(dumped(family), on_gpu)
