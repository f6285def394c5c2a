"""Top-1 accuracy: class lists, what counts as the same label, intervals, and that only networks with a list pay for it."""

import copy
import json

import numpy as np
import pandas as pd
import pytest

from tests.copied_project import TINY, Project
from workflow.lib.errors import BadInput
from workflow.lib.model_entries import class_list_path
from workflow.parts.class_lists import key, read_classes
from workflow.parts.proportions import wilson
from workflow.scripts.list_variants import list_originals, list_variants
from workflow.scripts.make_pairs import make_pairs
from workflow.scripts.measure_accuracy import measure_accuracy, remark
from workflow.scripts.write_report import accuracy_table, cost_table

PAIRS = {"styles": ["oil", "ink"], "styles_per_clip": "all", "orders_per_clip": 2, "dynamics": "shuffle"}
PAIRS |= {"min_distance": 0.25, "ceiling": True}
CLASSES = ["jogging", "water skiing", "playing cards", "vault"]


@pytest.mark.parametrize(
    ("name", "count", "known"),
    [
        # Indices that users of the public checkpoints wrote down.
        ("kinetics400", 400, {5: "archery", 48: "catching or throwing baseball", 297: "shooting goal (soccer)", 395: "wrestling"}),
        ("ssv2", 174, {0: "Approaching something with your camera", 119: "Putting something upright on the table"}),
    ],
)
def test_the_lists_that_come_along(name, count, known):
    classes = read_classes(class_list_path(name))
    assert len(classes) == count and classes == sorted(classes)
    assert {i: classes[i] for i in known} == known


def test_a_class_list_is_read_from_text_and_json(tmp_path):
    files = {"a.txt": "\n".join(CLASSES) + "\n\n", "b.json": json.dumps(CLASSES)}
    files |= {"c.json": json.dumps({name: i for i, name in reversed(list(enumerate(CLASSES)))})}
    files |= {"d.json": json.dumps({f'"{name}"': str(i) for i, name in enumerate(CLASSES)})}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        assert [key(c) for c in read_classes(tmp_path / name)] == [key(c) for c in CLASSES], name
    wrong = {"e.txt": "a\n\nb\n", "f.json": '{"a": 0, "b": 2}', "g.json": '{"a": 0, "b": 0}', "h.txt": "pull ups\nPull_Ups\n"}
    wrong |= {"i.json": "[1, 2]", "j.json": "[", "k.txt": ""}
    for name, text in wrong.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(BadInput, match=f"class list .*{name}"):
            read_classes(tmp_path / name)


def some_clips(labels, per_video=1):
    names = [f"v{i // per_video:02}.avi@{i % per_video}" for i in range(len(labels))]
    return pd.DataFrame({"clip": names, "video": [name.split("@")[0] for name in names], "label": labels, "n_frames": 8})


def seen_by(clips, predict, pairs=PAIRS):
    """Key columns and variants of a network that answers predict(row of variants)."""
    listed = list_variants(clips, pairs, 0)
    variants = pd.DataFrame([*listed, *list_originals(clips, listed)])
    return pd.DataFrame({"variant": variants["variant"], "predicted": variants.apply(predict, axis=1)}), variants


def test_a_class_and_its_reversal_are_told_apart_or_not():
    """A network that always answers the first of each pair is right half of the time; other answers do not count."""
    classes = ["left", "right", "up", "down", "jump"]
    clips = some_clips(["left", "right", "up", "down", "jump"] * 8)
    blind = {"left": 0, "right": 0, "up": 2, "down": 4, "jump": 4}  # `down` is taken for a jump
    label_of = dict(zip(clips["clip"], clips["label"], strict=True))
    seen = seen_by(clips, lambda v: blind[label_of[v["clip"]]])
    rows = measure_accuracy(*seen, clips, classes, {"left": "right", "up": "down", "north": "south"}, 0.95)
    original = [row for row in rows if row["style"] == "original"]
    assert [(row["quantity"], row["value"], row["chance"], row["n_clips"]) for row in original] == [
        ("top1", 0.6, 0.2, 40),
        ("reversal", 16 / 24, 0.5, 24),
    ]


def test_originals_are_listed_once_and_stand_in_no_pair():
    clips = some_clips(["vault"] * 3)
    listed = list_variants(clips, PAIRS, 0)
    originals = pd.DataFrame(list_originals(clips, listed))
    assert list(originals["variant"]) == [f"{clip}/original/natural" for clip in clips["clip"]]
    assert originals["frame_order"].map(lambda order: order == list(range(8))).all()
    pairs = make_pairs(pd.DataFrame(listed), clips, 0)
    assert not set(originals["variant"]) & (set(pairs["variant_a"]) | set(pairs["variant_b"]))
    both = PAIRS | {"styles": ["oil", "ink", "original"], "styles_per_clip": 2}
    listed = list_variants(some_clips(["vault"] * 40), both, 0)
    added = {row["clip"] for row in list_originals(some_clips(["vault"] * 40), listed)}
    drawn = {row["clip"] for row in listed if row["style"] == "original"}
    assert added and drawn and not added & drawn and len(added | drawn) == 40


def test_accuracy_is_the_share_of_right_answers_in_each_style_and_order():
    clips = some_clips(["Water_Skiing", "vault", "JOGGING", "sleeping", None, "vault", "", "playing-cards"])
    truth = dict(zip(clips["clip"], [1, 3, 0, None, None, 3, None, 2], strict=True))

    def predict(variant):  # right on originals, wrong on ink, right on oil in natural order of every clip but the first vault
        right = {"original": True, "ink": False}.get(variant["style"], pd.isna(variant["perturbation"]))
        answer = truth[variant["clip"]] if truth[variant["clip"]] is not None else 0
        return answer if right and (variant["style"] != "oil" or variant["clip"] != "v01.avi@0") else (answer + 1) % 4

    rows = measure_accuracy(*seen_by(clips, predict), clips, CLASSES, {}, 0.95)
    found = {(row["style"], row["perturbation"]): row for row in rows}
    assert {at: row["value"] for at, row in found.items()} == {
        ("original", None): 1.0,
        ("oil", None): 0.8,
        ("oil", "shuffle"): 0.0,
        ("ink", None): 0.0,
        ("ink", "shuffle"): 0.0,
    }
    about = {"n_clips": 5, "n_videos": 5, "n_unlabelled": 2, "n_unknown": 1, "unknown": "sleeping", "chance": 0.25}
    assert all(about.items() <= row.items() for row in rows) and rows[0]["style"] == "original"
    assert (found["oil", None]["low"], found["oil", None]["high"]) == pytest.approx(wilson(0.8, 5, 0.95))
    table = accuracy_table(pd.DataFrame(rows).assign(dataset="d", model="m", training="w.pth"))
    assert table.iloc[0]["right %"].startswith("100.0 [") and list(table["order"])[:2] == ["natural", "natural"]


def test_several_clips_of_a_video_are_not_taken_for_independent():
    one, four = some_clips(["vault"] * 20), some_clips(["vault"] * 80, per_video=4)
    rows = []
    for clips in (one, four):
        right = {video: i % 2 for i, video in enumerate(sorted(set(clips["video"])))}
        video_of = dict(zip(clips["clip"], clips["video"], strict=True))
        rows.append(measure_accuracy(*seen_by(clips, lambda v: 3 * right[video_of[v["clip"]]]), clips, CLASSES, {}, 0.9)[0])  # noqa: B023
    assert rows[0]["low"] == pytest.approx(rows[1]["low"]) and rows[0]["high"] == pytest.approx(rows[1]["high"])
    assert (rows[1]["n_clips"], rows[1]["n_videos"]) == (80, 20)


def test_wilson_intervals_hold_what_they_promise():
    assert wilson(0.0, 10, 0.95) == pytest.approx((0, 0.2775), abs=1e-4)  # Newcombe 1998, Statistics in Medicine 17:857, table I
    assert wilson(81 / 263, 263, 0.95) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # the same
    rng = np.random.default_rng(0)
    for truth in (0.02, 0.3, 0.75):
        shares = rng.binomial(60, truth, 4000) / 60
        covered = np.mean([low <= truth <= high for low, high in (wilson(share, 60, 0.95) for share in shares)])
        assert 0.92 < covered < 0.99


def test_labels_that_are_no_classes_are_a_row_with_its_reason():
    clips = some_clips(["b", "a", "b"])
    rows = measure_accuracy(*seen_by(clips, lambda v: 0), clips, CLASSES, {}, 0.95)
    assert all(row["n_clips"] == 0 and "value" not in row and row["unknown"] == "a, b" for row in rows)
    assert remark(rows, "net", "mine") == (
        "no label of data set mine is a class of model net: there is no accuracy; its labels are a, b"
    )
    frame = pd.DataFrame(rows).assign(dataset="mine", model="net", training="w", value=np.nan, low=np.nan, high=np.nan)
    assert set(accuracy_table(frame)["right %"]) == {"no known label"}
    unlabelled = some_clips([None, None])
    rows = measure_accuracy(*seen_by(unlabelled, lambda v: 0), unlabelled, CLASSES, {}, 0.95)
    assert rows[0]["n_unlabelled"] == 2 and "has no labels" in remark(rows, "net", "mine")


def test_a_network_and_a_list_that_do_not_belong_together_are_refused():
    clips = some_clips(["vault", "jogging"])
    with pytest.raises(BadInput, match="the network names class 7, its list has only 4"):
        measure_accuracy(*seen_by(clips, lambda v: 7), clips, CLASSES, {}, 0.95)
    with pytest.raises(BadInput, match="gives no class scores"):
        measure_accuracy(*seen_by(clips, lambda v: None), clips, CLASSES, {}, 0.95)


def test_costs_are_added_over_shards(tmp_path):
    rows = {"000": "s\tmax_rss\n2.5\t300.0\n", "001": "s\tmax_rss\n1.0\t500.0\n", "002": "s\tmax_rss\n0.1\t-\n"}
    paths = [tmp_path / f"benchmarks/dump_features/shapes/c2d/{shard}.tsv" for shard in rows]
    paths[0].parent.mkdir(parents=True)
    for path, text in zip(paths, rows.values(), strict=True):
        path.write_text(text)
    assert cost_table(paths).to_dict("records") == [
        {"dataset": "shapes", "model": "c2d", "seconds": 3.6, "peak memory, MB": 500.0, "jobs": 3}
    ]
    assert cost_table([]) is None


def test_the_pipeline_reports_accuracy_of_networks_with_a_class_list_and_spares_the_others(tmp_path):
    config = copy.deepcopy(TINY) | {"shard_size": 8, "styles": {"a": {"apply": "hue"}, "b": {"apply": "gamma"}}}
    config["pairs"], config["analyses"][0]["metrics"] = {"styles": ["a", "b"]}, ["ratio"]
    plain = copy.deepcopy(config)
    config["models"]["slowonly"]["classes"] = "motions.json"
    project = Project(tmp_path / "project", config)
    classes = project.folder / "motions.json"
    classes.write_text(json.dumps([f"class {i}" for i in range(400)]))
    printed = project.done("results/accuracy/shapes/slowonly.parquet")
    assert "no label of data set shapes is a class of model slowonly" in printed
    labels = sorted(pd.read_parquet(project.folder / "results/clips/shapes/000/clips.parquet")["label"].unique())
    classes.write_text(json.dumps([*labels, *(f"class {i}" for i in range(400 - len(labels)))]))
    project.done()
    table = pd.read_parquet(project.folder / "results/reports/tiny/accuracy.parquet")
    assert list(table["style"]) == ["original", "a", "a", "b", "b"] and (table["training"] == "untrained").all()
    assert (table["n_videos"] == 8).all() and (table["chance"] == 1 / 400).all() and table["value"].between(0, 1).all()
    seen = {model: pd.read_parquet(project.folder / f"results/features/shapes/{model}/000.parquet") for model in config["models"]}
    assert len(seen["slowonly"]) == len(seen["time_average"]) + 8 and seen["time_average"]["predicted"].isna().all()
    report = (project.folder / "results/reports/tiny/report.html").read_text()
    assert "<h2>Accuracy</h2>" in report and "peak memory, MB" in report and project.planned() == {}
    classes.write_text(json.dumps([*labels[1:], *(f"class {i}" for i in range(400 - len(labels) + 1))]))  # costs no features
    planned = project.planned()
    assert planned["measure_accuracy"] == 1 and not {"describe_model", "dump_features", "score_features"} & planned.keys()
    classes.write_text(json.dumps(labels))
    status, printed = project.run("results/accuracy/shapes/slowonly.parquet")
    assert status and f"model slowonly gives 400 outputs, the class list motions.json names {len(labels)} classes" in printed
    project.configure(plain)
    planned = project.planned()
    assert planned["dump_features"] == planned["describe_model"] == 1 and "list_variants" not in planned
