"""Official annotation files: every row as it is meant, every video that is not there reported, every mistake named."""

import ast
import json
import random
from pathlib import Path

import made_videos as made
import pandas as pd
import pytest

from tests.copied_project import TINY, Project
from workflow.lib.errors import BadInput
from workflow.lib.manifest import COLUMNS, read_dataset
from workflow.parts.rejections import LISTED, summary
from workflow.scripts.collect_clips import check

KINETICS = """label,youtube_id,time_start,time_end,split,is_cc
"air drumming",_dbcJuKJQNs,40,50,train,0
abseiling,-3B32lodo2M,59,69,train,0
abseiling,-7kbO0v4hag,7,17,val,0
"riding a bike",0a__bcdefgh,107,117,val,1
"""
KINETICS_TEST = "youtube_id,time_start,time_end,split\n--6bJUbfpnQ,17,27,test\n"
ACTIVITYNET = {
    "version": "VERSION 1.3",
    "taxonomy": [{"nodeName": "Kayaking", "nodeId": 1}],
    "database": {
        "sJFgo9H6zNo": {
            "duration": 153.18,
            "subset": "training",
            "resolution": "320x240",
            "url": "https://www.youtube.com/watch?v=sJFgo9H6zNo",
            "annotations": [
                {"segment": [0, 10.5], "label": "Fixing bicycle"},
                {"segment": [20.25, 53.7], "label": "Fixing bicycle"},
            ],
        },
        "l7qFW4pQTRE": {"duration": 20, "subset": "validation", "annotations": [{"segment": [1, 9], "label": "Kayaking"}]},
        "1XZpiXOxHTI": {"duration": 9.5, "subset": "testing", "annotations": []},
    },
}
DIVES = [
    {"vid_name": "-mmq0PT-u8k_00155", "label": 1, "start_frame": 0, "end_frame": 48},
    {"vid_name": "2x00lRzlTVQ_00000", "label": 0, "start_frame": 0, "end_frame": 70},
]
VOCABULARY = [["Back", "15som", "05Twis", "FREE"], ["Back", "15som", "15Twis", "FREE"]]
SSV2 = [
    {
        "id": "78687",
        "label": "holding potato next to bottle",
        "template": "Holding [something] next to [something]",
        "placeholders": [],
    },
    {
        "id": "36585",
        "label": "plastic falling",
        "template": "[Something] falling like a feather or paper",
        "placeholders": ["plastic"],
    },
]
LABELS = {"Holding something next to something": "41", "Something falling like a feather or paper": "132"}


@pytest.fixture
def there(tmp_path):
    """Writes annotation files (text or JSON) and empty videos below `videos`; gives the options of a data set."""

    def make(kind, files, videos=(), **options):
        for name, content in files.items():
            (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        for video in videos:
            (tmp_path / "videos" / video).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "videos" / video).touch()
        paths = [str(tmp_path / name) for name in files]
        return {"annotations": {"format": kind, "file": paths, "root": str(tmp_path / "videos"), **options}}

    return make


def values(rows, folder):
    """Rows as tuples in the order of COLUMNS, paths relative to the folder of videos."""
    return [tuple(str(Path(r[c]).relative_to(folder / "videos")) if c == "path" else r[c] for c in COLUMNS) for r in rows]


def test_kinetics_trimmed_and_whole_in_any_layout(tmp_path, there):
    videos = ["train/air_drumming/_dbcJuKJQNs_000040_000050.mp4", "-3B32lodo2M.mkv", "val/abseiling/-7kbO0v4hag_000007_000017.MP4"]
    options = there("kinetics400", {"k400_train.csv": KINETICS, "test.csv": KINETICS_TEST}, [*videos, "val/notes.txt"])
    rows = values(read_dataset("k", options), tmp_path)
    assert rows == [
        ("_dbcJuKJQNs_000040_000050", videos[0], "", "", "air drumming", "train"),
        ("-3B32lodo2M_000059_000069", videos[1], "59", "69", "abseiling", "train"),
        ("-7kbO0v4hag_000007_000017", videos[2], "", "", "abseiling", "validation"),
        ("0a__bcdefgh_000107_000117", "0a__bcdefgh_000107_000117.mp4", "107", "117", "riding a bike", "validation"),
        ("--6bJUbfpnQ_000017_000027", "--6bJUbfpnQ_000017_000027.mp4", "17", "27", "", "test"),
    ]


def test_activitynet_longest_and_all_segments(tmp_path, there):
    options = there("activitynet", {"activity_net.v1-3.min.json": ACTIVITYNET}, ["train_val/v_sJFgo9H6zNo.mp4", "l7qFW4pQTRE.webm"])
    rows = values(read_dataset("a", options), tmp_path)
    assert rows == [
        ("sJFgo9H6zNo", "train_val/v_sJFgo9H6zNo.mp4", "20.25", "53.7", "Fixing bicycle", "train"),
        ("l7qFW4pQTRE", "l7qFW4pQTRE.webm", "1", "9", "Kayaking", "validation"),
        ("1XZpiXOxHTI", "v_1XZpiXOxHTI.mp4", "", "", "", "test"),
    ]
    options["annotations"]["segments"] = "all"
    assert [row["start_s"] for row in read_dataset("a", options)] == ["0", "20.25", "1", ""]


def test_a_segment_listed_twice_is_one_row_and_has_no_label_where_they_differ(there):
    about = {
        "subset": "validation",
        "annotations": [{"segment": [s, 9], "label": label} for s, label in ((0, "a"), (0, "b"), (1, "a"))],
    }
    same = {"subset": "validation", "annotations": [{"segment": [2, 9], "label": "c"}] * 2}
    content = {"database": {"one": about, "two": same}}
    rows = read_dataset("a", there("activitynet", {"a.json": content}, ["v_one.mp4"], segments="all"))
    assert [(r["video"], r["start_s"], r["label"]) for r in rows] == [("one", "0", ""), ("one", "1", "a"), ("two", "2", "c")]


def test_diving48(tmp_path, there):
    files = {
        "Diving48_V2_train.json": DIVES,
        "Diving48_vocab.json": VOCABULARY,
        "Diving48_V2_test.json": [{**DIVES[0], "vid_name": "x_1"}],
    }
    rows = values(read_dataset("d", there("diving48", files, ["rgb/-mmq0PT-u8k_00155.mp4"])), tmp_path)
    assert rows == [
        ("-mmq0PT-u8k_00155", "rgb/-mmq0PT-u8k_00155.mp4", "", "", "Back 15som 15Twis FREE", "train"),
        ("2x00lRzlTVQ_00000", "2x00lRzlTVQ_00000.mp4", "", "", "Back 15som 05Twis FREE", "train"),
        ("x_1", "x_1.mp4", "", "", "Back 15som 15Twis FREE", "test"),
    ]


def test_ssv2(tmp_path, there):
    files = {"something-something-v2-train.json": SSV2, "something-something-v2-labels.json": LABELS, "test.json": [{"id": "1420"}]}
    options = there("ssv2", files, ["78687.webm", "1420.webm"])
    rows = values(read_dataset("s", options), tmp_path)
    assert rows == [
        ("78687", "78687.webm", "", "", "Holding something next to something", "train"),
        ("36585", "36585.webm", "", "", "Something falling like a feather or paper", "train"),
        ("1420", "1420.webm", "", "", "", "test"),
    ]


def many(n_classes=3, n=20):
    """A Kinetics CSV of so many videos, and their names."""
    videos = [(f"class {c}", f"v{c:02d}_{i:04d}xyz") for c in range(n_classes) for i in range(n)]
    return "label,youtube_id,time_start,time_end,split\n" + "".join(f"{c},{v},0,10,val\n" for c, v in videos), [
        v for _, v in videos
    ]


def test_growing_per_class_only_adds_rows_at_the_end(there):
    text, videos = many()
    options = there("kinetics400", {"val.csv": text}, [f"{v}.mp4" for v in videos])
    rows = {}
    for n in (1, 2, 5, 19, 20, 50):
        options["annotations"]["per_class"] = n
        rows[n] = read_dataset("k", options)
        assert pd.Series([r["label"] for r in rows[n]]).value_counts().eq(min(n, 20)).all()
    for fewer, more in zip(list(rows)[:-1], list(rows)[1:], strict=True):
        assert rows[more][: len(rows[fewer])] == rows[fewer]
    assert [r["video"] for r in rows[20]] != sorted(r["video"] for r in rows[20]), "drawn, not the first ones"


def test_missing_videos_take_no_place_when_skipped_but_stay_rows(there):
    text, videos = many(n_classes=2)
    options = there("kinetics400", {"val.csv": text}, [f"{v}.mp4" for v in videos[::3]], per_class=4, missing="skip")
    grown = {}
    for n in (4, 5, 9):
        options["annotations"]["per_class"] = n
        grown[n] = read_dataset("k", options)
        found = pd.Series([r["label"] for r in grown[n] if Path(r["path"]).exists()]).value_counts()
        assert found.to_dict() == {"class 0": min(n, 7), "class 1": min(n, 7)}
        assert len(grown[n]) > found.sum(), "the missing ones met on the way are rows"
    assert grown[5][: len(grown[4])] == grown[4] and len(grown[9]) == 40
    options["annotations"] |= {"per_class": 4, "missing": "reject"}
    assert len(read_dataset("k", options)) == 8


@pytest.mark.parametrize("split", [["val", "test"], ["validation", "testing"], ["VALIDATE", "test"]])
def test_splits_in_any_spelling(there, split):
    options = there("kinetics400", {"a.csv": KINETICS, "b.csv": KINETICS_TEST}, ["-7kbO0v4hag.mp4"], split=split)
    assert [r["split"] for r in read_dataset("k", options)] == ["validation", "validation", "test"]
    options["annotations"]["split"] = split[0]
    with pytest.raises(BadInput, match="has 2 and needs at least 3"):
        read_dataset("k", options)


@pytest.mark.parametrize(
    ("kind", "files", "options", "message"),
    [
        ("kinetics", {"a.csv": KINETICS}, {}, "format 'kinetics' came, one of kinetics400, activitynet"),
        ("activitynet", {"a.csv": KINETICS}, {}, "a.csv came as activitynet, it looks like kinetics400"),
        ("kinetics400", {"a.json": ACTIVITYNET}, {}, "a.json came as kinetics400, it looks like activitynet"),
        ("ssv2", {"train.json": DIVES}, {}, "came as ssv2, it looks like diving48"),
        ("diving48", {"train.json": SSV2}, {}, "came as diving48, it looks like ssv2"),
        ("kinetics400", {"a.csv": "video,start_s,end_s,label,split\n"}, {}, "it looks like manifest"),
        ("ssv2", {"train.json": []}, {}, "looks like none of kinetics400"),
        ("diving48", {"train.json": DIVES}, {}, "needs Diving48_vocab.json too"),
        ("diving48", {"Diving48_vocab.json": VOCABULARY}, {}, "needs a file with its videos"),
        ("diving48", {"dives.json": DIVES, "v.json": VOCABULARY}, {}, "dives.json: its name says no split"),
        ("diving48", {"train.json": [{**DIVES[0], "label": 7}], "v.json": VOCABULARY}, {}, "entry 1: vid_name and label"),
        ("ssv2", {"train.json": SSV2, "l.json": {"Holding": "0"}}, {}, "entry 1: id and .* were needed, .*78687"),
        ("kinetics400", {"a.csv": KINETICS.replace(",59,", ",a minute,")}, {}, "entry 2: youtube_id, time_start"),
        ("kinetics400", {"a.csv": KINETICS.replace("-3B32lodo2M", "../x")}, {}, "entry 2"),
        ("kinetics400", {"a.csv": KINETICS}, {"split": "valid"}, "split 'valid' came, .*a.csv hold train, validation"),
        ("ssv2", {"train.json": '[{"id": "78687", '}, {}, "train.json is no JSON, is it complete"),
        ("kinetics400", {"a.csv": KINETICS}, {}, "none of the 4 videos of .* among the 1 below .* _dbcJuKJQNs_000040_000050"),
    ],
)
def test_mistakes_are_named_in_one_sentence(there, kind, files, options, message):
    with pytest.raises(BadInput, match=message) as error:
        read_dataset("x", there(kind, files, ["other.mp4"], **options))
    assert "\n" not in str(error.value)


def test_files_and_folders_that_are_not_there(tmp_path, there):
    options = there("ssv2", {"train.json": SSV2})
    with pytest.raises(BadInput, match="there is no folder .*videos; nothing in .* has a name like it"):
        read_dataset("x", options)
    options["annotations"]["file"] = str(tmp_path / "none.json")
    with pytest.raises(BadInput, match="none.json cannot be read: No such file"):
        read_dataset("x", options)


OFFICIAL = {
    "kinetics400": {"train.csv": KINETICS},
    "activitynet": {"a.json": ACTIVITYNET},
    "diving48": {"train.json": DIVES, "v.json": VOCABULARY},
    "ssv2": {"train.json": SSV2, "l.json": LABELS},
}
SPOILT = [None, -1, 1e999, "", "\ud800", [], {}, True, [[]], "a/b", {"annotations": 3}]


def spoil(content, rng):
    """JSON content with one value, somewhere, put in place of another."""
    if isinstance(content, (dict, list)) and content and rng.random() < 0.8:
        key = rng.choice(list(content) if isinstance(content, dict) else range(len(content)))
        copy = content.copy()
        copy[key] = spoil(content[key], rng)
        return copy
    return rng.choice(SPOILT)


@pytest.mark.parametrize("kind", OFFICIAL)
def test_spoilt_files_give_rows_or_a_sentence(there, kind):
    rng, told = random.Random(0), 0
    options = there(kind, OFFICIAL[kind], ["v_l7qFW4pQTRE.mp4", "78687.webm", "2x00lRzlTVQ_00000.mp4", "-3B32lodo2M.mp4"])
    for _ in range(150):
        name = rng.choice(list(OFFICIAL[kind]))
        content = OFFICIAL[kind][name]
        text = content if isinstance(content, str) else json.dumps(spoil(content, rng))
        if isinstance(content, str) or rng.random() < 0.3:  # bytes lost, doubled or changed
            i = rng.randrange(len(text))
            text = text[:i] + rng.choice(["", ",", '"', "\x00", "\n", "[", "{" * 3, "9" * 400]) + text[i + rng.randrange(9) :]
        Path(options["annotations"]["file"][list(OFFICIAL[kind]).index(name)]).write_text(text)
        try:
            rows = read_dataset("x", options)
        except BadInput as error:
            told += 1
            assert len(str(error)) < 1000
        else:
            assert all(isinstance(value, str) and value.encode() is not None for row in rows for value in row.values())
        there(kind, OFFICIAL[kind])
    assert told > 25


def test_the_gate_counts_missing_videos_unless_they_are_skipped():
    clips = pd.DataFrame({"clip": list("abcd"), "video": list("abcd")})
    rejected = pd.DataFrame({"video": list("efghij"), "fits_fps": None, "reason": ["file missing"] * 5 + ["too short: 1 s"]})
    with pytest.raises(BadInput, match="6 of 10 videos rejected.*5 × file missing"):
        check(clips, rejected, 10, 0.2, "x")
    check(clips, rejected, 10, 0.2, "x", skip_missing=True)
    with pytest.raises(BadInput, match="1 of 5 videos rejected"):
        check(clips, rejected, 10, 0.1, "x", skip_missing=True)


def test_the_report_counts_what_it_does_not_list():
    names = [f"v{i}" for i in range(LISTED + 1)]
    rejected = pd.DataFrame({"dataset": "x", "video": names, "reason": "file missing"})
    assert list(summary(rejected)) == [
        f"x: {LISTED + 1} × file missing (e.g. v0).",
        f"Listed are the first {LISTED} of {LISTED + 1}; all are in results/clips/{{dataset}}/rejected.parquet.",
    ]


def test_only_the_standard_library_is_needed():
    for name in ("annotations", "annotation_files", "annotation_formats", "published"):
        for node in ast.walk(ast.parse(Path(f"workflow/lib/{name}.py").read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not {n.split(".")[0] for n in names} & {"numpy", "pandas", "pyarrow", "torch", "cv2", "yaml"}, name


def test_an_annotated_data_set_runs_and_reports_its_missing_videos(tmp_path):
    annotations = {"format": "diving48", "file": ["train.json", "vocab.json"], "root": "videos", "missing": "skip"}
    ours = {"dataset": "dives", "model": "time_average"}
    config = TINY | {
        "datasets": {"dives": {"annotations": annotations}},
        "styles": {"hue": {"apply": "hue"}, "gamma": {"apply": "gamma"}},
        "style_training": {"dataset": "dives"},
        "models": {"time_average": {"family": "time_average"}},
        "pairs": {"styles": ["hue", "gamma"]},
        "analyses": [{"dataset": "dives", "models": ["time_average"], "metrics": ["pearson"]}],
        "published": [{"figure": "Fig. 6", "network": "SlowOnly", "trained_on": "Diving48", "ours": ours}],
    }
    project = Project(tmp_path / "project", config)
    names = [f"dive_{i:05d}" for i in range(5)]
    (project.folder / "train.json").write_text(json.dumps([{"vid_name": name, "label": 0} for name in names]))
    (project.folder / "vocab.json").write_text(json.dumps(VOCABULARY))
    (project.folder / "resources/published").mkdir(parents=True)
    source = Path(__file__).parents[1] / "resources/published/kowal2022.csv"
    (project.folder / "resources/published/kowal2022.csv").write_text(source.read_text())
    for name in names[:3]:
        (project.folder / "videos/rgb").mkdir(parents=True, exist_ok=True)
        made.write_video(project.folder / "videos/rgb" / f"{name}.mp4", 40)
    project.done("results/clips/dives/clips.parquet")
    clips, rejected = (pd.read_parquet(project.folder / f"results/clips/dives/{n}.parquet") for n in ("clips", "rejected"))
    assert (
        list(clips["video"]) == names[:3] and set(clips["label"]) == {"Back 15som 05Twis FREE"} and set(clips["split"]) == {"train"}
    )
    assert list(rejected["video"]) == names[3:] and set(rejected["reason"]) == {"file missing"}
    project.done()
    report = (project.folder / "results/reports/tiny/report.html").read_text()
    assert "dives: 2 × file missing (e.g. dive_00003)." in report and "published (Kowal et al. 2022)" in report
    published = pd.read_parquet(project.folder / "results/reports/tiny/published.parquet")
    assert set(published["reason"]) == {"time_average has no trained weights"} and published["value"].isna().all()
