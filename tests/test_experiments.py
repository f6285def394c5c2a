"""The paper's experiments as configs: they plan whole, and every network fits the clips that they ask for."""

import shutil

import numpy as np
import pytest
import torch
import yaml
from snakemake.utils import update_config

from tests.copied_project import ROOT, Project
from workflow.lib.checked_config import check_config
from workflow.lib.config_schema import fill_and_check
from workflow.lib.experiment import used_datasets
from workflow.lib.manifest import read_dataset
from workflow.lib.plugins import load_plugin
from workflow.lib.published import published_rows, read_published
from workflow.parts.pathways import pathway_sets
from workflow.parts.video_reading import fit

EXPERIMENTS = ROOT / "resources/experiments"
LAID_OVER = {"fig3": ["fig3"], "fig3_released": ["fig3", "fig3_released"], "fig3_small": ["fig3_small"]}


def merged(names):
    """The top-level keys of config.yaml and some experiments, mappings laid over each other as Snakemake does."""
    whole = yaml.safe_load((ROOT / "config.yaml").read_text())
    for name in names:
        for key, value in yaml.safe_load((EXPERIMENTS / f"{name}.yaml").read_text()).items():
            whole[key] = {**whole.get(key, {}), **value} if isinstance(value, dict) else value
    return whole


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project with eight videos that nobody decodes and a FastOnly that nobody reads."""
    project = Project(tmp_path_factory.mktemp("experiments"), yaml.safe_load((ROOT / "config.yaml").read_text()))
    for name in ("experiments", "classes"):
        shutil.copytree(ROOT / f"resources/{name}", project.folder / f"resources/{name}")
    for folder in ("fig3", "natural"):
        videos = project.folder / f"resources/videos/{folder}"
        videos.mkdir(parents=True)
        for i in range(8):
            (videos / f"{i}.mp4").touch()
    (project.folder / "resources/weights").mkdir()
    (project.folder / "resources/weights/FastOnly_32x2_R50.safetensors").touch()
    return project


@pytest.mark.parametrize("experiment", LAID_OVER)
def test_every_network_of_the_figure_is_planned(project, experiment):
    files = [f"resources/experiments/{name}.yaml" for name in LAID_OVER[experiment]]
    planned = project.planned("--configfile", *files)
    assert planned["describe_model"] == planned["dump_features"] == 8 and planned["score_features"] == 24
    assert planned.get("fetch_weights", 0) == (0 if experiment == "fig3_small" else 7)


@pytest.mark.parametrize("experiment", LAID_OVER)
def test_every_network_of_the_figure_fits_the_clips(experiment):
    config = merged(LAID_OVER[experiment])
    for name in config["analyses"][0]["models"]:
        entry = config["models"][name]
        with torch.device("meta"):
            network = load_plugin("models", entry["family"]).build(**entry.get("options", {}))
        sets = pathway_sets(config["clip"]["frames"], network, entry.get("sampling", "trained"))
        assert [len(own) for own in sets] == [network.frames // k for k in network.pathways], name
        assert network.size <= min(config["clip"]["crop"]), name


OVERLAYS = {
    "fig5_right": "fig5_left",
    "fig6": "fig5_left",
    "fig7": "table1",
    "moca": "fig4",
    "fig3_released": "fig3",
    "frames_stride": "fig3",
    "frames_stride_small": "known_truth",
    "over_training": "known_truth",
}
VIDEOS = {"MoCA": "JPEGImages", "TAO-VOS": "JPEGImages", "DAVIS": "JPEGImages/480p", "ImageNetVID": "", "davis16": "JPEGImages"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with the names of all the videos, masks and weights that experiments ask for, and nothing in them."""
    home = tmp_path_factory.mktemp("home")
    for name in ("experiments", "classes", "datasets", "published"):
        shutil.copytree(ROOT / f"resources/{name}", home / f"resources/{name}")
    for name, frames in VIDEOS.items():
        for i in range(4):
            folder = home / f"resources/videos/{name}/{frames}/sequence{i}"
            folder.mkdir(parents=True)
            (folder / "00000.jpg").touch()
    lines = [f"/JPEGImages/480p/sequence{i}/00000.jpg /Annotations/480p/sequence{i}/00000.png\n" for i in range(4)]
    (home / "resources/videos/DAVIS/ImageSets/480p").mkdir(parents=True)
    for split in ("train", "val"):
        (home / f"resources/videos/DAVIS/ImageSets/480p/{split}.txt").write_text("".join(lines))
    for i in range(4):
        (home / f"resources/videos/ImageNetVID/WeakMasks/sequence{i}").mkdir(parents=True)
        (home / f"resources/videos/ImageNetVID/WeakMasks/sequence{i}/00000.png").touch()
    for name in ("natural", "fig3", "weizmann"):
        (home / f"resources/videos/{name}/label").mkdir(parents=True)
        for i in range(4):
            (home / f"resources/videos/{name}/label/{i}.avi").touch()
    (home / "resources/weights").mkdir()
    files = "FastOnly_32x2_R50.safetensors FusionSeg_DAVIS.pth MATNet.pth MATNet_DAVIS.pth MATNet_NoBAR.pth RTNet.pth"
    for name in [*files.split(), "FusionSeg_start.pth"]:
        (home / "resources/weights" / name).touch()
    return home


@pytest.mark.parametrize("experiment", sorted(path.stem for path in EXPERIMENTS.glob("*.yaml")))
def test_every_experiment_is_valid_and_its_published_numbers_have_their_place(experiment, home, monkeypatch):
    monkeypatch.chdir(home)
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    for name in filter(None, [OVERLAYS.get(experiment), experiment]):  # as --configfile does
        update_config(config, yaml.safe_load((EXPERIMENTS / f"{name}.yaml").read_text()))
    fill_and_check(config)
    assert config["experiment"] == experiment
    check_config(config)
    published_rows(config)
    for name in used_datasets(config):
        if not config["datasets"][name].keys() & {"moving_shapes"} and not experiment.startswith(("fig5", "fig6")):
            assert len(read_dataset(name, config["datasets"][name])) >= 3


@pytest.mark.parametrize("experiment", ["fig4", "moca"])
def test_widescreen_videos_fit_the_clips_of_segmentation(experiment):
    """Videos of 16:9 at any size, resized to the short side, are wide enough for the crop."""
    config = merged({"moca": ["fig4", "moca"]}.get(experiment, [experiment]))
    height, width = config["clip"]["crop"]
    for tall, wide in ((360, 640), (480, 854), (720, 1280), (1080, 1920)):
        fitted = fit(np.zeros((tall, wide, 3), np.uint8), config["clip"]["short_side"], config["clip"]["crop"])
        assert fitted.shape == (height, width, 3)


@pytest.mark.parametrize(
    ("names", "figure"),
    [(["fig5_left"], "Fig. 5 left"), (["fig5_left", "fig5_right"], "Fig. 5 right"), (["fig5_left", "fig6"], "Fig. 6")],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_every_published_case_of_training_is_named(names, figure):
    rows = [row for row in read_published() if row["figure"] == figure]
    named = yaml.safe_load((EXPERIMENTS / f"{names[-1]}.yaml").read_text())["published"]
    assert {(row["network"], row["trained_on"]) for row in rows} == {(own["network"], own["trained_on"]) for own in named}
    assert all("ours" in own for own in named)
