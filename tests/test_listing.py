"""Listings: what is computed of a data set follows its videos, not where they lie, and is replaced by no other's."""

import json
from contextlib import nullcontext

import pytest

from tests.test_manifest import touch
from workflow.lib.earlier_videos import changes
from workflow.lib.errors import BadInput
from workflow.lib.listing import folder_of, found_in, listed
from workflow.lib.manifest import read_dataset
from workflow.scripts.decode_clips import read_rows
from workflow.scripts.list_videos import list_videos


def listing(folder):
    """The listing of the data set of all videos in `folder`."""
    options = {"folder": str(folder)}
    return listed(read_dataset("set", options), folder_of(options))


def test_a_listing_follows_videos_and_their_sizes_not_where_they_lie(tmp_path):
    touch(tmp_path / "set", "a.mp4", "b.mp4", "c/0.jpg", "c/1.jpg")
    first = listing(tmp_path / "set")
    touch(tmp_path / "set", "a.mp4", content=b"y")
    assert listing(tmp_path / "set") == first
    (tmp_path / "set").rename(tmp_path / "moved")
    assert listing(tmp_path / "moved") == first
    seen = [first]
    touch(tmp_path / "moved", "c/1.jpg", content=b"longer")
    seen.append(listing(tmp_path / "moved"))
    touch(tmp_path / "moved", "c/2.jpg")
    seen.append(listing(tmp_path / "moved"))
    (tmp_path / "moved/a.mp4").rename(tmp_path / "moved/z.mp4")
    seen.append(listing(tmp_path / "moved"))
    assert len({json.dumps(own) for own in seen}) == 4


def test_a_shard_is_written_and_found_again(tmp_path):
    touch(tmp_path, "ä, b.mp4", 'c "d".mp4', "e.mp4")
    rows = read_dataset("set", {"folder": str(tmp_path)})
    list_videos(listed(rows, str(tmp_path)), tmp_path / "shard.csv")
    assert found_in(read_rows(tmp_path / "shard.csv"), str(tmp_path)) == [row | {"bytes": "1"} for row in rows]


@pytest.mark.parametrize("root", [None, "videos", "."])
def test_videos_of_a_manifest_are_found_wherever_its_root_is(tmp_path, monkeypatch, root):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere.mp4").write_bytes(b"xyz")
    names = ["a.mp4", "../b.mp4", str(tmp_path / "elsewhere.mp4"), "gone.mp4"]
    place = tmp_path / "sets" / (root or "")
    touch(place, *names[:2])
    (tmp_path / "sets").mkdir(exist_ok=True)
    (tmp_path / "sets/set.csv").write_text("video,start_s,end_s,label,split\n" + "".join(f"{name},,,,\n" for name in names))
    options = {"manifest": "sets/set.csv"} | ({"root": f"sets/{root}"} if root else {})
    rows = read_dataset("set", options)
    told = listed(rows, folder_of(options))
    assert [row["bytes"] for row in told] == ["1", "1", "3", ""]
    assert [row["path"] for row in told] == names
    found = found_in(told, folder_of(options))
    assert [(tmp_path / row["path"]).resolve() for row in found] == [(place / name).resolve() for name in names]


def listed_then(folder, *shards, collected=True):
    """Results of a data set of video files in folder/then: the manifests of its shards, and whether its clips were collected."""
    touch(folder / "then", *(name for names in shards for name in names))
    for n, names in enumerate(shards):
        rows = [row for row in read_dataset("set", {"folder": str(folder / "then")}) if row["video"] in names]
        list_videos(listed(rows, str(folder / "then")), folder / f"results/videos/set/{n:03d}/manifest.csv")
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
    sentence = "data set set: its results are of 4 other videos .e.g. a.mp4, 1 bytes., none of them as it was "
    sentence += f"among its {len(rows)} now .*; .*delete .*results/videos/set$"
    with nullcontext() if same else pytest.raises(BadInput, match=sentence):
        changes("set", rows, tmp_path / "results", 2)


def test_a_data_set_of_which_nothing_was_decoded_may_be_corrected(tmp_path):
    listed_then(tmp_path, ["a.mp4", "b.mp4", "c.mp4"], collected=False)
    touch(tmp_path, "now/x.mp4", "now/y.mp4", "now/z.mp4")
    now = read_dataset("set", {"folder": str(tmp_path / "now")})
    assert changes("set", now, tmp_path / "results", 4) is None


def test_videos_that_were_moved_are_the_same_data_set(tmp_path):
    listed_then(tmp_path, ["a.mp4", "b.mp4", "c.mp4"])
    (tmp_path / "then").rename(tmp_path / "now")
    rows = read_dataset("set", {"folder": str(tmp_path / "now")})
    assert changes("set", rows, tmp_path / "results", 3) is None


def test_listings_without_sizes_name_what_is_gone(tmp_path):
    """Those of earlier versions."""
    listed_then(tmp_path, ["a.mp4", "b.mp4", "c.mp4"])
    for path in tmp_path.glob("results/videos/set/*/manifest.csv"):
        path.write_text("video,path\n" + "".join(f"{name}.mp4,/then/{name}.mp4\n" for name in "abc"))
    rows = read_dataset("set", {"folder": str(tmp_path / "then")})
    assert changes("set", rows, tmp_path / "results", 3) is None
    touch(tmp_path / "now", "x.mp4", "y.mp4", "z.mp4")
    with pytest.raises(
        BadInput, match=r"of 3 other videos \(e.g. a.mp4\), none of them as it was among its 3 now \(e.g. x.mp4, 1 bytes\)"
    ):
        changes("set", read_dataset("set", {"folder": str(tmp_path / "now")}), tmp_path / "results", 3)


def test_videos_that_are_not_there_take_no_place(tmp_path):
    """As where a disk is not mounted: rows of a manifest stay, their files are gone."""
    listed_then(tmp_path, ["a.mp4", "b.mp4", "c.mp4"])
    rows = read_dataset("set", {"folder": str(tmp_path / "then")})
    (tmp_path / "then").rename(tmp_path / "now")
    with pytest.raises(BadInput, match="data set set: none of its 3 videos is there, as .*then/a.mp4; is a disk missing?"):
        changes("set", rows, tmp_path / "results", 3)


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
    assert changes("set", [{"video": "a.mp4", "path": str(tmp_path / "now/a.mp4")}], tmp_path / "results", 3) is None
