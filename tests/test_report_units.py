"""The units that the report shows are the most extreme of their class, the clips those that drive them hardest."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from matplotlib.image import imread

from workflow.lib.features import KEYS, write_features
from workflow.lib.tables import read_table, write_table
from workflow.parts.unit_choice import driving_clips, extreme_units
from workflow.scripts.show_units import FRAMES, show_units, strip

NAN = float("nan")


def test_the_most_extreme_unit_stands_for_its_class():
    static = np.array([0.9, 0.6, 0.1, 0.4, 0.9, 0.6, 0.1, -0.3, NAN, 0.5])
    dynamic = np.array([0.2, -0.4, 0.6, 0.95, 0.55, 0.7, 0.2, 0.3, 0.99, 0.5])
    # .9/.2 leads by .7 but .6/-.4 by 1.0; .4/.95 by .55 and .1/.6 by .5; joint: .55 against .6 and, at the threshold, .5
    assert extreme_units(static, dynamic, 0.5) == {"static": 1, "dynamic": 3, "joint": 5, "residual": 6}
    assert extreme_units(static[:2], dynamic[:2], 0.5) == {"static": 1}
    assert extreme_units(np.array([NAN]), np.array([NAN]), 0.5) == {}


def test_clips_are_ranked_by_their_mean_one_of_each_video():
    clips = np.array(["a", "b", "a", "b", "c", "d", "c", "d"])
    activations = np.array([1.0, 9.0, 3.0, 5.0, 6.0, 0.0, 6.0, 0.0])  # means a 2, b 7, c 6, d 0
    videos = {"a": "v", "b": "w", "c": "w", "d": "x"}
    spread = np.std([2, 7, 6, 0])
    found = driving_clips(activations, clips, videos, 2)
    assert [row[:2] for row in found] == [("b", 7.0), ("a", 2.0)]  # c is of b's video
    np.testing.assert_allclose([row[2] for row in found], [(7 - 3.75) / spread, (2 - 3.75) / spread])
    assert [row[0] for row in driving_clips(activations, clips, videos, 9)] == ["b", "a", "d"]
    assert driving_clips(np.ones(8), clips, videos, 1) == [("a", 1.0, 0.0)]


def test_a_strip_holds_moments_side_by_side_made_small_by_averaging():
    frames = np.zeros((16, 224, 300, 3), np.uint8) + np.arange(16, dtype=np.uint8)[:, None, None, None] * 10
    frames[:, ::2] += 4  # every other row
    picture = strip(frames)
    assert picture.shape == (112, FRAMES * 150, 3) and picture.dtype == np.uint8
    shown = picture[50, 75::150, 0].astype(int)
    assert (np.diff(shown) > 0).all() and set(shown - 2) <= set(range(0, 160, 10))
    assert strip(np.zeros((3, 40, 60, 3), np.uint8)).shape == (40, FRAMES * 60, 3)


CLIPS = [f"v{i}@0" for i in range(6)]
LOOKS = [("oil", "natural"), ("oil", "shuffle0"), ("ink", "natural"), ("original", "natural")]


def planted_shard(folder, shard, clips):
    """Files of one shard: unit u of `net` answers clip c by u * c, perturbed order and the original by what must not count.

    Units of `other` answer the opposite.
    """
    keys = [(clip, *look) for clip in clips for look in LOOKS]
    variants = [
        {"variant": "/".join(key), "clip": key[0], "perturbation": None if key[2] == "natural" else "shuffle"}
        for key in keys
        if key[1] != "original"  # shown, but of no pair
    ]
    values = np.array([[u * int(c[1]) if (s, d) in LOOKS[::2] else 900 - int(c[1]) for u in (1, -1)] for c, s, d in keys])
    columns = {name: [None] * len(keys) for name in KEYS}
    columns |= {"variant": ["/".join(key) for key in keys], "clip": [key[0] for key in keys]}
    for model, sign in (("net", 1), ("other", -1)):
        write_features(folder / f"{model}{shard}.parquet", columns, {"deep": sign * values}, {"weights_sha256": "0"})
    write_table(folder / f"variants{shard}.parquet", "variants", variants)
    write_table(folder / f"clips{shard}.parquet", "clips", [{"clip": c, "video": c[:2], "label": "run"} for c in clips])
    np.save(folder / f"frames{shard}.npy", np.stack([np.full((8, 32, 48, 3), 40 * int(c[1]), np.uint8) for c in clips]))


def planted_units(folder):
    """Units and previews of two shards of planted networks: what `show_units` returns."""
    for shard, clips in enumerate((CLIPS[:4], CLIPS[4:])):
        planted_shard(folder, shard, clips)
    about = {"dataset": "d", "perturbation": "shuffle", "quantity": "S", "layer": "deep", "depth": 0}
    scores = [
        about | {"model": model, "metric": metric, "unit": unit, "factor": factor, "value": value if first else -value}
        for model, metrics in (("net", ("pearson", "ratio")), ("other", ("ratio",)))  # a network's first metric counts
        for metric, first in zip(metrics, (True, False), strict=False)
        for unit, both in enumerate(((0.1, 0.9), (0.8, 0.2)))
        for factor, value in zip(("static", "dynamic"), both, strict=True)
    ]
    write_table(folder / "scores.parquet", "scores", scores)
    files = {name: [folder / f"{name}{shard}.parquet" for shard in range(2)] for name in ("variants", "clips")}
    files["stores"] = [folder / f"frames{shard}.npy" for shard in range(2)]
    files["features"] = [folder / f"{model}{shard}.parquet" for model in ("net", "other") for shard in range(2)]
    return show_units(SimpleNamespace(scores=folder / "scores.parquet", **files), "d", ["net", "other"], 0.5)


def test_shards_of_a_data_set_give_the_units_of_every_layer(tmp_path):
    units, _ = planted_units(tmp_path)
    found = pd.DataFrame(units).groupby(["model", "class"])["clip"].agg(list).to_dict()
    high, low = ["v5@0", "v4@0", "v3@0"], ["v0@0", "v1@0", "v2@0"]
    assert found == {("net", "dynamic"): high, ("net", "static"): low, ("other", "dynamic"): low, ("other", "static"): high}
    best = next(row for row in units if row["clip"] == "v5@0")
    assert (best["unit"], best["activation"], best["dynamic"]) == (0, 5, 0.9)


def test_every_clip_that_is_shown_has_its_preview(tmp_path):
    units, previews = planted_units(tmp_path)
    write_table(tmp_path / "units.parquet", "units", units)
    write_table(tmp_path / "previews.parquet", "previews", previews)
    assert list(read_table(tmp_path / "previews.parquet", "previews")["clip"]) == CLIPS
    assert pq.read_metadata(tmp_path / "units.parquet").num_rows == 12
    (tmp_path / "clip.jpg").write_bytes(previews[3]["jpeg"])
    picture = imread(tmp_path / "clip.jpg")
    assert picture.shape == (32, 8 * 48, 3) and abs(picture.astype(int) - 120).max() <= 2
