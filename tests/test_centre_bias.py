"""Centre bias: spreads with closed forms, maps that are known, and the dial that makes it."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from tests.copied_project import TINY, Project
from workflow.lib.arrays import UNANNOTATED
from workflow.lib.tables import read_table, write_table
from workflow.parts.moving_shapes import PLACE, draw, poses, render
from workflow.parts.seeding import generator
from workflow.plots.centre_bias import draw as draw_figure
from workflow.scripts.measure_centre_bias import centre_bias

LARGE = (300, 400)


def measured(masks, videos=None, draws=200):
    """Row of the table for masks [clip, frame, height, width] in one store, by default each clip a video."""
    names = [f"v{k:03d}" for k in range(len(masks))] if videos is None else videos
    return centre_bias("set", [masks], [names], draws, 0.95, 0)


def picture(inside, size=LARGE):
    """A mask [1, 1, height, width] of the pixels where inside(y, x) holds, counted from the centre."""
    y, x = np.mgrid[: size[0], : size[1]].astype(float)
    return inside(y - (size[0] - 1) / 2, x - (size[1] - 1) / 2)[None, None].astype(np.uint8)


def test_closed_forms():
    half = np.hypot(*LARGE) / 2
    for radius in (20, 60, 140):  # of a disc the mean squared distance is r²/2
        disc = measured(picture(lambda y, x, r=radius: np.hypot(y, x) <= r))["spread"]
        assert disc == pytest.approx(radius / np.sqrt(2) / half, rel=0.1 / radius)  # its edge runs along pixels
    everywhere = measured(np.ones((1, 1, *LARGE), np.uint8))["spread"]  # of a rectangle of h x w pixels (h² + w² - 2) / 12
    assert everywhere == pytest.approx(np.sqrt((300**2 + 400**2 - 2) / 12) / half, rel=1e-12) == pytest.approx(0.5773, abs=1e-4)
    ring = measured(picture(lambda y, x: abs(np.hypot(y, x) - 100) <= 0.5))["spread"]
    assert ring == pytest.approx(100 / half, rel=1e-3)
    dot = measured(picture(lambda y, x: (abs(y) < 1) & (abs(x) < 1)))["spread"]  # four pixels, each (.5, .5) off
    assert dot == pytest.approx(np.sqrt(0.5) / half, rel=1e-12)
    corners = measured(picture(lambda y, x: (abs(y) > 149) & (abs(x) > 199)))["spread"]
    assert corners == pytest.approx(np.hypot(149.5, 199.5) / half, rel=1e-12)


def test_map_is_the_mean_of_videos_scaled_to_1():
    masks = np.zeros((3, 2, 4, 6), np.uint8)
    masks[0, :, 0] = masks[1, 0, 0] = masks[1, :, 1] = 1  # row 0: 1 and 1/2 of the frames, row 1: 0 and 1
    masks[2] = UNANNOTATED
    row = measured(masks)
    assert np.allclose(np.reshape(row["map"], (row["height"], row["width"]))[:, 0], [1, 2 / 3, 0, 0])
    counts = {key: row[key] for key in ("n_videos", "n_frames", "n_empty", "n_without")}
    assert counts == {"n_videos": 2, "n_frames": 4, "n_empty": 0, "n_without": 2}
    one = measured(masks[[0, 0, 0, 1]], ["a", "a", "a", "b"])  # however many clips a video has, it counts once
    assert np.array_equal(one["map"], row["map"]) and one["spread"] == pytest.approx(row["spread"], rel=1e-12)
    parted = centre_bias("set", [masks[:1], masks[:2]], [["a"], ["a", "b"]], 200, 0.95, 0)
    assert np.array_equal(parted["map"], row["map"])


def test_empty_masks_have_no_spread_and_few_videos_no_interval():
    empty = measured(np.zeros((4, 2, 4, 6), np.uint8))
    assert np.isnan([empty[key] for key in ("spread", "low", "high")]).all() and empty["n_empty"] == 8 and not empty["map"].any()
    none = measured(np.full((4, 2, 4, 6), UNANNOTATED, np.uint8))
    assert np.isnan(none["spread"]) and none["n_videos"] == 0 and none["n_without"] == 8
    two = measured(np.ones((2, 2, 4, 6), np.uint8))
    assert two["spread"] > 0 and np.isnan(two["low"])


def test_interval_covers_the_truth():
    """Points at distances r drawn from 0 to 1 with mean square 1/3, a video each: the truth is the root of that."""
    line, truth, covered = np.linspace(0.5, 199.5, 200), 200 / np.sqrt(3) / np.hypot(1, 400) * 2, 0
    for trial in range(60):
        rng, masks = np.random.default_rng(trial), np.zeros((40, 1, 1, 400), np.uint8)
        masks[np.arange(40), 0, 0, 200 + rng.integers(len(line), size=40)] = 1
        row = measured(masks, draws=300)
        covered += row["low"] <= truth <= row["high"]
    assert 51 <= covered <= 60  # of 60 at .95; fewer than 51 has a probability of .002


def test_the_dial_moves_shapes_to_the_centre_and_0_leaves_them():
    size, frames = 64, 6
    for video in range(20):
        given = draw(7, video, frames, size, 0.3)
        assert given == draw(7, video, frames, size, 0.3, 0) == draw(7, video, frames, size, 0.3, 0.0)
        assert given["x"] == generator(7, "moving_shapes", video, "x").uniform(*PLACE) * size - 0.5
        central = draw(7, video, frames, size, 0.3, 1)
        assert central["x"] == central["y"] == (size - 1) / 2
        assert {k: v for k, v in given.items() if k not in "xy"} == {k: v for k, v in central.items() if k not in "xy"}
        half = draw(7, video, frames, size, 0.3, 0.5)
        assert half["x"] == pytest.approx((given["x"] + central["x"]) / 2)
        x, y, _, radius = poses(half, frames, size).T
        assert min((x - radius).min(), (y - radius).min()) >= -0.5 and max((x + radius).max(), (y + radius).max()) <= size - 0.5


def test_spread_falls_as_the_dial_is_turned():
    """The middle of a path is c times as far away on both axes, so that of the mean square what it adds falls with the square."""
    found = [measured(np.stack([render(draw(7, v, 4, 48, 0, c), 4, 48)[1] for v in range(80)])) for c in (0, 0.5, 1)]
    whole, half, none = (row["spread"] ** 2 for row in found)
    assert whole > half > none and found[0]["low"] > found[2]["high"]
    assert (half - none) / (whole - none) == pytest.approx(0.25, abs=0.08)


def test_the_figure_says_what_it_cannot_show(tmp_path):
    def texts(rows):
        write_table(tmp_path / "t.parquet", "centre_bias", rows)
        figure = draw_figure(read_table(tmp_path / "t.parquet", "centre_bias"), {})
        return " ".join(" ".join(text.get_text() for text in figure.findobj(Text)).split())  # however lines are wrapped

    assert "no data set of this experiment has masks" in texts([])
    masks = np.zeros((4, 2, 4, 6), np.uint8)
    assert "no foreground 4 videos, 8 masks, 8 empty" in texts([measured(masks)])
    assert "spread 0.5" in texts([measured(masks[:2] + np.uint8(1))]) and "nan" not in texts([measured(masks[:2] + np.uint8(1))])


@pytest.mark.parametrize(("n", "size", "share"), [(1, (48, 85), 0.4), (2, (64, 64), 0.4), (4, (48, 64), 0.35)])
def test_maps_fill_their_figure(tmp_path, n, size, share):
    write_table(tmp_path / "t.parquet", "centre_bias", [measured(np.ones((2, 1, *size), np.uint8)) for _ in range(n)])
    figure = draw_figure(read_table(tmp_path / "t.parquet", "centre_bias"), {})
    figure.canvas.draw()
    boxes = [axes.get_window_extent() for axes in figure.axes if axes.get_images()]
    assert len(boxes) == n and all(box.height / box.width == pytest.approx(size[0] / size[1], rel=0.02) for box in boxes)
    assert sum(box.width * box.height for box in boxes) > share * figure.bbox.width * figure.bbox.height


def test_the_figure_of_an_experiment(tmp_path):
    options = {"videos": 8, "frames": 16, "size": 64}
    datasets = {
        "shapes": {"moving_shapes": options},
        "central": {"moving_shapes": {**options, "centre": 1, "kinematogram": True}},
    }
    analyses = [{"dataset": name, "models": ["time_average"], "metrics": ["pearson"]} for name in datasets]
    project = Project(tmp_path, {**TINY, "shard_size": 8, "datasets": datasets, "analyses": analyses, "plots": ["centre_bias"]})
    project.done("results/reports/tiny/centre_bias.png", "--quiet")
    table = pd.read_parquet(tmp_path / "results/reports/tiny/centre_bias.parquet").set_index("dataset")
    assert table["spread"]["central"] < table["spread"]["shapes"] and list(table["n_videos"]) == [8, 8]
    shape = np.load(tmp_path / "results/clips/central/000/masks.npy", mmap_mode="r").shape
    assert shape == (8, 8, 64, 64) and list(table["n_frames"]) == [64, 64]
