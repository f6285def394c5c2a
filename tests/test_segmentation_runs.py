"""Segmentation through the pipeline: masks and flow to train on, a network that is probed, judged and reported."""

import numpy as np
import pandas as pd

from tests.copied_project import TINY, Project

FUSIONSEG = {"family": "fusionseg", "options": {"depth": [1, 1, 1, 1], "width": 4}}
LEARNED = {"dataset": "shapes", "learns": "masks", "epochs": 2, "batch": 4, "warm_up": 0}
CONFIG = TINY | {
    "experiment": "segments",
    "clip": {"frames": 4, "short_side": 48, "crop": [48, 48]},
    "datasets": {
        "shapes": {"moving_shapes": {"videos": 12, "frames": 6, "size": 48}},
        "probe": {"moving_shapes": {"videos": 6, "first": 1000, "frames": 6, "size": 48, "kinematogram": True}},
    },
    "styles": {"a": {"apply": "hue"}, "b": {"apply": "gamma"}},
    "pairs": {"styles": ["a", "b"]},
    "models": {"seg": FUSIONSEG | {"train": LEARNED}, "time_average": {"family": "time_average", "options": {"frames": 4}}},
    "analyses": [
        {
            "dataset": "probe",
            "dynamics": "flow_jitter",
            "models": ["seg"],
            "metrics": ["pearson", "shares"],
            "claims": [{"says": "it finds the dots", "segmentation": "J", "of": ["seg"], "than": 0.99}],
        },
        {"dataset": "shapes", "models": ["time_average"], "metrics": ["pearson"]},
    ],
    "scores": {"draws": 50, "permutations": 0, "subsets": 0},
    "plots": ["centre_bias", "learned"],
}


def test_a_network_learns_masks_and_is_probed_beside_one_that_reads_frames_alone(tmp_path):
    project = Project(tmp_path, CONFIG)
    project.done("--configfile", "config.yaml")
    report = tmp_path / "results/reports/segments"
    curve = pd.read_parquet(report / "training_curve.parquet")
    assert set(curve["quantity"]) == {"loss", "J"} and set(curve["split"]) == {"train", "val"}
    judged = pd.read_parquet(report / "segmentation.parquet")
    assert set(judged["quantity"]) == {"J", "F"} and set(judged["style"]) == {"original", "a", "b"}
    assert judged["value"].between(0, 1).all() and judged["video"].nunique() == 6
    masks = np.concatenate([np.load(file) for file in sorted(tmp_path.glob("results/clips/probe/*/masks.npy"))])
    assert len(masks) == 6 and (masks <= 1).all()  # one clip a video, all annotated: chance is the share that is object
    chance = judged[judged["style"].eq("original") & judged["quantity"].eq("J")].drop_duplicates("video")["chance"]
    assert np.allclose(sorted(chance), sorted(masks.mean(axis=(1, 2, 3))))
    assert judged["chance"].isna().equals(judged["quantity"].eq("F"))
    plain = judged[judged["style"].eq("original") & judged["quantity"].eq("J")]
    (claim,) = pd.read_parquet(report / "claims.parquet").to_dict("records")
    assert np.isclose(claim["value"], plain["value"].mean() - 0.99) and claim["verdict"] == "contradicted"
    scores = pd.read_parquet(report / "scores.parquet").query("quantity == 'S' and unit.isna()", engine="python")
    s = scores.set_index(["model", "layer", "factor"])["value"]
    appearance = [layer for layer in scores["layer"].unique() if layer.startswith("appearance")]
    assert len(appearance) == 5 and all(abs(s["seg", layer, "static"] - 1) < 1e-5 for layer in appearance)  # blind to flow
    assert set(scores.loc[scores["model"] == "time_average", "perturbation"]) == {"shuffle"}
    assert set(pd.read_parquet(report / "centre_bias.parquet")["dataset"]) == {"probe", "shapes"}
    assert "Segmentation" in (report / "report.html").read_text()
