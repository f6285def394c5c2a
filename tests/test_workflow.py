"""The whole pipeline through Snakemake: it ends with a report, and reruns what must be rerun and nothing else."""

import copy
import html
import shutil

import numpy as np
import pandas as pd
import pytest

from tests.copied_project import SCORES, TINY, Project
from tests.made_videos import write_video
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


def test_the_answer_and_what_speaks_against_it_are_the_last_words_of_a_run(project):
    answer = (project.folder / "results/reports/tiny/answer.txt").read_text()
    assert answer in project.said[2].split("Report:  ")[0] and answer not in project.said[1]
    quality = pd.read_parquet(project.folder / "results/stylized/shapes/quality.parquet")
    warned = [f"Warning: shapes, {warning}" for warning in quality["warning"].dropna()]
    sentences = answer.splitlines()[: -len(warned)]
    assert warned and answer.splitlines()[-len(warned) :] == warned
    report = html.unescape((project.folder / "results/reports/tiny/report.html").read_text())
    assert any(line.startswith("Note: ") for line in sentences)
    assert all(f"<p>{sentence.removeprefix('Note: ')}</p>" in report for sentence in sentences)


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


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"pairs": TINY["pairs"] | {"orders_per_clip": 2}}, {"list_variants": 2, "make_pairs": 1}),
        ({"style_training": TINY["style_training"] | {"iterations": 6}}, {"train_style": 2, "stylize_clips": 4}),
    ],
    ids=["pairs", "style"],
)  # fmt: skip
def test_a_check_that_changes_hides_no_other_change(project, changes, first):
    project.configure(TINY | {"clip": TINY["clip"] | {"max_rejected": 0.9}} | changes)
    planned = project.planned()
    project.configure(TINY)
    assert ({"collect_clips": 1, "dump_features": 4} | first).items() <= planned.items()


def test_a_data_set_that_cannot_be_used_stops_the_run_before_other_work(tmp_path):
    odd = [{"dataset": "odd", "models": ["time_average"], "metrics": ["pearson"]}]
    config = {"shard_size": 1, "datasets": {"odd": {"folder": "videos"}}, "style_training": {"dataset": "odd"}, "analyses": odd}
    project = Project(tmp_path, TINY | config)
    (tmp_path / "videos").mkdir()
    for name in ("a", "b"):
        write_video(tmp_path / f"videos/{name}.mp4", 40)
        (tmp_path / f"videos/{name}.avi").write_text("no video")
    status, printed = project.run(cores=1)
    assert status and "max_rejected" in printed
    done = {path.name for path in tmp_path.glob("results/logs/*")}
    assert done <= {"describe_model", "list_videos", "decode_clips", "collect_clips"}


def test_another_data_set_does_not_take_the_place_of_one_that_was_computed(tmp_path):
    analysis = [{"dataset": "own", "models": ["time_average"], "metrics": ["pearson"]}]
    first = TINY | {"datasets": {"own": {"folder": "first"}}, "style_training": {"dataset": "own"}, "analyses": analysis}
    project = Project(tmp_path / "project", first)
    for name, n_frames in (("first", 40), ("second", 50)):
        (project.folder / name).mkdir()
        for n in range(5):  # two shards
            write_video(project.folder / name / f"{n}.mp4", n_frames)
    listed = ["--until", "list_videos"]
    project.done("--until", "collect_clips")
    project.configure(first | {"datasets": {"own": {"folder": "second"}}})
    status, printed = project.run(*listed)
    assert status and "config: data set own: its results are of 5 other videos (e.g. 0.mp4, " in printed
    project.configure(first)
    assert project.planned("--until", "collect_clips") == {}
    (project.folder / "first").rename(project.folder / "moved")
    project.configure(first | {"datasets": {"own": {"folder": "moved"}}})
    assert project.planned("--until", "collect_clips") == {}
    shutil.rmtree(project.folder / "results/clips/own/000")
    project.done("--until", "collect_clips")  # it is decoded from where it is now
    (project.folder / "moved").rename(project.folder / "first")
    project.configure(first)
    (project.folder / "first/0.mp4").unlink()  # part of a data set may come and go
    assert project.planned(*listed) == {"list_videos": 1}
    project.configure(first | {"datasets": {"own": {"folder": "second"}}})
    shutil.rmtree(project.folder / "results/videos/own")
    project.done(*listed)


def test_an_experiment_on_other_clips_leaves_what_its_networks_gave_on_these(project):
    analysis = TINY["analyses"][0] | {"dataset": "larger", "dynamics": ["reverse"]}
    larger = {"datasets": TINY["datasets"] | {"larger": TINY["datasets"]["shapes"]}, "clip": TINY["clip"] | {"crop": [48, 48]}}
    project.configure(TINY | {"experiment": "other", "analyses": [analysis]} | larger)
    assert project.planned("--until", "describe_model")["describe_model"] == 2
    project.done("--until", "describe_model")
    project.configure(TINY)
    assert project.planned() == {}


def test_the_check_trains_nothing_and_says_so(project):
    trained = {"trained": TINY["models"]["slowonly"] | {"train": {"dataset": "shapes"}}}
    analysis = TINY["analyses"][0] | {"models": ["time_average", "trained"]}
    project.configure(TINY | {"models": TINY["models"] | trained, "analyses": [analysis]})
    printed = project.done("check")
    project.configure(TINY)
    assert "train_model" not in printed and "tried when their training begins: trained" in printed
    assert "shapes: 8 clips of 8 videos\n" in printed and "time_average, control: 2 layers" in printed


def test_what_is_only_learned_from_is_checked_too(project):
    learned = {"seen": TINY["datasets"]["shapes"], "painted": TINY["datasets"]["shapes"]}
    trained = TINY["models"]["slowonly"] | {"train": {"dataset": "seen"}}
    config = TINY | {"datasets": TINY["datasets"] | learned, "models": TINY["models"] | {"slowonly": trained}}
    project.configure(config | {"style_training": TINY["style_training"] | {"dataset": "painted"}})
    planned = project.planned()
    project.configure(TINY)
    assert planned["collect_clips"] == 2 and planned["train_model"] == 1


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


def turned(value):
    """A configuration with the keys of every mapping in reverse."""
    return {key: turned(own) for key, own in reversed(value.items())} if isinstance(value, dict) else value


def test_the_order_of_keys_reruns_nothing(project):
    """It is another one where files are laid over one another: that of fig7.yaml, which is laid over table1.yaml, was.

    Only the report, which shows the configuration, says in what order data sets, styles and models were defined.
    """
    project.configure(turned(TINY))
    planned = project.planned()
    project.configure(TINY)
    assert planned == {"write_report": 1, "all": 1}


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


def test_a_mistake_in_a_network_once_corrected_has_cost_nothing(project):
    """Checked and run, as `make` does: its description is made again; what the network gave for the clips stays."""
    project.configure(TINY | {"models": TINY["models"] | {"slowonly": TINY["models"]["slowonly"] | {"layers": ["rest5"]}}})
    status, printed = project.run()
    project.configure(TINY)
    assert status and "nothing called 'rest5'; the nearest names are" in printed
    assert project.planned()["describe_model"] == 1
    assert "Finished jobid" in project.done("check")
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
