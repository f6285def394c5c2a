"""Data sets: every row of a manifest or folder is read as it is meant, and every mistake is named."""

import pytest

from workflow.lib.errors import BadInput
from workflow.lib.manifest import COLUMNS, read_dataset

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
