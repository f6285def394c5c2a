"""What `make check` says: what decoding said, which class lists are of other labels, and of when the last report is."""

import os
import time

import pandas as pd
import pytest

from workflow.lib.errors import BadInput
from workflow.parts.class_lists import check_length
from workflow.scripts.check import MOST, accuracy, decoding, layers, network, report


def test_what_decoding_said_of_videos_is_repeated_and_cut_where_it_is_long(tmp_path):
    logs = [tmp_path / name for name in ("000.log", "001.log", "002.log")]  # the last was deleted
    logs[0].write_text("decoding: 3/4, 2 s left\na.mp4: only 1 different clips fit into the segment\ndecoding: 4/4, 0 s left\n")
    logs[1].write_text("3 of 4 clips show 25% of their frames or more twice in a row\n")
    said = [
        "walks: a.mp4: only 1 different clips fit into the segment",
        "walks: 3 of 4 clips show 25% of their frames or more twice",
    ]
    first, second = decoding("walks", logs)
    assert first == said[0] and second.startswith(said[1])
    logs[1].write_text("b\n" * (MOST + 3))
    assert decoding("walks", logs)[MOST - 1 :] == ["walks: b", f"walks: 4 more such lines in {tmp_path}"]
    assert decoding("walks", logs[2:]) == []


def test_a_class_list_of_other_labels_is_told_in_the_words_of_the_accuracy():
    clips = pd.DataFrame({"label": ["every day", "signs", None, "", "signs"]})
    said = "no label of data set mine is a class of model net: there is no accuracy"
    assert accuracy("mine", "net", clips, ["class1", "class2"]) == [f"{said}; its labels are every day, signs"]
    assert accuracy("mine", "net", clips[2:4], ["class1"]) == [f"{said}, it has no labels"]
    told = "1 of 2 labels of data set mine are no classes of model net, 2 of 5 clips: signs"
    assert accuracy("mine", "net", clips, ["class1", "Every_Day"]) == [told]
    assert accuracy("mine", "net", clips, ["signs", "Every_Day"]) == []


@pytest.mark.parametrize(
    ("outputs", "came"), [(3, "3 outputs"), (3.0, "3 outputs"), (None, "no"), (float("nan"), "no class scores")]
)
def test_a_class_list_of_another_length_is_refused(outputs, came):
    with pytest.raises(BadInput, match=f"model net gives {came}.*, the class list ours.txt names 2 classes"):
        check_length("net", outputs, ["a", "b"], "ours.txt")
    check_length("net", 2.0, ["a", "b"], "ours.txt")


def test_what_is_to_be_known_of_a_network_has_a_line_each():
    table = described([None, None], note="it reads clips of 8 pixels; Warning: its output has 2 rows")
    assert network(table) == [
        "net, untrained: 2 layers, b0 to b1",
        "    it reads clips of 8 pixels",
        "    Warning: its output has 2 rows",
    ]
    assert network(described([None], note=None)) == ["net, untrained: layer b0"]


def test_a_report_is_told_with_its_time_and_an_answer_that_is_short(tmp_path):
    path, answer = tmp_path / "report.html", tmp_path / "answer.txt"
    assert report(path, []) == []
    path.touch()
    made = time.mktime((2026, 3, 1, 9, 5, 30, 0, 0, -1))
    os.utime(path, (made, made))
    line = f"The report as the last run left it, 2026-03-01 09:05: {path}"
    assert report(path, []) == [line]
    answer.write_text("net looks at motion.\nNote: of 4 videos.\n", encoding="utf-8")
    assert report(path, []) == [line, "net looks at motion.", "Note: of 4 videos."]
    answer.write_text("a\n" * (MOST + 1))
    assert report(path, []) == [line]
    checked = [answer, tmp_path / "clips.parquet"]  # the answer is as old as its report; these clips came after both
    checked[1].touch()
    older = line.replace(": /", ", older than what was checked now (the run makes it anew where that matters): /")
    assert report(path, checked) == [older] != [line]
    os.utime(checked[1], (made - 5, made - 5))
    assert report(path, checked[1:]) == [line]


def described(averaged, training="untrained", **about):
    """Table `models` of a network whose layers b0, b1, ... average over these."""
    rows = [{"layer": f"b{k}", "averaged_over": over} for k, over in enumerate(averaged)]
    about = {"model": "net", "training": training, "stream": None, "pooling": "mean", "units": 8} | about
    return pd.DataFrame(rows).assign(**about)


def test_what_is_read_of_a_network_is_told_layers_that_are_alike_together():
    assert layers(described(["4 x 4", "9 tokens", "9 tokens", "9 tokens", None])) == [
        "    b0: 8 units, each the mean of 4 x 4",
        "    b1, b2, b3: 8 units, each the mean of 9 tokens",
        "    b4: 8 units",
    ]
    assert layers(described([None] * 5)) == ["    b0 to b4 (5 layers): 8 units"]
    assert layers(described([None, None], stream=["slow", "fast"])) == ["    b0: 8 units", "    b1: 8 units"]
    assert layers(described(["4 x 4, frame by frame"], pooling="frames")) == [
        "    b0: 8 units x frames, each the mean of 4 x 4, frame by frame"
    ]
    assert layers(described(["4 x 4"], training="control")) == []
    lines = layers(described([f"{k} tokens" for k in range(MOST + 2)]))
    assert len(lines) == MOST + 1 and lines[-1] == "    and 2 more such lines"
