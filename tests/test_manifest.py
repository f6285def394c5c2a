"""Data sets: every row of a manifest or folder is read as it is meant, and every mistake is named."""

from contextlib import nullcontext

import numpy as np
import pytest

from workflow.lib.earlier_videos import changes, check_same_dataset
from workflow.lib.errors import BadInput
from workflow.lib.manifest import COLUMNS, fingerprint, read_dataset
from workflow.scripts.decode_clips import read_rows
from workflow.scripts.list_videos import list_videos

HEADER = "video,start_s,end_s,label,split\n"


def write_manifest(folder, text, header=HEADER, encoding="utf-8"):
    """Options of a data set whose manifest is `header` and `text`."""
    (folder / "set.csv").write_text(header + text, encoding=encoding)
    return {"manifest": str(folder / "set.csv")}


def touch(folder, *names, content=b"x"):
    """Files of a few bytes below `folder`."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_rows_of_a_manifest(tmp_path, encoding):
    text = 'Läufe/ein Sprung.mp4,1.5,3,jump,test\n"b, c.mp4",,,,\nb.mp4,0,,,\nb.mp4,2,,,\n'
    options = write_manifest(tmp_path, text, encoding=encoding)
    rows = read_dataset("set", options)
    assert [list(row) for row in rows] == [COLUMNS] * 4
    assert list(rows[0].values()) == ["Läufe/ein Sprung.mp4", str(tmp_path / "Läufe/ein Sprung.mp4"), "1.5", "3", "jump", "test"]
    assert (rows[1]["video"], rows[1]["start_s"], rows[1]["label"]) == ("b, c.mp4", "", "")
    assert read_dataset("set", {**options, "root": "elsewhere"})[2]["path"] == "elsewhere/b.mp4"


def test_other_columns_and_their_order_do_not_matter(tmp_path):
    options = write_manifest(tmp_path, "x,train,a.mp4,0,,w\nx,,b.mp4,,,\nx,,c.mp4,5,5,\n", "note,split,video,start_s,end_s,label\n")
    assert [row["split"] for row in read_dataset("set", options)] == ["train", "", ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has 0 and needs at least 3"),
        ("a.mp4,,,,\nb.mp4,,,,\n", "has 2 and needs at least 3"),
        ("a.mp4,1,,,\nb.mp4,,,,\na.mp4,1.0,9,,\n", "lines 2 and 4: both are a.mp4 from 1.0 s"),
        ("a.mp4,,,,\n./a.mp4,4,,,\n", r"lines 2 and 3: 'a.mp4' and './a.mp4' are the same"),
        ("a.mp4,,,,\nb.mp4,0:30,,,\n", "line 3: start_s is '0:30'"),
        ("a.mp4,,nan,,\n", "line 2: end_s is 'nan'"),
        (",1,,,\n", "line 2: the column video is empty"),
        ("a.mp4,1\n", "line 2: fewer values"),
        ("a,b.mp4,1,,,\n", "line 2: more values"),
    ],
)
def test_mistakes_in_rows(tmp_path, text, message):
    with pytest.raises(BadInput, match=message):
        read_dataset("set", write_manifest(tmp_path, text))


def test_mistakes_in_files(tmp_path):
    with pytest.raises(BadInput, match=r"set.csv lacks the columns end_s, split"):
        read_dataset("set", write_manifest(tmp_path, "", "video,start_s,label\n"))
    with pytest.raises(BadInput, match="not UTF-8"):
        read_dataset("set", write_manifest(tmp_path, "ä.mp4,,,,\n", encoding="latin-1"))
    with pytest.raises(BadInput, match="none.csv cannot be read: No such file"):
        read_dataset("set", {"manifest": str(tmp_path / "none.csv")})
    with pytest.raises(BadInput, match="either a manifest or a folder"):
        read_dataset("set", {"root": "x"})


def test_folder_of_videos_with_and_without_labels(tmp_path):
    touch(tmp_path, "run/ä b.mp4", "run/a.AVI", "walk/c.mkv", "d.mp4", "notes.txt", "run/labels.csv", ".e.mp4", ".cache/f.mp4")
    rows = read_dataset("set", {"folder": str(tmp_path)})
    assert [r["video"] for r in rows] == ["d.mp4", "run/a.AVI", "run/ä b.mp4", "walk/c.mkv"]
    assert [r["label"] for r in rows] == ["", "run", "run", "walk"]
    assert rows[0] == {"video": "d.mp4", "path": str(tmp_path / "d.mp4"), "start_s": "", "end_s": "", "label": "", "split": ""}


def test_folders_of_frames(tmp_path):
    touch(tmp_path, "bear/0.jpg", "bear/1.jpg", "cow/0.PNG", "run/one/0.webp", "run/two/0.bmp", "run/two/readme.txt")
    rows = read_dataset("set", {"folder": str(tmp_path)})
    assert [(r["video"], r["label"]) for r in rows] == [("bear", ""), ("cow", ""), ("run/one", "run"), ("run/two", "run")]


def test_mistakes_in_folders(tmp_path):
    with pytest.raises(BadInput, match="no video files and no folders"):
        read_dataset("set", {"folder": str(tmp_path)})
    with pytest.raises(BadInput, match="there is no folder"):
        read_dataset("set", {"folder": str(tmp_path / "none")})
    touch(tmp_path, "run/a.mp4", "run/b.mp4", "run/thumbnail.jpg")
    with pytest.raises(BadInput, match="thumbnail.jpg lies beside the video"):
        read_dataset("set", {"folder": str(tmp_path)})
    (tmp_path / "run/thumbnail.jpg").rename(tmp_path / "frame.jpg")
    with pytest.raises(BadInput, match="frame.jpg lies directly"):
        read_dataset("set", {"folder": str(tmp_path)})


def test_fingerprint_follows_rows_and_sizes_only(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4", "c/0.jpg", "c/1.jpg")
    rows = read_dataset("set", {"folder": str(tmp_path)})
    first = fingerprint(rows)
    touch(tmp_path, "a.mp4", content=b"y")
    assert fingerprint(rows) == first
    seen = {first, fingerprint(rows[::-1]), fingerprint([{**rows[0], "label": "run"}, *rows[1:]])}
    touch(tmp_path, "c/1.jpg", content=b"longer")
    seen.add(fingerprint(rows))
    touch(tmp_path, "c/2.jpg", content=b"")
    seen.add(fingerprint(rows))
    (tmp_path / "a.mp4").unlink()
    seen.add(fingerprint(rows))
    assert len(seen) == 6


def test_a_shard_is_written_and_read_back(tmp_path):
    touch(tmp_path, "ä, b.mp4", 'c "d".mp4', "e.mp4")
    rows = read_dataset("set", {"folder": str(tmp_path)})
    list_videos([{**row, "note": np.nan} for row in rows], tmp_path / "shard.csv")
    assert read_rows(tmp_path / "shard.csv") == rows


def listed_then(folder, *shards, collected=True):
    """Results of a data set of video files in folder/then: the manifests of its shards, and whether its clips were collected."""
    touch(folder / "then", *(name for names in shards for name in names))
    for n, names in enumerate(shards):
        rows = [row for row in read_dataset("set", {"folder": str(folder / "then")}) if row["video"] in names]
        list_videos(rows, folder / f"results/videos/set/{n:03d}/manifest.csv")
    if collected:
        touch(folder, "results/clips/set/clips.parquet")


@pytest.mark.parametrize(
    ("place", "names", "same"),
    [
        ("then", ["a.mp4", "b.mp4", "c.mp4", "d.mp4"], True),
        ("then", ["x.mp4", "y.mp4", "d.mp4"], True),  # one of the last shard is left
        ("then", ["x.mp4", "y.mp4", "z.mp4"], False),
        ("now", ["x.mp4", "y.mp4", "z.mp4"], False),
        ("now", ["a.mp4", "b.mp4", "c.mp4"], False),  # of the same names and other sizes, beside the first
        ("copy", ["a.mp4", "b.mp4", "c.mp4", "d.mp4"], True),
        ("link", ["a.mp4", "b.mp4", "c.mp4", "d.mp4"], True),
    ],
)
def test_results_are_replaced_by_those_of_the_same_data_set_only(tmp_path, place, names, same):
    listed_then(tmp_path, ["a.mp4", "b.mp4"], ["c.mp4", "d.mp4"])
    (tmp_path / "link").symlink_to("then")
    if place != "link":
        touch(tmp_path / place, *names, content=b"xyz" if place == "now" else b"x")
    rows = [row for row in read_dataset("set", {"folder": str(tmp_path / place)}) if row["video"] in names]
    sentence = f"data set set: its results are of 4 other videos .*then/a.mp4.*its {len(rows)} now; .*delete .*results/videos/set$"
    with nullcontext() if same else pytest.raises(BadInput, match=sentence):
        check_same_dataset("set", rows, tmp_path / "results")


def test_a_data_set_of_which_nothing_was_decoded_may_be_corrected(tmp_path):
    listed_then(tmp_path, ["a.mp4", "b.mp4", "c.mp4"], collected=False)
    touch(tmp_path, "now/x.mp4", "now/y.mp4", "now/z.mp4")
    now = read_dataset("set", {"folder": str(tmp_path / "now")})
    check_same_dataset("set", now, tmp_path / "results")
    assert changes("set", now, tmp_path / "results", 4) is None


def test_videos_that_were_moved_are_the_same_data_set(tmp_path):
    listed_then(tmp_path, ["a.mp4", "b.mp4", "c.mp4"])
    (tmp_path / "then").rename(tmp_path / "now")
    check_same_dataset("set", read_dataset("set", {"folder": str(tmp_path / "now")}), tmp_path / "results")


def test_what_came_and_went_is_told(tmp_path):
    listed_then(tmp_path, ["a.mp4", "b.mp4"], ["c.mp4", "d.mp4"], ["e.mp4"])
    results, rows = tmp_path / "results", read_dataset("set", {"folder": str(tmp_path / "then")})
    (results / "videos/set/002").rename(results / "videos/set/1002")  # shards count as numbers
    assert changes("set", rows, results, 2) is None and changes("set", rows, tmp_path / "none", 2) is None
    assert changes("set", rows[:4], results, 2) is None  # the third shard is left over from a larger data set
    assert changes("set", rows, results, 4) is None  # shards of another size
    now = [*rows[1:], rows[0] | {"video": "f.mp4"}, rows[0] | {"video": "g.mp4"}]
    assert changes("set", now, results, 2).startswith("data set set: 2 videos came and 1 went since its results were computed")


def test_a_data_set_without_a_manifest_that_can_be_read_is_no_other(tmp_path):
    touch(tmp_path, "now/a.mp4", "results/videos/set/000/manifest.csv", "results/clips/set/clips.parquet", content=b"")
    check_same_dataset("set", [{"video": "a.mp4", "path": str(tmp_path / "now/a.mp4")}], tmp_path / "results")
    check_same_dataset("set", [], tmp_path / "none")
