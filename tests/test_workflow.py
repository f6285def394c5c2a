"""The whole pipeline through Snakemake: it ends with a report, and reruns what must be rerun and nothing else."""

import copy

import numpy as np
import pandas as pd
import pytest

from tests.copied_project import SCORES, TINY, Project
from workflow.lib.arrays import open_frames
from workflow.parts.style_quality import luminance_correlation


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose tiny experiment has been run to the end on 2 cores in shards of 4 clips."""
    project = Project(tmp_path_factory.mktemp("undisturbed"))
    project.said = [project.done(*arguments) for arguments in (["--dry-run"], ["--until", "describe_model"], [])]
    return project


def test_where_to_look_is_said_when_there_is_a_report(project):
    lines = ["Report:  results/reports/tiny/report.html", "Tables:  results/reports/tiny/tables/*.csv, all numbers in "]
    assert [[line in said for line in lines] for said in project.said] == [[False, False], [False, False], [True, True]]


def test_a_run_ends_with_a_report_and_a_second_run_does_nothing(project):
    report = (project.folder / "results/reports/tiny/report.html").read_text()
    assert "slowonly (untrained)" in report and "time_average (control)" in report and report.count("data:image/png") == 2
    assert project.planned() == {}


def test_every_file_opens_in_pandas_and_says_what_it_holds(project):
    scores = pd.read_parquet(project.folder / SCORES)
    whole = scores[scores["unit"].isna()]
    assert set(whole["quantity"]) == {"S", "percent", "units"} and set(whole["metric"]) == {"pearson", "ratio"}
    control = whole[(whole["model"] == "time_average") & (whole["quantity"] == "S") & (whole["factor"] == "static")]
    assert (control[control["metric"] == "pearson"]["value"] - 1).abs().max() < 1e-5
    assert (scores["n_videos"] == 8).all()
    for name in ("features/shapes/slowonly/000", "pairs/shapes", "variants/shapes/000", "clips/shapes/clips"):
        assert len(pd.read_parquet(project.folder / f"results/{name}.parquet")) >= 8


def edit(project, path, old, new):
    """Replace text in one of the copied project's files; returns a function that takes the edit back."""
    file = project.folder / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return lambda: file.write_text(text)


def test_a_check_that_changes_no_number_reruns_no_stage_after_it(project):
    project.configure(TINY | {"clip": TINY["clip"] | {"max_rejected": 0.9}})
    planned = project.planned()
    project.configure(TINY)
    assert planned == {"collect_clips": 1, "write_report": 1, "all": 1}


def test_styles_are_measured_against_the_right_files(project):
    files = {style: sorted(project.folder.glob(f"results/stylized/shapes/{style}/*/frames.npy")) for style in ("oil", "ink")}
    stores = {style: map(open_frames, paths) for style, paths in files.items()}
    pairs = [(a, b) for both in zip(stores["oil"], stores["ink"], strict=True) for a, b in zip(*both, strict=True)]
    quality = pd.read_parquet(project.folder / "results/stylized/shapes/quality.parquet").set_index(["style", "other", "quantity"])
    expected = np.mean([luminance_correlation(a, b) for a, b in pairs])
    assert quality.loc[("oil", "ink", "luminance_correlation"), "value"] == pytest.approx(expected, abs=1e-6)
    assert "nan" not in (project.folder / "results/reports/tiny/report.html").read_text().split('class="warning"')[-1][:80]


def test_snakemake_reports_the_figures(project, tmp_path):
    project.done("--report", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").stat().st_size > 100_000


def test_touching_or_commenting_reruns_nothing(project):
    for file in project.folder.glob("workflow/**/*.py"):
        file.touch()
    undo = edit(project, "workflow/models/time_average.py", '"""Control network', '"""A comment: control network')
    assert project.planned() == {}
    undo()


def test_editing_a_model_reruns_its_dump_and_what_follows_and_nothing_else(project):
    undo = edit(project, "workflow/models/time_average.py", "video.mean(2)", "video.mean(2) * 2")
    after = {"collect_scores": 1, "draw_plot": 1, "show_units": 1, "write_report": 1, "write_tables": 1, "all": 1}
    own = {"describe_model": 1, "dump_features": 2, "release_stores": 2, "score_features": 2}
    assert project.planned() == own | after
    undo()
    assert project.planned() == {}


@pytest.mark.parametrize(
    ("path", "old", "new", "first", "spared"),
    [
        ("metrics/ratio.py", "/ 2", "/ 2.0", {"score_features": 2}, {"dump_features", "stylize_clips"}),
        ("parts/unit_values.py", ".mean(2)", ".amax(2)", {"dump_features": 4}, {"stylize_clips", "list_variants"}),
        ("perturbations/shuffle.py", "n_frames)\n", "n_frames)[::-1]\n", {"list_variants": 2}, {"stylize_clips"}),
        ("perturbations/oil.py", "def paint(", "N = 1\n\n\ndef paint(", {"paint_keyframes": 1}, {"decode_clips", "list_variants"}),
    ],
    ids=["metric", "part", "dynamics", "style"],
)  # fmt: skip
def test_editing_any_source_reruns_its_stage(project, path, old, new, first, spared):
    undo = edit(project, f"workflow/{path}", old, new)
    planned = project.planned()
    undo()
    assert first.items() <= planned.items() and not spared & planned.keys()


def test_adding_a_style_and_a_model_keeps_what_is_done(project):
    config = copy.deepcopy(TINY)
    config["styles"]["quilt"] = {"painter": "quilt"}
    config["pairs"]["styles"].append("quilt")
    config["models"]["frame_difference"] = {"family": "frame_difference"}
    config["analyses"][0]["models"].append("frame_difference")
    project.configure(config)
    planned = project.planned()
    project.configure(TINY)
    assert planned["train_style"] == 1 and planned["stylize_clips"] == 2 and planned["describe_model"] == 1
    assert not {"render_videos", "decode_clips", "collect_clips"} & planned.keys()
