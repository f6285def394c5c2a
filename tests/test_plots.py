"""Figures show what the score table holds, for several data sets and uneven analyses too."""

from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from workflow.lib.columns import TABLES
from workflow.lib.plugins import constant_of, load_plugin
from workflow.parts.figure_style import named, replicate_groups, set_style
from workflow.scripts.compare_scores import compare_scores

FILES = sorted((Path(__file__).parents[1] / "workflow/plots").glob("*.py"))
PLOTS = [p.stem for p in FILES if constant_of(p, "TABLE", "scores") == "scores"]


def score_table(*analyses):
    """Scores of (data set, model, metric, S static): two layers of two units."""
    rows = []
    for dataset, model, metric, static in analyses:
        names = {"dataset": dataset, "model": model, "metric": metric, "training": "untrained"}
        names |= {
            "n_units": 2,
            "n_dead": 0,
            "perturbation": "shuffle",
            "low": 0.0,
            "high": 0.5,
            "derived_from": None,
            "derivation": None,
            "checkpoint_of": None,
            "step": None,
            "stream": None,
            "frames": 8,
            "stride": "2",
        }
        for depth, layer in enumerate(("res1", "res2")):
            about = {**names, "layer": layer, "depth": depth}
            for factor, value in (("static", static), ("dynamic", 0.2), ("neither", 0.1)):
                for unit in (None, 0, 1):
                    rows.append({**about, "unit": unit, "quantity": "S", "factor": factor, "value": value})
            for factor, value in (("static", 40 * static), ("dynamic", 20.0), ("identical", 40.0)):
                rows.append({**about, "quantity": "percent", "factor": factor, "value": value})
            for factor, value in (
                ("content", 0.3),
                ("appearance", 0.5),
                ("dynamics", -0.1),
                ("interaction", 0.3),
                ("order_dependence", 0.2),
            ):
                rows.append({**about, "metric": "shares", "quantity": "share", "factor": factor, "value": value})
            for factor, value in (("static", 100.0), ("dynamic", 0.0), ("joint", 0.0), ("residual", 0.0), ("dead", 0.0)):
                rows.append({**about, "quantity": "units", "factor": factor, "value": value})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize(
    "analyses",
    [
        [("shapes", "c2d", "pearson", 0.9)],
        [("shapes", "c2d", "pearson", 0.9), ("shapes", "slowonly", "ratio", 0.8)],
        [("shapes", "c2d", "pearson", 0.9), ("weizmann", "c2d", "pearson", 0.3)],
    ],
    ids=["one", "different metrics", "two data sets"],
)
def test_every_figure_draws(plot, analyses, tmp_path):
    figure = load_plugin("plots", plot).draw(score_table(*analyses), {"lambda": 0.5})
    figure.savefig(tmp_path / "figure.png")


def test_layers_without_a_score_leave_figures_standing(tmp_path):
    table = score_table(("shapes", "c2d", "pearson", 0.9)).assign(value=float("nan"), low=float("nan"), high=float("nan"))
    for plot in PLOTS:
        load_plugin("plots", plot).draw(table, {"lambda": 0.5}).savefig(tmp_path / "figure.png")
    whole = table[table["unit"].isna()].assign(n_videos=4)
    load_plugin("plots", "stability").draw(whole, {}).savefig(tmp_path / "figure.png")


@pytest.mark.parametrize("models", [["c2d"], ["c2d", "slowonly"]], ids=["one network", "two networks"])
def test_tables_made_from_scores_draw(models, tmp_path):
    table = score_table(*[("shapes", model, "pearson", 0.9) for model in models])
    whole = table[table["unit"].isna()]
    stability = pd.concat([whole.assign(n_videos=n) for n in (4, 8)])
    load_plugin("plots", "stability").draw(stability, {}).savefig(tmp_path / "figure.png")
    swept = pd.concat([whole[whole["quantity"] == "units"].assign(**{"lambda": x}) for x in (0.1, 0.5)])
    load_plugin("plots", "lambda_sweep").draw(swept, {"lambda": 0.5}).savefig(tmp_path / "figure.png")
    draws = whole[whole["quantity"] == "percent"].assign(kind="bootstrap", n_videos=8, crossings="x")
    draws = draws.assign(draws=[[value, value + 1] for value in draws["value"]])
    differences = compare_scores(draws, 0.95).reindex(columns=TABLES["differences"])
    load_plugin("plots", "differences").draw(differences, {}).savefig(tmp_path / "figure.png")
    assert set(differences["comparison"]) == ({"networks", "same layer", "layers"} if len(models) > 1 else {"layers"})


def test_pairs_without_a_difference_are_counted_and_those_on_other_crossings_marked():
    """Of a, b and c, b alone was scored on other crossings, and c alone has no score."""
    table = score_table(*[("shapes", model, "pearson", 0.9) for model in "abc"])
    draws = table[table["unit"].isna() & table["quantity"].eq("percent")].assign(kind="bootstrap", n_videos=8)
    draws = draws.assign(crossings=draws["model"].eq("b"), draws=[[value, value + 1] for value in draws["value"]])
    draws["value"] = draws["value"].mask(draws["model"].eq("c"))
    differences = compare_scores(draws, 0.95).reindex(columns=TABLES["differences"])
    figure = load_plugin("plots", "differences").draw(differences, {})
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a (untrained) − b\n(untrained)*"]
    said = " ".join(figure.get_supxlabel().split())
    assert said.startswith("2 of 3 pairs have no difference: a (untrained) − c (untrained), as one of the two has no score")
    assert said.endswith("* one lacks crossings of the other, too near natural order as it saw them")
    (text,) = load_plugin("plots", "differences").draw(differences[differences["reason"].notna()], {}).texts
    assert text.get_text().startswith("2 of 2 pairs have no difference")


@pytest.mark.parametrize(("share", "scale", "none"), [(0.3, "linear", 1), (1e-4, "symlog", 1), (1e-15, "linear", 2)])
def test_order_dependence_is_drawn_however_small_and_what_rounding_leaves_is_none(share, scale, none):
    table = score_table(("shapes", "c2d", "pearson", 0.9)).query("factor == 'order_dependence'")
    table = table.assign(value=[1e-16, share], low=[0, share / 2], high=[2e-16, 2 * share])
    (axes,) = load_plugin("plots", "order_dependence").draw(table, {}).axes
    curve, zeros = axes.lines
    assert axes.get_yscale() == scale and curve.get_ydata().tolist() == [1e-16, share] and len(zeros.get_xdata()) == none
    low, high = axes.transData.transform([(0, 0), (0, 2 * share)])[:, 1] / axes.bbox.height
    assert axes.get_ylim()[0] < 0 and (axes.get_ylim()[1] > 1 if none == 2 else high - low > 0.2)
    (text,) = load_plugin("plots", "order_dependence").draw(table[:0], {}).texts
    assert "the metric 'shares' gives it" in " ".join(text.get_text().split())


def test_a_floor_has_its_networks_panel_or_its_own():
    twin = score_table(("shapes", "c2d_twin", "pearson", 0.8)).assign(derived_from="c2d", derivation="c2d_twin")
    together = pd.concat([score_table(("shapes", "c2d", "pearson", 0.9)), twin])
    apart = pd.concat([score_table(("shapes", "c2d", "ratio", 0.9)), twin])  # by another metric
    both = ["c2d (untrained)", "c2d_twin (untrained)"]
    for table, titles in ((together, both[:1]), (twin, both[1:]), (apart, both)):
        figure = load_plugin("plots", "floors_and_ceilings").draw(table, {})
        assert [axes.get_title() for axes in figure.axes] == titles


def test_data_sets_are_not_averaged():
    table = score_table(("shapes", "c2d", "pearson", 0.9), ("weizmann", "c2d", "pearson", 0.3))
    assert set(named(table)["model"]) == {"c2d (untrained)\nshapes", "c2d (untrained)\nweizmann"}
    figure = load_plugin("plots", "layer_curves").draw(table, {"lambda": 0.5})
    drawn = {round(float(y), 3) for axes in figure.axes for line in axes.get_lines() for y in line.get_ydata()}
    assert drawn == {36.0, 12.0, 20.0}


def test_replicates_are_of_one_data_set_and_a_data_set_is_none():
    """A data set's last number tells no replicates apart; a network's does, of however many digits, on each data set by itself."""
    names = [("site-1", "net-9", 0.9), ("site-1", "net-10", 0.7), ("site-2", "net-9", 0.5), ("site-2", "net-10", 0.3)]
    seeds = score_table(*((dataset, model, "pearson", static) for dataset, model, static in names)).assign(training="motion")
    alone = score_table(*((dataset, "c2d-motion", "pearson", 0.5) for dataset in ("site-1", "site-2"))).assign(training="motion")
    table = pd.concat([seeds, alone])
    axes = load_plugin("plots", "replicates").draw(table, {}).axes[0]
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["net\nsite-1", "net\nsite-2", "c2d-motion\nsite-1", "c2d-motion\nsite-2"]
    means = [x for line in axes.lines if line.get_marker() == "|" for x in line.get_xdata()]
    assert means == pytest.approx([20, 20, 32, 16])  # dynamic, then static: 40 S in this table
    figure = load_plugin("plots", "scatter").draw(table, {})
    assert [text.get_text() for text in figure.legends[0].texts] == [row.replace("\n", ", ") for row in rows]


def test_a_control_far_off_does_not_set_the_scale_of_the_others():
    table = score_table(("shapes", "near", "pearson", 0.9), ("shapes", "far", "pearson", -0.5), ("shapes", "close", "pearson", 0.9))
    control = table.assign(training=table["model"].map({"far": "control", "close": "control"}).fillna("untrained"))
    scatter = load_plugin("plots", "scatter")
    before, axes = (scatter.draw(own, {}).axes[0] for own in (table[table["model"] == "near"], control))
    assert axes.get_xlim() == before.get_xlim() and axes.get_ylim() == before.get_ylim()
    assert axes.get_title() == "pearson\nbeyond: far (control), its last layer at -0.50,\u00a00.20"
    nowhere = control["model"].eq("far") & control["depth"].eq(1)
    dead = scatter.draw(control.assign(value=control["value"].mask(nowhere)), {}).axes[0]
    assert dead.get_title() == "pearson\nbeyond: layers of far (control)"
    near = control.mask(control["model"].eq("near") & control["factor"].eq("dynamic") & (control["quantity"] == "S"))
    one_factor = control.assign(value=near["value"])  # no point that could set a scale
    assert scatter.draw(one_factor, {}).axes[0].get_title() == "pearson"
    many = pd.concat(control.assign(dataset=f"site {i}") for i in range(6))
    with plt.rc_context():
        set_style()
        figure = scatter.draw(many, {})
        figure.canvas.draw()
    assert figure.axes[0].get_window_extent().height / figure.dpi > 1.3  # inches: titles take nothing of it


def test_scores_over_a_training_are_drawn_at_their_steps():
    names = [("shapes", model, "pearson", static) for model, static in (("slow@0", 0.9), ("slow@200", 0.6), ("slow", 0.3))]
    table = score_table(*names, ("shapes", "c2d", "pearson", 0.5))
    about = table["model"].map({"slow@0": 0, "slow@200": 200, "slow": 480})
    table = table.assign(step=about, checkpoint_of=about.notna().map({True: "slow", False: None}))
    figure = load_plugin("plots", "over_training").draw(table.sample(frac=1, random_state=0), {})
    lines = {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].get_lines()}
    assert figure.axes[0].get_title() == "slow" and len(figure.axes) == 2  # S and shares
    assert lines["static"] == [[0, 0.9], [200, 0.6], [480, 0.3]]
    names = [text.get_text() for text in figure.legends[0].texts]
    assert names == ["dynamic, dynamics", "static, appearance", "order-dependence"]


def test_training_curves_are_drawn(tmp_path):
    plot = load_plugin("plots", "training_curves")
    rows = [
        {
            "model": "slow",
            "dataset": "shapes",
            "step": step,
            "split": split,
            "quantity": quantity,
            "value": 1 / (step + 1),
            "n": 4,
            "n_videos": 4,
        }
        for step in (0, 20, 40)
        for split in ("train", "val")
        for quantity in ("loss", "top1")
    ]
    figure = plot.draw(pd.DataFrame(rows), {})
    figure.savefig(tmp_path / "figure.png")
    assert len(figure.axes) == 2
    plot.draw(pd.DataFrame(columns=list(TABLES["training_curve"])), {}).savefig(tmp_path / "none.png")


def test_claims_are_drawn_with_their_verdicts():
    base = {"dataset": "probe", "agree": 1.0, "n_networks": 2, "n_videos": 9}
    rows = [
        {"claim": "a is more than b", "measure": "learned top1", "expect": "more", "verdict": "holds", "value": 0.3},
        {"claim": "a is more than c", "measure": "learned top1", "expect": "more", "verdict": "undecided", "value": 0.0},
        {"claim": "a is as c", "measure": "pearson percent dynamic", "expect": "equal", "verdict": "contradicted", "value": 4.0},
    ]
    table = pd.DataFrame([base | row | {"low": row["value"] - 0.1, "high": row["value"] + 0.1} for row in rows])
    figure = load_plugin("plots", "claims").draw(table, {})
    assert [axes.get_title("left") for axes in figure.axes] == ["learned top1", "pearson percent dynamic"]
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["holds", "undecided", "contradicted"]
    assert [line.get_xdata()[0] for line in figure.axes[0].lines[:2]] == [0.3, 0.0]


def test_replicates_of_one_network_share_a_row():
    curves = [
        {"model": f"net-{seed}", "dataset": "d", "step": step, "epoch": step / 10, "split": split, "quantity": "top1"}
        | {"value": value, "n": 20, "n_videos": 20}
        for seed, end in ((1, 0.5), (2, 0.7))
        for step, value in ((0, 0.1), (10, end))
        for split in ("train", "val")
    ]
    (axes,) = load_plugin("plots", "learned").draw(pd.DataFrame(curves), {}).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["net"]
    assert sorted(line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o") == [0.5, 0.7]
    scores = score_table(("d", "net-1", "pearson", 0.9), ("d", "net-2", "pearson", 0.8))
    axes = load_plugin("plots", "replicates").draw(scores.assign(training="d, 10 steps"), {}).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["net"]


def test_the_sweep_puts_every_sampling_into_its_cell():
    """What a network was shown counts, whatever its name says of it; but a name of two streams counts the slow one's frames."""
    tables = [
        score_table(("d", f"net-{stride}x{frames}", "pearson", 0.01 * frames * stride)).assign(frames=frames, stride=str(stride))
        for frames in (4, 8)
        for stride in (1, 2)
    ]
    tables += [score_table(("d", f"two-{name}", "pearson", 0.5)).assign(frames=32, stream="slow") for name in ("8x8", "4x16")]
    figure = load_plugin("plots", "sampling_sweep").draw(pd.concat(tables), {})
    axes = next(axes for axes in figure.axes if axes.get_title() == "net (untrained)\npearson: percent static")
    cells = axes.images[0].get_array().tolist()
    assert sum(cells, []) == pytest.approx([1.6, 3.2, 3.2, 6.4])  # strides down, frames across; percent is 40 S in this table
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "8"]
    axes = next(axes for axes in figure.axes if axes.get_title() == "two slow (untrained)\npearson: percent static")
    assert [label.get_text() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())] == ["4", "8", "8", "16"]


def test_only_networks_numbered_one_after_the_other_are_replicates():
    names = pd.Series(["net-9", "net-10", "r-50", "r-101", "alone-1", "plain"])
    assert replicate_groups(names).tolist() == ["net", "net", "r-50", "r-101", "alone-1", "plain"]


def test_more_differences_than_a_page_holds_are_those_of_like_streams():
    """Of five networks of three streams, the first one's against the same stream of the others: twelve of 105 pairs."""
    ends = [(model, stream) for model in "abcde" for stream in ("appearance", "motion", "fusion")]
    same = {
        "dataset": "d",
        "metric": "pearson",
        "quantity": "percent",
        "comparison": "networks",
        "reason": None,
        "same_crossings": True,
    }
    same |= {"training_a": "w.pth", "training_b": "w.pth", "layer_a": "x", "layer_b": "x", "value": 1.0, "low": 0.5, "high": 1.5}
    pairs = [
        same | {"model_a": a, "stream_a": s, "model_b": b, "stream_b": t, "factor": factor}
        for (a, s), (b, t) in combinations(ends, 2)
        for factor in ("dynamic", "static")
    ]
    figure = load_plugin("plots", "differences").draw(pd.DataFrame(pairs), {})
    drawn = [" ".join(label.get_text().split()) for label in figure.axes[0].get_yticklabels()]
    assert drawn == [f"a {stream} − {other} {stream}" for stream in ("appearance", "motion", "fusion") for other in "bcde"]
    assert [text.get_text() for text in figure.texts] == ["12 of 105 pairs: all of like streams and with a"]


def test_pairs_with_a_control_do_not_set_the_scale_of_others():
    """Of a, b and a control, the pair without it is drawn; order-dependence on its own scale; all where all have a control."""
    same = {"dataset": "d", "stream_a": None, "stream_b": None, "comparison": "networks", "reason": None}
    same |= {"same_crossings": True}
    pairs = [
        same
        | {"model_a": a, "training_a": t, "model_b": b, "training_b": "x", "metric": "shares", "quantity": "share"}
        | {"factor": factor, "value": size * value, "low": size * value, "high": size * value}
        for a, b, t, size in (("still", "a", "control", 100), ("still", "b", "control", 100), ("a", "b", "x", 1))
        for factor, value in (("appearance", 0.01), ("dynamics", 1e-5), ("order_dependence", 1e-4))
    ]
    figure = load_plugin("plots", "differences").draw(pd.DataFrame(pairs), {})
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a − b"]
    assert [axes.get_title() for axes in figure.axes] == ["d\nshares", "d\norder-dependence"]
    assert [text.get_text() for text in figure.texts] == ["1 of 3 pairs: all without a control"]
    assert figure.axes[1].get_xlim()[1] < 2e-4
    names = [text.get_text() for text in figure.legends[0].texts]
    assert names == ["share of dynamics", "share of appearance", "order-dependence"]
    figure = load_plugin("plots", "differences").draw(pd.DataFrame(pairs[:6]), {})
    assert len(figure.axes[0].get_yticklabels()) == 2 and not figure.texts


def test_a_change_of_top1_from_nothing_has_no_point_and_is_told():
    """slow falls from 1/2 to 1/4; fast from 0 to 1/4, which is no multiple of nothing."""
    ends = {"slow-natural": 0.5, "slow-shuffled": 0.25, "fast-natural": 0.0, "fast-shuffled": 0.25}
    about = {"split": "val", "quantity": "top1", "step": 1, "n_videos": 4}
    curves = pd.DataFrame([about | {"model": model, "value": value} for model, value in ends.items()])
    (axes,) = load_plugin("plots", "shuffled_training").draw(curves, {}).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["fast-shuffled", "slow-shuffled"]
    assert [line.get_xydata().tolist() for line in axes.lines if line.get_marker() == "o"] == [[[-50.0, 1.0]]]
    assert sorted(text.get_text() for text in axes.texts) == ["0% → 25%", "50% → 25%"]


def test_intervals_of_classes_that_stand_above_all_units_are_drawn_up_to_them():
    """As where the bias taken off intervals has put the lower end above the value: dynamic 60 %, joint 40 % [45, 50]."""
    table = score_table(("shapes", "c2d", "pearson", 0.9)).query("unit.isna() and quantity == 'S' and factor == 'static'").head(1)
    own = {"quantity": "units", "n_units": 10}
    rows = [table.assign(factor=name, value=at, low=low, high=high, **own) for name, at, low, high in
            (("dynamic", 60.0, 50.0, 70.0), ("joint", 40.0, 45.0, 50.0))]  # fmt: skip
    (axes,) = load_plugin("plots", "unit_bars").draw(pd.concat(rows), {"lambda": 0.5}).axes
    ends = sorted(y for bars in axes.collections for path in bars.get_segments() if len(path) for y in path[:, 1] if y == y)
    assert ends == [50.0, 70.0]
