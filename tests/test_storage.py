"""Stylized clips that are not kept: what is dropped, what stays, what a later network has made again, what edits rerun."""

import os
import signal
import time

import numpy as np
import pytest

from tests.copied_project import TINY, Project
from workflow.parts.storage import storage_table

FAMILIES = ("time_average", "frame_difference")
CONFIG = TINY | {
    "keep_stylized": False,
    "shard_size": 2,
    "datasets": {"shapes": {"moving_shapes": {"videos": 4, "frames": 16, "size": 64}}},
    "styles": {"oil": {"painter": "oil"}, "hue": {"apply": "hue"}},
    "models": {name: {"family": name} for name in FAMILIES} | {"once_more": {"family": "time_average"}},
    "pairs": {"styles": ["oil", "hue"]},
    "analyses": [{"dataset": "shapes", "models": ["time_average"], "metrics": ["pearson"]}],
}
SHARDS = 2
CLIP = 8 * 64 * 64 * 3  # bytes: frames x height x width x rgb
HEADER = 128  # bytes, of an .npy file
PAINTED = {"stylize_clips": SHARDS, "apply_style": SHARDS}
LOOKED_AT = {"pick_examples": SHARDS, "measure_styles": 1, "draw_gallery": 1}  # cheap, and the first reads the stores itself


def later(*models):
    """The config with further networks."""
    analysis = CONFIG["analyses"][0]
    return CONFIG | {"analyses": [analysis | {"models": [*analysis["models"], *models]}]}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project that has run to its end and dropped its stylized clips."""
    project = Project(tmp_path_factory.mktemp("dropped"), CONFIG)
    project.done()
    return project


def stores(project):
    """Stores of stylized clips that are there."""
    return list(project.folder.glob("results/stylized/*/*/*/frames.npy"))


def files(project):
    """Every other result: path -> when it was written."""
    paths = (path for path in project.folder.glob("results/**/*") if path.is_file() and path not in stores(project))
    return {path.relative_to(project.folder).as_posix(): path.stat().st_mtime_ns for path in paths}


def planned_with(project, config):
    """Jobs planned with another config, which is then taken back."""
    project.configure(config)
    planned = project.planned()
    project.configure(CONFIG)
    return planned


def test_only_the_stylized_clips_are_dropped_and_no_number_changes(project, tmp_path):
    kept = Project(tmp_path / "kept", CONFIG | {"keep_stylized": True})
    kept.done()
    assert stores(project) == [] and len(stores(kept)) == 2 * SHARDS
    assert files(project).keys() == files(kept).keys()
    assert project.bytes_of() == kept.bytes_of()
    clips = list(project.folder.glob("results/clips/shapes/*/frames.npy"))
    assert {path.stat().st_size for path in stores(kept) + clips} == {2 * CLIP + HEADER}
    kept.configure(CONFIG)
    kept.done("--delete-temp-output")
    assert stores(kept) == [] and kept.planned() == {"write_report": 1, "all": 1}  # the report prints the configuration
    report = (project.folder / "results/reports/tiny/report.html").read_text()
    videos = sum(path.stat().st_size for path in project.folder.glob("results/videos/shapes/*/videos/**/*") if path.is_file())
    draws = (project.folder / "results/scores/pearson/shapes/time_average.draws.parquet").stat().st_size
    sizes = 2 * (4 * CLIP + SHARDS * HEADER), 4 * CLIP // 3 + SHARDS * HEADER, videos, draws  # stylized clips, masks
    assert all(f"<td>{size}</td>" in report for size in sizes)


def test_what_is_stored_is_weighed_and_what_is_not_there_counted(tmp_path):
    for name, n_clips in (("a", 2), ("b", 3)):
        np.save(tmp_path / f"{name}.npy", np.zeros((n_clips, 2, 4, 4, 3), np.uint8))
    (tmp_path / "dump").write_bytes(b"12345")
    (tmp_path / "checkpoints/steps").mkdir(parents=True)
    for name in ("weights", "steps/step1"):
        (tmp_path / "checkpoints" / name).write_bytes(b"1234567")
    clips, gone = [tmp_path / "a.npy", tmp_path / "b.npy"], tmp_path / "gone"
    dumps, networks = [tmp_path / "dump"], [tmp_path / "checkpoints"]
    kinds = {"clips": clips, "feature dumps": dumps, "optical flow": [gone], "checkpoints": networks}
    table = storage_table(kinds).set_index("stored")
    assert table["bytes"].tolist() == [5 * 96 + 2 * HEADER, 5, 0, 14] and table["files not there"].tolist() == [0, 0, 1, 0]
    assert table["files"].tolist() == [2, 1, 0, 2]
    assert table["bytes per clip"].tolist()[:2] == [96 + 2 * HEADER / 5, 1] and np.isnan(table["bytes per clip"].iloc[2])


def test_a_second_run_does_nothing(project):
    assert project.planned() == {}


def test_keeping_or_not_is_no_reason_to_do_anything_again(project):
    planned = planned_with(project, CONFIG | {"keep_stylized": True})
    assert planned == {"write_report": 1, "all": 1}  # which prints the configuration


@pytest.mark.parametrize(
    ("style", "rule"),
    [({"hue": {"apply": "hue", "options": {"turn": 0.3}}}, "apply_style"), ({"oil": {"painter": "ink"}}, "stylize_clips")],
)
def test_another_style_is_painted_and_shown_again(project, style, rule):
    planned = planned_with(project, CONFIG | {"styles": CONFIG["styles"] | style})
    assert planned[rule] == planned["dump_features"] == SHARDS and planned["score_features"] == 1
    assert "decode_clips" not in planned


def test_a_dump_made_before_a_run_was_killed_is_scored(project):
    dump = project.folder / "results/features/shapes/time_average/000.parquet"
    content, before = dump.read_bytes(), dump.stat()
    dump.write_bytes(content + b"anew")
    planned = project.planned()
    dump.write_bytes(content)
    os.utime(dump, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert planned["score_features"] == 1 and "dump_features" not in planned


def test_a_dump_alone_is_refused_in_a_sentence(project):
    features = "results/features/shapes/once_more/000.parquet"
    project.configure(later("once_more"))
    status, printed = project.run(features)
    project.configure(CONFIG)
    assert status and "frames.npy was dropped (keep_stylized: false): ask for scores or the report" in printed
    assert "Traceback" not in printed and not (project.folder / features).exists()


def test_a_later_network_has_the_stores_made_again_and_nothing_else_is_done_again(project):
    before = files(project)
    project.configure(later("frame_difference"))
    planned = project.planned()
    new = {"describe_model": 1, "dump_features": SHARDS, "score_features": 1}
    assert (PAINTED | LOOKED_AT | new).items() <= planned.items()
    assert not {"render_videos", "decode_clips", "train_style", "list_variants", "make_pairs"} & planned.keys()
    project.done()
    assert stores(project) == [] and project.planned() == {}
    after, old = files(project), [path for path in before if path.endswith(("time_average.parquet", "time_average/001.parquet"))]
    assert len(old) == 3 and [after[path] for path in old] == [before[path] for path in old]


def test_a_killed_run_goes_on_to_the_same_bytes_and_drops_the_stores(project):
    dumped = [f"results/features/shapes/time_average/{shard:03d}.parquet" for shard in range(SHARDS)]
    before = list(map(project.bytes_of, dumped))
    project.configure(later("frame_difference", "once_more"))
    process = project.start()
    deadline = time.monotonic() + 170
    while not stores(project):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0]
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    project.done("--unlock")
    project.done()
    assert stores(project) == [] and project.planned() == {}
    assert list(map(project.bytes_of, dumped)) == before


def test_what_was_painted_anew_before_a_run_was_killed_is_shown_again(project):
    style = {"hue": {"apply": "hue", "options": {"turn": 0.3}}}
    project.configure(CONFIG | {"styles": CONFIG["styles"] | style})
    project.done(*(f"results/stylized/shapes/hue/{shard:03d}/frames.npy" for shard in range(SHARDS)))
    planned = project.planned()
    assert "apply_style" not in planned and planned["dump_features"] == SHARDS and planned["score_features"] == 1
