"""Every topic of the benchmark runs at its tiniest size; nothing is held against a time."""

import importlib
import json
from functools import cache

import numpy as np
import pytest
import torch

from bench.__main__ import TOPICS, written
from bench.jobs import ROOT
from bench.measuring import COLUMNS, in_turn, median_ratio, row
from bench.memory import growth
from workflow.lib.arrays import open_frames
from workflow.lib.tables import read_table


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Rows of a topic at its tiniest size, each topic measured once."""

    @cache
    def rows(topic):
        module = importlib.import_module(f"bench.{topic}")
        return module.bench(tmp_path_factory.mktemp(topic), **module.TINY)

    return rows


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_gives_rows_of_positive_values(topic, measured):
    rows = measured(topic)
    assert rows and all(list(own) == COLUMNS for own in rows)
    assert all(own["value"] > 0 for own in rows), rows
    assert all((own["verdict"] != "") == (own["goal"] != "") for own in rows)
    assert len({(own["what"], own["unit"]) for own in rows}) == len(rows)


def test_the_script_of_every_rule_is_weighed(measured):
    weighed = {own["what"].removeprefix("memory of ").split()[0].rstrip(",") for own in measured("memory")}
    assert weighed == {path.stem for path in (ROOT / "workflow/scripts").glob("*.py")}


def test_the_dump_is_held_against_a_bare_pass_in_the_precision_that_it_came_to(tmp_path, monkeypatch):
    from bench import features

    monkeypatch.setattr(features, "PRECISIONS", {"cpu": ["float16"]})
    rows = features.bench(tmp_path, **features.TINY)
    assert len(rows) == 3 and all(own["what"].endswith("cpu, float16") for own in rows)
    entered, network = [], features.network_entry("resnet3d", **features.SMALL)
    network, _ = features.build_network(network)
    network.module.register_forward_hook(lambda *_: entered.append(torch.is_autocast_enabled("cpu")))
    for half in (None, torch.float16):
        features.bare_pass(network, 1, 1, half)()
    assert entered == [False, True]


def test_the_table_is_the_json(tmp_path):
    rows = [row("speed", "ratio", 0.97, ">= 0.95", repetitions=3), row("time", "s", 12, "< 10"), row("memory", "MiB", 12345.6)]
    printed = written(rows, tmp_path / "new" / "bench.json")
    kept = json.loads((tmp_path / "new" / "bench.json").read_text())
    assert kept["rows"] == rows
    assert [own["verdict"] for own in rows] == ["reached", "MISSED", ""]
    lines = printed.splitlines()
    assert len(lines) == 1 + len(rows) + 1  # its head, and the machine below
    for line, own, value in zip(lines[1:], kept["rows"], ["0.97", "12", "12,346"], strict=False):
        assert own["what"] in line and own["verdict"] in line and f" {value} " in line
    assert str(kept["machine"]["cores"]) in lines[-1] and kept["machine"]["device"] in lines[-1]


def test_sides_take_turns():
    called = []
    times = in_turn({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, 3)
    assert "".join(called) == "abbaab"
    assert {name: len(own) for name, own in times.items()} == {"a": 3, "b": 3}
    assert median_ratio([2, 3, 30], [1, 1, 1]) == 3


@pytest.mark.parametrize(
    ("of_clips", "found"),
    [
        (lambda n: 300, "flat"),
        (lambda n: 300 + 0.05 * n, "linear"),
        (lambda n: 300 + 0.05 * n * np.log10(n) / 2, "MISSED"),
        (lambda n: 300 + 1e-5 * n * n, "MISSED"),
    ],
    ids=["none", "n", "n log n", "n²"],
)
def test_growth_of_memory_is_told(of_clips, found):
    assert growth({n: of_clips(n) for n in (100, 1_000, 10_000)}) == found


def test_the_released_way_written_anew_gives_the_scores_of_the_metric_ratio(tmp_path):
    from bench import released_way

    options = released_way.TINY["options"] | {"stride": "spread"}  # every order is far enough from natural on such frames
    entry = released_way.network_entry("resnet3d", **options)
    config = released_way.default_config()
    files, n_frames = released_way.stored(tmp_path, 32, 6, config), config["clip"]["frames"]
    network, _ = released_way.build_network(entry)
    variants, clips = released_way.tables_of(files)
    stores = dict(zip(config["pairs"]["styles"], map(open_frames, files["stores"]), strict=True))
    released_way.write_pictures(tmp_path / "pictures", clips["clip"], stores, ".png")
    pairs = released_way.make_pairs(variants, clips, 0).query("primary and factor != 'neither'")
    orders = variants.set_index("variant")["frame_order"]
    theirs = released_way.ReleasedWay(network, pairs, orders, tmp_path / "pictures").run()
    job = released_way.dump_job(tmp_path, entry, files, config["pairs"]["styles"], 32, n_frames)
    released_way.our_way(tmp_path, files, job, config)()
    ours = read_table(tmp_path / "ratio.scores.parquet", "scores").query("unit.isna() and quantity == 'S'")
    ours = ours.set_index(["layer", "factor"])["value"]
    for layer, factors in theirs.items():
        for factor, value in factors.items():
            assert ours[layer, factor] == pytest.approx(value, abs=1e-4), (layer, factor)
