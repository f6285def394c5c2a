"""The whole pipeline on real clips, by the example configs; skipped where the clips are absent."""

import os
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.copied_project import ROOT, TINY, Project

CLIPS = Path(os.path.normpath(ROOT / "../shared/assets/clips"))
SUBSETS = {
    "weizmann": [f"weizmann/{action}/{actor}_{action}.avi" for action in ("run", "wave1") for actor in ("ido", "eli", "lena")],
    "natural": [
        "actions/c3d__v_ApplyEyeMakeup_g01_c01.avi",
        "actions/mmaction2__demo.mp4",
        "actions/decord__flipping_a_pancake.mkv",
        "asl_gestures/book.mkv",
    ],
}


@pytest.mark.parametrize("experiment", SUBSETS)
def test_the_example_config_runs_on_real_clips(experiment, tmp_path):
    if not CLIPS.is_dir():
        pytest.skip(f"the real clips are not at {CLIPS}")
    text = (ROOT / f"resources/experiments/{experiment}.yaml").read_text()
    assert len([line for line in text.splitlines() if not line.startswith("#")]) <= 12, "a config of a dozen lines"
    example = yaml.safe_load(text)
    project = Project(tmp_path / "project", yaml.safe_load((ROOT / "config.yaml").read_text()))
    folder = project.folder / example["datasets"][experiment]["folder"]
    for clip in SUBSETS[experiment]:
        link = folder / clip.partition("/")[2]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(CLIPS / clip)
    smaller = {key: TINY[key] for key in ("styles", "pairs", "models", "plots")}
    smaller["analyses"] = [{"dataset": experiment, "models": list(TINY["models"]), "metrics": ["pearson", "ratio"]}]
    smaller["style_training"] = {"dataset": experiment, "keyframes": 3, "iterations": 20}
    for name, content in (("example", example), ("smaller", smaller)):
        (project.folder / f"{name}.yaml").write_text(yaml.dump(content))
    project.done("--configfile", "example.yaml", "smaller.yaml")
    clips = pd.read_parquet(project.folder / f"results/clips/{experiment}/clips.parquet")
    assert clips["video"].nunique() == len(SUBSETS[experiment])
    if experiment == "weizmann":
        assert set(clips["label"]) == {"run", "wave1"}
    scores = pd.read_parquet(project.folder / f"results/reports/{experiment}/scores.parquet")
    static = scores[(scores["model"] == "time_average") & (scores["quantity"] == "S") & (scores["factor"] == "static")]
    assert (static.loc[static["metric"] == "pearson", "value"].dropna() - 1).abs().max() < 1e-5
    assert (project.folder / f"results/reports/{experiment}/report.html").is_file()
