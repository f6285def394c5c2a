"""The paper's experiments as configs: they plan whole, and every network fits the clips that they ask for."""

import shutil
import subprocess

import numpy as np
import pytest
import torch
import yaml
from snakemake.utils import update_config

from tests.copied_project import ROOT, Project
from workflow.lib.checked_config import check_config
from workflow.lib.config_schema import fill_and_check
from workflow.lib.experiment import settle, used_datasets, used_models
from workflow.lib.manifest import read_dataset
from workflow.lib.plugins import load_plugin
from workflow.lib.published import published_rows, read_published
from workflow.lib.trainings import check_splits
from workflow.parts.pathways import pathway_sets
from workflow.parts.pictures import fit

EXPERIMENTS = ROOT / "resources/experiments"
NAMES = sorted(path.stem for path in EXPERIMENTS.glob("*.yaml"))
ALL_NETWORKS = ["fig3", "fig3_released", "fig3_small"]
# Every figure and table of the paper, and the sweeps of its supplement.
PAPER = ["fig1", "fig3", "fig4", "fig5_left", "fig5_right", "fig6", "fig7", "table1", "lambda_sweep", "frames_stride"]


def merged(name):
    """An experiment as Snakemake reads it: laid over config.yaml and what it names in `over`."""
    config, own = (yaml.safe_load(path.read_text()) for path in (ROOT / "config.yaml", EXPERIMENTS / f"{name}.yaml"))
    for path in own.get("over", []):
        update_config(config, yaml.safe_load((ROOT / path).read_text()))
    update_config(config, own)
    return config


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


@pytest.mark.parametrize("experiment", ALL_NETWORKS)
def test_every_network_of_the_figure_is_planned(project, experiment):
    planned = project.planned("--configfile", f"resources/experiments/{experiment}.yaml")
    assert planned["describe_model"] == planned["dump_features"] == 8 and planned["score_features"] == 24
    assert planned.get("fetch_weights", 0) == (0 if experiment == "fig3_small" else 7)


@pytest.mark.parametrize("experiment", ALL_NETWORKS)
def test_every_network_of_the_figure_fits_the_clips(experiment):
    config = merged(experiment)
    for name in config["analyses"][0]["models"]:
        entry = config["models"][name]
        with torch.device("meta"):
            network = load_plugin("models", entry["family"]).build(**entry.get("options", {}))
        sets = pathway_sets(config["clip"]["frames"], network, entry.get("sampling", "trained"))
        assert [len(own) for own in sets] == [network.frames // k for k in network.pathways], name
        assert network.size <= min(config["clip"]["crop"]), name


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


@pytest.mark.parametrize("experiment", NAMES)
def test_every_experiment_is_valid_and_its_published_numbers_have_their_place(experiment, home, monkeypatch):
    monkeypatch.chdir(home)
    config = merged(experiment)
    fill_and_check(config)
    settle(config)
    assert config["experiment"] == experiment
    check_config(config)
    published_rows(config)
    there = [] if experiment.startswith(("fig5", "fig6")) else used_datasets(config)
    rows = {name: read_dataset(name, config["datasets"][name]) for name in there if "moving_shapes" not in config["datasets"][name]}
    assert all(len(own) >= 3 for own in rows.values())
    check_splits(config, used_models(config), rows)


@pytest.mark.parametrize("experiment", ["fig4", "moca"])
def test_widescreen_videos_fit_the_clips_of_segmentation(experiment):
    """Videos of 16:9 at any size, resized to the short side, are wide enough for the crop."""
    config = merged(experiment)
    height, width = config["clip"]["crop"]
    for tall, wide in ((360, 640), (480, 854), (720, 1280), (1080, 1920)):
        fitted = fit(np.zeros((tall, wide, 3), np.uint8), config["clip"]["short_side"], config["clip"]["crop"])
        assert fitted.shape == (height, width, 3)


@pytest.mark.parametrize(
    ("experiment", "figure"), [("fig5_left", "Fig. 5 left"), ("fig5_right", "Fig. 5 right"), ("fig6", "Fig. 6"), ("fig7", "Fig. 7")]
)
def test_every_published_case_of_training_is_named(experiment, figure):
    rows = [row for row in read_published() if row["figure"] == figure]
    named = merged(experiment)["published"]
    assert {(row["network"], row["trained_on"]) for row in rows} == {(own["network"], own["trained_on"]) for own in named}
    assert all("ours" in own for own in named)


def test_every_figure_and_table_of_the_paper_is_a_target_of_its_own_real_and_small():
    wanted = {f"{name}{kind}" for name in PAPER for kind in ("", "_small")}
    assert wanted <= set(NAMES)
    page = (ROOT / "docs/paper.md").read_text()
    assert all(f"`{name}`" in page for name in wanted)
    for name in wanted:
        head = (EXPERIMENTS / f"{name}.yaml").read_text().split("experiment:")[0]
        assert f"# make {name}, or snakemake --cores all --configfile resources/experiments/{name}.yaml\n" in head


@pytest.mark.parametrize("name", [f"{name}_small" for name in PAPER])
def test_small_twins_need_nothing_that_is_not_made_here(name):
    """Rendered videos, no weights to be brought or fetched, no published number beside networks that are not the paper's."""
    config = merged(name)
    fill_and_check(config)
    settle(config)
    assert all("moving_shapes" in config["datasets"][dataset] for dataset in used_datasets(config))
    assert not any(config["models"][model].get("weights") for model in used_models(config)) and not config["published"]


def test_the_page_says_how_few_videos_taught_the_networks_beside_published_numbers():
    few = set()
    for name in PAPER:
        config = merged(name)
        trained = (model.get("train") for model in config["models"].values())
        shown = (config["datasets"][train["dataset"]].get("annotations", {}) for train in trained if train)
        few |= {annotations["per_class"] for annotations in shown if config.get("published") and "per_class" in annotations}
    (n,) = few
    assert f"at most {n} videos of each class and split" in " ".join((ROOT / "docs/paper.md").read_text().split())


def test_make_runs_an_experiment_by_its_name():
    for name in NAMES:
        done = subprocess.run(["make", "--dry-run", name], cwd=ROOT, capture_output=True, text=True, check=True)
        checked, run = (line for line in done.stdout.splitlines() if line.startswith(".venv/bin/snakemake"))
        configured = f"--configfile resources/experiments/{name}.yaml"
        assert checked.endswith(f" check {configured}") and run.endswith(f" all {configured}")


def test_an_experiment_is_laid_over_others_by_one_file_and_a_wrong_name_is_told(project):
    """known_truth.yaml below fig6_small.yaml gives its data sets, fig5_left_small.yaml the analyses, and config.yaml the rest."""
    planned = project.planned("--configfile", "resources/experiments/fig6_small.yaml")
    assert planned["train_model"] == 6 and planned["train_style"] == 2
    mistaken = {"over": ["resources/experiments/fig5_lift.yaml"], "experiment": "mistaken"}
    (project.folder / "mistaken.yaml").write_text(yaml.safe_dump(mistaken))
    status, printed = project.run("--dry-run", "--configfile", "mistaken.yaml")
    assert status and "over: there is no file resources/experiments/fig5_lift.yaml to lay mistaken over" in printed
