"""The paper's experiments as configs: they plan whole, and every network fits the clips that they ask for."""

import shutil

import pytest
import torch
import yaml

from tests.copied_project import ROOT, Project
from workflow.lib.plugins import load_plugin
from workflow.parts.pathways import pathway_sets

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
