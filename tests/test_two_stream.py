"""Networks of one frame and its flow: what each stream is shown, and the scores that follow exactly."""

import shutil
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
import pytest

from tests.copied_project import Project
from tests.model_entry import entry
from workflow.flows import dis
from workflow.lib.arrays import open_frames
from workflow.lib.checked_plugins import check_flow
from workflow.lib.errors import BadInput
from workflow.lib.experiment import flows_read
from workflow.lib.features import read_keys, write_features
from workflow.lib.plugins import load_plugin
from workflow.lib.tables import read_table, write_table
from workflow.parts.flow_pictures import flow_picture, flow_pictures
from workflow.parts.moving_shapes import draw, render
from workflow.parts.pathways import check_reads, pathway_sets, shown_by_pathway
from workflow.parts.shown_clips import ShownClips
from workflow.perturbations import gamma, hue
from workflow.scripts.describe_model import describe_model
from workflow.scripts.draw_gallery import draw_gallery, first_clip
from workflow.scripts.dump_features import dump_features
from workflow.scripts.estimate_flow import estimate_flow
from workflow.scripts.list_variants import list_variants
from workflow.scripts.make_pairs import make_pairs
from workflow.scripts.score_features import score_features
from workflow.scripts.write_report import coded, html_table

FAMILY = str(Path(__file__).parent / "two_stream.py")
FAMILY_MODULE = load_plugin("models", FAMILY)
FIXED = {"normalisation": "fixed", "full_saturation": 0.03}
PAIRS = {"styles": ["hue", "gamma"], "styles_per_clip": "all", "orders_per_clip": 1, "dynamics": "flow_jitter",
         "min_distance": 0.25, "ceiling": False}  # fmt: skip
SCORES = {"lambda": 0.5, "draws": 0, "subsets": 0, "confidence": 0.95, "permutations": 0, "truncate": False}
CLIP, VIDEOS, FRAMES, SIZE = {"frames": 5, "crop": [40, 40]}, 8, 5, 40


def clip_table(n=VIDEOS, n_frames=FRAMES):
    return pd.DataFrame([{"clip": f"v{i}@0", "video": f"v{i}", "label": "right", "n_frames": n_frames} for i in range(n)])


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Clips of moving shapes in two styles, their flow, and their variants, as the pipeline makes them."""
    folder = tmp_path_factory.mktemp("stores")
    source = np.stack([render(draw(0, video, FRAMES, SIZE, 0.0), FRAMES, SIZE)[0] for video in range(VIDEOS)])
    np.save(folder / "frames.npy", source)
    estimate_flow(folder / "frames.npy", clip_table()["clip"], dis.build(), False, folder / "flow.npy")
    write_table(folder / "variants.parquet", "variants", list_variants(clip_table(), PAIRS, seed=0))
    flows = flow_pictures([folder / "flow.npy"], FIXED, source)
    return (
        {"hue": hue.apply(source, 0), "gamma": gamma.apply(source, 0)},
        flows,
        read_table(folder / "variants.parquet", "variants"),
    )


def similarities(folder, stores, **options):
    """S of every layer of the two-stream network: (layer, factor) -> value, through the dump, the pairs and the scores."""
    model, (shown, flows, variants) = entry(FAMILY, **options), stores
    units = {row["layer"]: row["units"] for row in describe_model("two", model, CLIP)}
    write_features(folder / "000.parquet", *dump_features("two", model, units, variants, clip_table(), shown, flows))
    pairs = make_pairs(variants, clip_table(), seed=0)
    scores, *_ = score_features(
        load_plugin("metrics", "pearson"), pairs, [folder / "000.parquet"], SCORES, 0, PAIRS["min_distance"]
    )
    assert set(scores["perturbation"]) == {"flow_jitter"} and (scores["n_crossings_left_out"] == 0).all()
    layers = scores[scores["unit"].isna() & scores["quantity"].eq("S")]
    return {(row.layer, row.factor): row.value for row in layers.itertuples()}


def test_each_stream_is_blind_to_what_is_done_to_the_other(tmp_path, stores):
    s = similarities(tmp_path, stores)
    for layer in ("layer1", "layer2"):
        assert s[f"appearance_{layer}", "static"] == pytest.approx(1, abs=1e-5)
        assert s[f"motion_{layer}", "dynamic"] == pytest.approx(1, abs=1e-5)
        assert s[f"appearance_{layer}", "dynamic"] < 0.99 and s[f"motion_{layer}", "static"] < 0.99  # there is something to see
    assert max(s["fusion", "static"], s["fusion", "dynamic"]) < 1 - 1e-4
    keys = read_keys([tmp_path / "000.parquet"]).set_index("variant")
    jittered = keys.index.str.endswith("/flow_jitter0")
    assert jittered.sum() == len(keys) / 2
    assert keys.loc[jittered, "order_distance"].isna().all() and (keys.loc[~jittered, "order_distance"] == 0).all()
    assert [[own.tolist() for own in shown] for shown in keys["frames_shown"]] == [[[1], [1]]] * len(keys)


def test_a_cross_connection_lets_motion_into_appearance_from_its_layer_on(tmp_path, stores):
    s = similarities(tmp_path, stores, cross=True)
    assert s["appearance_layer1", "static"] == pytest.approx(1, abs=1e-5)
    assert s["appearance_layer2", "static"] < 1 - 1e-3
    assert s["motion_layer1", "dynamic"] == s["motion_layer2", "dynamic"] == pytest.approx(1, abs=1e-5)


def test_both_pathways_are_shown_one_moment(stores):
    shown, flows, variants = stores
    network = FAMILY_MODULE.build(frames=2, stride=1)
    sets = pathway_sets(FRAMES, network, "trained")
    assert [own.tolist() for own in sets] == [[1, 2], [1, 2]]
    orders = [shown_by_pathway(np.asarray(order), sets, "trained") for order in variants["frame_order"]]
    rows = [variants["variant"].tolist().index(f"v3@0/gamma/{dynamics}") for dynamics in ("natural", "flow_jitter0")]
    jitters = [None if h is None else (h, s) for h, s in zip(variants["flow_hue"], variants["flow_saturation"], strict=True)]
    seen = ShownClips(variants, clip_table(), shown, orders, network.reads, flows, jitters)
    frames, pictures = (seen.of_pathway(pathway, rows).numpy() for pathway in (0, 1))
    assert (frames == shown["gamma"][3, [1, 2]]).all()
    full = 0.03 * SIZE * 2**0.5
    (turn, factor), flow = (values[[1, 2]] for values in jitters[rows[1]]), flows["flow"].flows[3, [1, 2]]
    assert (pictures[0] == flow_picture(flow, full)).all() and (pictures[1] == flow_picture(flow, full, turn, factor)).all()
    assert (pictures[0] != pictures[1]).any((1, 2, 3)).all()


def test_the_jitter_of_a_clip_is_its_own_and_the_same_in_every_style():
    variants = pd.DataFrame(list_variants(clip_table(6), PAIRS | {"orders_per_clip": 2}, seed=0))
    drawn = variants[variants["perturbation"].notna()]
    assert set(drawn["dynamics"]) == {"flow_jitter0", "flow_jitter1"} and (drawn["flow_hue"].map(len) == FRAMES).all()
    assert drawn["frame_order"].map(lambda order: order == list(range(FRAMES))).all()
    per_draw = drawn.groupby(["clip", "dynamics"])["flow_hue"].agg(lambda jitters: len(set(map(tuple, jitters))))
    assert (per_draw == 1).all() and drawn["flow_hue"].map(tuple).nunique() == 6 * 2
    assert drawn["flow_hue"].map(lambda turns: min(map(abs, turns))).min() >= 18 / 360
    assert variants[variants["dynamics"] == "natural"]["flow_hue"].isna().all()
    few = pd.DataFrame(list_variants(clip_table(2), PAIRS | {"styles": ["hue", "gamma", "ink"]}, seed=0)).set_index("variant")
    same = few.loc[few.index.intersection(drawn["variant"]), "flow_hue"]
    assert len(same) == 4 and (same == drawn.set_index("variant").loc[same.index, "flow_hue"]).all()  # seeded by content
    wide = pd.DataFrame(list_variants(clip_table(2), PAIRS | {"dynamics": [{"flow_jitter": {"minimum": 120}}]}, seed=0))
    wide = wide[wide["perturbation"] == "flow_jitter(minimum=120)"]
    assert len(wide) == 4 and wide["flow_hue"].map(lambda turns: min(map(abs, turns))).min() >= 120 / 360


def test_flow_needs_one_frame_more():
    assert describe_model("two", entry(FAMILY, frames=4), CLIP)
    with pytest.raises(
        BadInput, match=r"5 frames at stride 1 with flow to the next ones need clips of at least 6: set clip: .frames: 6"
    ):
        describe_model("two", entry(FAMILY, frames=5), CLIP)
    with pytest.raises(BadInput, match="model two: clips of 1 frames came, 1 frames at stride 1 with flow .* at least 2"):
        describe_model("two", entry(FAMILY), CLIP | {"frames": 1})
    for stride in (1, "spread"):  # one frame: the middle of those that have a next one
        assert pathway_sets(6, FAMILY_MODULE.build(stride=stride), "trained")[1].tolist() == [2]
    assert pathway_sets(6, FAMILY_MODULE.build(frames=3, stride="spread"), "trained")[0].tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"reads": ("frames",)}, "model two reads frames; one of frames, flow, flow_backward for each of its 2 pathways is needed"),
        ({"reads": ("frames", "depth")}, "model two reads frames, depth; one of frames"),
        (
            {"reads": ("frames", "flow_backward")},
            r"says READS = .'frames', 'flow'.; READS = .'frames', 'flow_backward'. at its top",
        ),
    ],
)
def test_a_network_reads_what_its_file_says(options, sentence):
    with pytest.raises(BadInput, match=sentence):
        check_reads("two", FAMILY_MODULE.build(**options), FAMILY)
    with pytest.raises(BadInput, match="sampling 'released' came, which parts a frame from its flow; trained is needed"):
        describe_model("two", entry(FAMILY) | {"sampling": "released"}, CLIP)


CONFIG = {
    "experiment": "two",
    "clip": {"frames": 5, "short_side": 32, "crop": [32, 32]},
    "datasets": {"shapes": {"moving_shapes": {"videos": 4, "frames": 8, "size": 32}}},
    "styles": {"hue": {"apply": "hue"}, "gamma": {"apply": "gamma"}},
    "style_training": {"dataset": "shapes"},
    "models": {"two": {"family": "two_stream.py"}},
    "pairs": {"styles": ["hue", "gamma"], "dynamics": "flow_jitter"},
    "analyses": [{"dataset": "shapes", "models": ["two"], "metrics": ["pearson"]}],
    "plots": [],
    "scores": {"draws": 0, "permutations": 0},
}


ERRORS = "results/flow/shapes/errors.parquet"


def checked(family, *dynamics, **keys):
    models = {"net": {"family": family, "options": {}, "weights": None, **keys}}
    analyses = [{"dataset": "shapes", "models": ["net"], "metrics": [], "claims": []}]
    config = {"models": models, "analyses": analyses, "published": [], "pairs": {"dynamics": list(dynamics)}}
    check_flow(config)
    return flows_read(config, "net")


def test_dynamics_that_a_network_cannot_see_are_refused():
    assert checked(FAMILY, "flow_jitter", {"flow_jitter": {"minimum": 40}}) == ["flow"] and checked("slowfast", "shuffle") == []
    with pytest.raises(BadInput, match="dynamics flow_jitter changes flow, which model net does not read"):
        checked("slowfast", "shuffle", "flow_jitter")
    with pytest.raises(
        BadInput, match="dynamics reverse changes the order of frames and no flow, .* net reads; flow_jitter is needed"
    ):
        checked(FAMILY, "flow_jitter", "reverse")


def test_the_pipeline_makes_the_flow_that_is_read_and_says_how_wrong_it_is(tmp_path):
    project, made = Project(tmp_path / "project", CONFIG), ["results/scores/pearson/shapes/two.parquet", ERRORS]
    shutil.copy(FAMILY, project.folder)
    planned = project.planned()
    assert (planned["estimate_flow"], planned["measure_flow"]) == (1, 1)  # all that the report needs
    assert "what is moving: error" in project.done(*made)
    scores = pd.read_parquet(project.folder / made[0])
    s = scores[scores["unit"].isna() & scores["quantity"].eq("S")].set_index(["layer", "factor"])["value"]
    for layer in ("layer1", "layer2"):
        assert s[f"appearance_{layer}", "static"] == pytest.approx(1, abs=1e-5)
        assert s[f"motion_{layer}", "dynamic"] == pytest.approx(1, abs=1e-5)
    flow = open_frames(project.folder / "results/flow/shapes/000/flow.npy")
    assert flow.shape == (4, 4, 32, 32, 2) and not list(project.folder.glob("results/flow/*/*/flow_backward.npy"))
    errors = read_table(project.folder / ERRORS, "flow_errors").set_index("region")
    assert errors.loc["moving", "error_px"] < errors.loc["moving", "motion_px"] and errors.loc["still", "motion_px"] == 0
    project.configure(CONFIG | {"flow": {"normalisation": "clip"}})
    planned = {"dump_features": 1, "release_stores": 1, "score_features": 1}
    assert project.planned(*made) == planned  # the pictures are made anew, the flow is not


def test_the_gallery_shows_flow_and_its_jitter_instead_of_orders(tmp_path, stores):
    shown, flows, variants = stores
    write_table(tmp_path / "clips.parquet", "clips", clip_table())
    write_table(tmp_path / "variants.parquet", "variants", variants)
    np.save(tmp_path / "examples.npy", shown["hue"][:, None])  # [example, style, ...]
    np.save(tmp_path / "flow.npy", flows["flow"].flows)
    files = (
        [tmp_path / "clips.parquet"],
        [tmp_path / "variants.parquet"],
        [tmp_path / "examples.npy"],
        ["hue"],
        [tmp_path / "flow.npy"],
    )
    clip, looks = first_clip(*files, FIXED)
    assert list(looks) == [("hue", "natural"), ("flow", "natural"), ("flow", "flow_jitter0")] and clip == "v0@0"
    n = min(8, len(shown["hue"][0]) - 1)  # the last frame has no flow; none is shown twice
    assert {look.shape for look in looks.values()} == {(n, SIZE, SIZE, 3)}
    assert (looks["flow", "natural"][0] == flows["flow"].shown(0, [0])[0]).all()
    assert (looks["flow", "natural"][0] != looks["flow", "flow_jitter0"][0]).any()
    assert len(draw_gallery(clip, looks).axes) == 3


def test_the_report_shows_the_errors_of_flow_where_there_are_any():
    environment = jinja2.Environment()
    environment.filters["coded"] = coded
    template = environment.from_string((Path(__file__).parents[1] / "workflow/report/report.html.j2").read_text())
    table = html_table(pd.DataFrame([{"region": "moving", "error_px": 0.25, "motion_px": 2}]))
    with_flow, without = (template.render(figures={}, versions={}, flow=flow) for flow in (table, ""))
    assert "<h2>Optical flow</h2>" in with_flow and "<td>0.25</td>" in with_flow and "Optical flow" not in without
