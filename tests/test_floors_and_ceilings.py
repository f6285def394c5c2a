"""Applied styles, several perturbations, identical pairs and derived networks, from the config to the feature dump."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.copied_project import TINY, Project
from workflow.perturbations import hue

MODELS = ["slowonly_twin", "slowonly_random"]
CONFIG = TINY | {
    "experiment": "floors",
    "shard_size": 8,
    "styles": {"oil": {"painter": "oil"}, "turned": {"apply": "hue", "options": {"turn": 0.25}}, "dark": {"apply": "gamma"}},
    "models": {
        "slowonly": TINY["models"]["slowonly"],
        "slowonly_twin": {"derive": {"from": "slowonly", "how": "c2d_twin"}},
        "slowonly_random": {"derive": {"from": "slowonly", "how": "random_weights"}, "seed": 1},
    },
    "pairs": {"styles": ["turned", "dark"], "dynamics": ["shuffle", {"block_shuffle": {"window": 2}}, "reverse"], "ceiling": True},
    "analyses": [{"dataset": "shapes", "models": MODELS, "metrics": ["pearson"]}],
}
TARGETS = (
    "results/pairs/shapes.parquet",
    "results/features/shapes/slowonly_twin/000.parquet",
    "results/models/shapes/slowonly_random.parquet",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("floors"), CONFIG)
    project.done(*TARGETS)
    assert project.planned(*TARGETS) == {}
    return project.folder / "results"


def test_styles_are_applied_without_a_network(folder):
    assert not (folder / "styles").exists()
    clips, shown = (np.load(folder / f"{store}/000/frames.npy") for store in ("clips/shapes", "stylized/shapes/turned"))
    assert np.array_equal(hue.apply(clips, 0, 0.25), shown)


def test_pairs_say_their_perturbation(folder):
    pairs = pd.read_parquet(folder / "pairs/shapes.parquet")
    counts = pairs["perturbation"].value_counts(dropna=False).to_dict()
    assert counts.pop(None, counts.pop(np.nan, 0)) == 8 * 2  # clips x styles, identical pairs
    assert counts == {"shuffle": 8 * 6, "block_shuffle(window=2)": 8 * 6, "reverse": 8 * 6}


def test_floors_are_described_and_a_twin_is_blind_to_order(folder):
    dump = pd.read_parquet(folder / "features/shapes/slowonly_twin/000.parquet").set_index("variant")
    about = json.loads(pq.read_schema(folder / "features/shapes/slowonly_twin/000.parquet").metadata[b"about"])
    assert (about["derived_from"], about["derivation"], about["training"]) == ("slowonly", "c2d_twin", "untrained")
    pairs = pd.read_parquet(folder / "pairs/shapes.parquet")
    for layer in about["layers"]:
        a, b = (np.stack(dump.loc[pairs[f"variant_{side}"], layer].to_list()) for side in "ab")
        gap = np.abs(a - b).max(1) / np.abs(a).max()
        assert gap[pairs["factor"] == "static"].max() < 1e-5 < gap[pairs["factor"] == "identical"].min()
    weights = [pd.read_parquet(folder / f"models/shapes/{model}.parquet")["weights_sha256"][0] for model in MODELS]
    assert len(set(weights)) == 2
