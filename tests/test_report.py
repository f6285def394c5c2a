"""The report says in three sentences what the numbers say, and its tables hold every network's numbers once."""

import os
import re
import shutil
import subprocess
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tests.made_report import CONFIG, ORDER_DEPENDENCE, claim_rows, model_rows, score_rows, write_inputs
from workflow.lib.columns import TABLES
from workflow.lib.tables import write_table
from workflow.parts.at_chance import at_chance, segments_at_chance
from workflow.parts.findings import asked, findings
from workflow.parts.last_layers import last_layer_table, last_layer_values
from workflow.parts.notes import notes
from workflow.parts.numbers import duration, fixed, is_numeric, readable, with_interval
from workflow.parts.pipeline_version import pipeline_version
from workflow.parts.report_html import coded, html_table
from workflow.parts.report_tables import data_table, layer_tables, network_table, segmentation_table, weights_table
from workflow.parts.run_time import stage_table, timed_jobs, working_time
from workflow.parts.share_notes import drowned
from workflow.scripts.write_report import write_report


def scores(*rows):
    return pd.DataFrame([row for own in rows for row in own], columns=list(TABLES["scores"])).astype({"stream": "object"})


def test_numbers_that_round_to_zero_have_no_sign():
    assert [fixed(x, 3) for x in (-0.0004, -0.0, 0.0004, -0.0006, -12.5)] == ["0.000", "0.000", "0.000", "-0.001", "-12.500"]
    assert fixed(-0.4, 0) == "0" and fixed(-0.6, 0) == "-1" and fixed(float("nan"), 1) == "nan"
    assert [readable(x) for x in (None, float("nan"), pd.NA, True, -0.0, 0.12345, 12345.6, 7, "a")] == (
        ["", "", "", "yes", "0", "0.123", "12346", "7", "a"]
    )
    assert is_numeric(["1.0 [0.9, 1.1]", "", "-3", ".5", "2e-05", "33 ± 2", "5%"]) and not is_numeric(["3d net", "8x8", "1.2.3a"])
    assert is_numeric(["0.1", "0.2", "no known label"]) and not is_numeric(["", ""])


def test_the_answer_names_what_is_highest_and_lowest_and_what_became_of_the_claims():
    first, second, third = findings(scores(score_rows()), 0.95, pd.DataFrame(claim_rows()))
    assert first == (
        "Of 3 claims of the config, 1 came out as claimed, 1 remained undecided, 1 came out the other way "
        "(this one is contradicted)."
    )
    assert second == (
        "The share of the last layer's variance that depends on frame order: on shapes it is highest in keen, 0.875 [0.825, "
        "0.925], and lowest in second, 0.020 [-0.030, 0.070]."
    )
    assert third == "All numbers rest on 12 videos; brackets are 95 % intervals over videos, for these styles."
    _, percent, _ = findings(scores(score_rows()))
    assert percent.startswith(
        "The percentage of dynamic information in the last layer, by pearson: on shapes it is highest in keen, 28.8"
    )


def test_intervals_that_meet_are_said_to():
    near = findings(scores(score_rows({"a": 0.50, "b": 0.58})))[0]
    apart = findings(scores(score_rows({"a": 0.50, "b": 0.62})))[0]
    assert "it is 0.500 [0.450, 0.550] in a and 0.580 [0.530, 0.630] in b, whose intervals overlap." in near
    assert "overlap" not in apart


def test_networks_without_intervals_are_ranked():
    bare = scores(score_rows({"a": 0.1, "b": 0.9})).assign(low=np.nan, high=np.nan)
    assert "it is highest in b, 0.900, and lowest in a, 0.100." in findings(bare)[0]


@pytest.mark.parametrize("sign", [1, -1])
def test_where_intervals_meet_the_difference_of_the_same_videos_decides(sign):
    """Here that of a and b, as table `differences` has it: one way or the other."""
    near, pair = scores(score_rows({"a": 0.50, "b": 0.58})), ("b", "a")[::sign]
    about = {"dataset": "shapes", "metric": "shares", "quantity": "share", "factor": "order_dependence", "perturbation": "shuffle"}
    about |= {"model_a": pair[0], "model_b": pair[1], "stream_a": None, "stream_b": None}
    ends = sorted((sign * 0.02, sign * 0.14))
    rows = [about | {"comparison": "networks", "value": sign * 0.08, "low": ends[0], "high": ends[1]}]
    others = [{"comparison": "same layer"}, {"metric": "ratio"}, {"factor": "dynamics"}, {"dataset": "other"}, {"model_a": "c"}]
    rows += [rows[0] | other | {"value": 9.0, "low": 9.0, "high": 9.0} for other in others]
    told = findings(near, differences=pd.DataFrame(rows[::-1]))[0]
    assert (
        "highest in b, 0.580 [0.530, 0.630], and lowest in a, 0.500 [0.450, 0.550], a difference of 0.080 [0.020, 0.140]." in told
    )
    rows[0] |= dict(zip(("low", "high"), sorted((sign * -0.01, sign * 0.17)), strict=True))
    told = findings(near, differences=pd.DataFrame(rows))[0]
    assert (
        "it is 0.500 [0.450, 0.550] in a and 0.580" in told
        and "they may be equal: the difference is 0.080 [-0.010, 0.170]." in told
    )
    assert "whose intervals overlap" in findings(near, differences=pd.DataFrame(rows[1:]))[0]
    rows[0] |= {"value": sign * -3e-5, "low": -2.6e-4, "high": 2.0e-4}
    small = findings(near, differences=pd.DataFrame(rows[:1]))[0]
    assert small.endswith(f"the difference is -0.00003 {'[-0.00026, 0.00020]' if sign == 1 else '[-0.00020, 0.00026]'}.")


def test_however_many_networks_and_data_sets_there_are_three_sentences_are_enough():
    orders = {f"net{kind}-{seed}": 0.01 * kind + 0.001 * seed for kind in range(20) for seed in range(3)}
    many = scores(*(score_rows(orders, dataset) for dataset in ("a", "b", "c", "d", "e")))
    answer = findings(many, 0.95, pd.DataFrame(claim_rows() * 20))
    assert len(answer) == 3 and max(map(len, answer)) < 500
    assert "highest in net19, 0.191 (0.190 to 0.192, 3 networks), and lowest in net0, 0.001 (0.000 to 0.002" in answer[1]
    assert [sentence.endswith("; on 2 more data sets or metrics as the tables say.") for sentence in answer] == [False, True, False]
    questions = asked(many, 60)
    assert len(questions) == 6 and max(map(len, questions)) < 300 and "60 networks" in questions[0]
    assert len(last_layer_table(many)) == 300


def test_scores_without_shares_or_without_anything_are_answered_too():
    table = scores(score_rows())
    only = table[table["quantity"] == "percent"]
    assert ["percentage" in sentence for sentence in findings(only)] == [True, False]
    assert findings(table[:0]) == ["There are no scores."] and asked(table[:0]) == [] and notes(table[:0]) == []
    assert findings(table.assign(value=float("nan"))) == findings(table)[-1:]


def test_networks_whose_shards_were_computed_in_different_precision_are_named():
    mixed = [row | {"precision": "float16 and float32" if row["model"] == "keen" else "float16"} for row in score_rows()]
    assert notes(scores(mixed))[-1] == "Computed in float16 and float32, each shard in what came out right: keen on shapes."
    assert not any("float16" in note for note in notes(scores(score_rows())))


def test_a_metric_that_has_no_intervals_is_said_to_have_none_and_is_named_once():
    table = scores(score_rows())
    ends = {"low": float("nan"), "high": float("nan")}
    cka = table[table["quantity"] == "S"].assign(metric="cka", quantity="cka", **ends)
    said = "Numbers by cka have no intervals: they cannot be had of videos drawn anew, some of them twice."
    both = pd.concat([table, cka])
    assert said in notes(both)
    unknown = pd.concat([table, cka.assign(value=float("nan"))])
    assert not any("no intervals" in note for own in (table, cka, unknown) for note in notes(own))
    shown = last_layer_table(both)
    assert {"CKA static", "% static, pearson"} <= set(shown) and "CKA static, cka" not in set(shown)
    assert shown["CKA static"].str.fullmatch(r"-?[\d.]+").all()


def test_networks_that_may_not_depend_on_order_are_named():
    said = "Networks that on shapes are not shown to depend on order in their last layers, for the intervals of their "
    said += "order-dependence meet 0: b, c, e."
    table = scores(score_rows({"a": 0.06, "b": 0.04, "c": -0.04, "d": 0.2, "e": 0.05, "f": 0.0501}))
    assert said in notes(table)
    assert said in notes(pd.concat([table, table[table["model"] == "d"].assign(unit=0, low=0.0)]))  # of a unit
    assert said in notes(pd.concat([table, table[table["model"] == "d"].assign(stream="appearance", low=0.0, high=0.0)]))
    assert said in notes(pd.concat([table, table[table["model"] == "d"].assign(perturbation="reverse", low=0.0, high=0.0)]))
    assert said in notes(pd.concat([table, table[table["model"] == "c"].assign(model="g", training="control")]))
    assert not any("meet 0" in note for note in notes(scores(score_rows({"a": 0.06}))))


def test_what_stands_in_backticks_is_code_and_nothing_else_is_html():
    assert coded("set `clip: fps: 5` or `a<b`, <b>now</b>") == (
        "set <code>clip: fps: 5</code> or <code>a&lt;b</code>, &lt;b&gt;now&lt;/b&gt;"
    )
    assert coded("one ` alone") == "one ` alone"


@pytest.mark.parametrize(
    ("value", "low", "high", "told"),
    [
        (1.39e-4, 7.9e-5, 2.1e-4, "0.00014 [0.00008, 0.00021]"),
        (-1.39e-4, -2.1e-4, -7.9e-5, "-0.00014 [-0.00021, -0.00008]"),
        (4.0e-4, 1.0e-4, 1.2e-3, "0.0004 [0.0001, 0.0012]"),
        (4.0e-4, -1.0e-4, 1.2e-3, "0.000 [0.000, 0.001]"),  # zero is not left out
        (5.0e-14, 3.0e-14, 8.0e-14, "0.000 [0.000, 0.000]"),  # of a network that cannot see order: rounding
        (0.01, 4.0e-4, 0.02, "0.0100 [0.0004, 0.0200]"),
        (0.01, 1.1e-3, 0.02, "0.010 [0.001, 0.020]"),
        (1.0e-12, 2.0e-9, 3.0e-9, "0.000000000 [0.000000002, 0.000000003]"),
        (0.0, 0.0, 0.0, "0.000 [0.000, 0.000]"),
        (1.39e-4, np.nan, np.nan, "0.000"),
    ],
)
def test_a_small_number_is_told_from_zero_where_its_interval_tells_it(value, low, high, told):
    assert with_interval(SimpleNamespace(value=value, low=low, high=high), 3) == told


def test_styles_that_drown_the_clips_are_told_of_with_what_helps():
    table, painted = scores(score_rows({"a": 0.06, "b": 0.04})), {"oil": {"painter": "oil"}}
    table = pd.concat([table, table[table["factor"] == "order_dependence"].assign(factor="appearance")], ignore_index=True)
    style = table["factor"] == "appearance"
    assert style.any() and drowned(table, painted) == []
    (said,) = drowned(table.assign(value=table["value"].mask(style, 0.95)), painted)
    assert said.startswith("On shapes style makes up over 0.9") and "`pairs: {styles: [original, colours, texture]}`" in said
    (said,) = drowned(table.assign(value=table["value"].mask(style, 0.95)), painted | {"hue": {"apply": "hue"}})
    assert said.endswith("`pairs: {styles: [original, hue]}` alone, may keep more of a clip.")
    control = table.assign(value=table["value"].mask(style, 0.95), training=table["model"].map({"a": "control", "b": "motion"}))
    control.loc[style & (control["model"] == "a"), "value"] = 0.2
    assert len(drowned(control, painted)) == 1
    dead = table.assign(value=table["value"].mask(style, table["model"].map({"a": 0.95, "b": np.nan})))
    assert len(drowned(dead, painted)) == 1 and not any("drowned" in note for note in notes(dead))
    one = table["value"].mask(style & (table["model"] == "a"), 0.95)
    assert drowned(table.assign(value=one), painted) == []


def test_networks_drowned_alone_are_named_in_a_note():
    table = scores(score_rows({"a": 0.06, "b": 0.04, "c": 0.03}))
    style = table["factor"] == "content"
    table = table.assign(
        factor=table["factor"].mask(style, "appearance"), value=table["value"].mask(style & table["model"].ne("a"), 0.95)
    )
    said = (
        "Networks that on shapes answer to little but style, or are drowned by it, for style makes up over 0.9 of the variance of "
    )
    assert f"{said}their last layers: b, c." in notes(table)
    every = table.assign(value=table["value"].mask(style, 0.95))
    assert not any("drowned" in note for note in notes(every)) and len(drowned(every, {})) == 1  # which is told in red


def test_content_below_zero_for_sure_is_explained():
    table = scores(score_rows({"a": 0.06, "b": 0.04}))
    own = table["factor"].eq("content") & table["model"].eq("b") & table["layer"].eq("last")
    unsure = table.assign(value=table["value"].mask(own, -0.2), low=table["low"].mask(own, -0.5), high=table["high"].mask(own, 0.1))
    assert not any("Content" in note for note in notes(unsure))
    sure = unsure.assign(high=unsure["high"].mask(own, -0.1))
    (said,) = [note for note in notes(sure) if "Content" in note]
    assert said.startswith("Content below 0 on shapes, in last layers of b: units answer to some style the opposite way")


def test_order_dependence_that_is_next_to_nothing_is_told_from_none():
    table = scores(score_rows({"a": 0.5, "little": 0.0004, "none": 0.0, "streams": 0.0004}, width=0.0002))
    said = "Networks that on shapes depend on order in their last layers, but by less than 0.001 of the variance: little"
    assert f"{said}, streams." in notes(table)
    both = pd.concat([table, table[table["model"] == "streams"].assign(stream="fast", value=0.5, low=0.4, high=0.6)])
    assert f"{said}." in notes(both)
    assert any("meet 0: none." in note for note in notes(table))


def test_what_networks_blind_to_order_have_in_percent_stands_beside_the_answer():
    table = scores(score_rows({"keen": 0.5, "none": 0.0, "faint": 0.0004, "average": 0.0}, width=0.0002))
    table["training"] = table["training"].mask(table["model"].eq("average"), "control")
    percent = findings(table)[1]
    assert "highest in keen, 25.0" in percent
    assert percent.endswith("no sign of dynamics: what hardly depends on order (none, faint, average (control)) has 20.0.")
    wide = table["high"].mask(table["model"].eq("faint") & table["factor"].eq("order_dependence"), 0.2)
    assert "(none, average (control)) has 20.0." in findings(table.assign(high=wide))[1]
    elsewhere = scores(score_rows({"keen": 0.5, "none": 0.6}, "walks", width=0.0002))
    told = findings(pd.concat([table, elsewhere]))[1]
    assert "on walks it is" in told and told.count("no sign") == 1 and told.index("no sign") < told.index("on walks")
    own = table["model"].eq("faint") & table["quantity"].eq("percent") & table["factor"].eq("dynamic")
    assert "has 20.0 to 31.0." in findings(table.assign(value=table["value"].mask(own, 31.0)))[1]
    assert "no sign" not in findings(table[table["model"] == "keen"])[1]
    assert "no sign" not in findings(table[table["quantity"] != "share"])[0]  # nothing is known of order


def test_percentages_that_no_similarity_between_0_and_1_gives_are_named():
    table = scores(score_rows({"a": 0.5, "b": 0.9}))
    assert not any("outside" in note for note in notes(table))
    own = table["model"].eq("b") & table["quantity"].eq("percent") & table["factor"].eq("dynamic")
    said = "Percentages of last layers outside 15.5 to 42.2, which is all that S static and S dynamic between 0 and 1 can give"
    for value, inside in ((13.1, False), (15.46, True), (42.24, True), (42.3, False)):
        told = [note for note in notes(table.assign(value=table["value"].mask(own, value))) if note.startswith(said)]
        assert bool(told) != inside and all(note.endswith("those of b.") for note in told)


def test_networks_that_print_alike_are_not_ranked():
    answer = findings(scores(score_rows({"a": 0.5, "b": 0.5001, "c": 0.4999})))[0]
    assert answer.endswith("on shapes it is 0.500 [0.450, 0.550] in each of a, b, c.")


def test_one_network_is_not_compared():
    assert "it is 0.500 [0.450, 0.550] in a." in findings(scores(score_rows({"a": 0.5})))[0]


@pytest.mark.parametrize("training", ["a file", "untrained"])
def test_a_network_beside_two_controls_is_the_answer(training):
    """The models of docs/own-data.md."""
    orders = {"time_average": 0.0, "frame_difference": 0.9, "my_network": 0.3}
    table = scores(score_rows(orders))
    table["training"] = table["model"].map({"my_network": training}).fillna("control")
    name = "my_network (untrained)" if training == "untrained" else "my_network"
    share, percent, _ = findings(table)
    assert share.endswith(
        f"on shapes it is 0.300 [0.250, 0.350] in {name} (for comparison: time_average (control) at last 0.000 [-0.050, "
        "0.050], frame_difference (control) at last 0.900 [0.850, 0.950])."
    )
    assert f"it is 23.0 [22.9, 23.1] in {name} (for comparison: time_average (control) at last 20.0" in percent
    controls = findings(table[table["training"] == "control"])[0]
    assert "highest in frame_difference (control) at last, 0.900" in controls and "for comparison" not in controls


def test_layers_that_are_not_called_alike_are_named():
    """The last of a network of stages and that of a recurrent one are of other kinds; the last lag of a control is no depth."""
    alike = scores(score_rows({"a": 0.1, "b": 0.9, "lags": 0.5, "none": float("nan")}))
    own = alike["layer"].mask(alike["layer"].eq("last"), alike["model"].map({"lags": "lag4", "none": "other"}))
    alike = alike.assign(layer=own.fillna("last"), training=alike["model"].map({"lags": "control"}).fillna("motion"))
    told = "highest in b, 0.900 [0.850, 0.950], and lowest in a, 0.100 [0.050, 0.150] (for comparison: lags (control) at lag4 0.500"
    assert told in findings(alike)[0]
    table = scores(score_rows({"a": 0.1, "b": 0.9, "lags": 0.5}))
    last = table["layer"].eq("last")
    table["layer"] = table["layer"].mask(last, table["model"].map({"a": "res5", "b": "gru", "lags": "lag4"}))
    table["training"] = table["model"].map({"lags": "control"}).fillna("motion")
    share, percent, _ = findings(table)
    assert "highest in b at gru, 0.900 [0.850, 0.950], and lowest in a at res5, 0.100" in share
    assert all("(for comparison: lags (control) at lag4 " in sentence for sentence in (share, percent))
    assert "highest in b at gru, 29.0" in percent
    streams = [scores(score_rows({"two": x})).replace({"layer": {"last": f"{s}_5"}}) for s, x in (("slow", 0.6), ("fast", 0.1))]
    streams = pd.concat([own.assign(stream=s) for own, s in zip(streams, ("slow", "fast"), strict=True)])
    assert "highest in two at slow_5, 0.600 [0.550, 0.650], and lowest in two at fast_5, 0.100" in findings(streams)[0]
    replicates = scores(score_rows({"net-1": 0.1, "net-2": 0.2, "other": 0.9}))
    replicates["layer"] = replicates["layer"].mask(replicates["model"].eq("other") & replicates["layer"].eq("last"), "top")
    assert "lowest in net at last, 0.150 (0.100 to 0.200, 2 networks)" in findings(replicates)[0]


NEAR = "(fewer where the order that a network was shown came too near the natural one, or a metric cannot use them)"


def test_of_how_many_videos_and_why_not_of_all_is_told_of_every_data_set():
    table = scores(score_rows({"a": 0.1, "b": 0.9}), score_rows({"a": 0.1}, "walks"))
    walks, b, left_out = table["dataset"].eq("walks"), table["model"].eq("b"), "n_crossings_left_out"
    table["n_videos"] = table["n_videos"].mask(walks, 40)
    table[left_out] = table[left_out].mask(walks, 3)  # which cost no video
    shown = {"shapes": 12, "walks": 40}
    assert findings(table, shown=shown)[-1].startswith("All numbers rest on 12 videos of shapes, 40 videos of walks; brackets")
    table["n_videos"] = table["n_videos"].mask(b & table["metric"].eq("pearson"), 10)  # its own choice: other metrics have all
    table[left_out] = table[left_out].mask(b, 16)
    told = findings(table, shown=shown)[-1]
    assert told.startswith("All numbers rest on 10 to 12 of 12 videos of shapes, 40 videos of walks; brackets")
    table["n_videos"] = table["n_videos"].mask(b, 10)
    told = findings(table, shown=shown)[-1]
    assert told.startswith(f"All numbers rest on 10 to 12 of 12 videos of shapes {NEAR}, 40 videos of walks; brackets")
    (told,) = findings(table[b], shown=shown)[-1:]
    assert told.startswith(f"All numbers rest on 10 of 12 videos {NEAR}; brackets")  # also where all lack the same


def test_networks_that_are_pooled_in_several_ways_are_named():
    models = pd.DataFrame([row | {"pooling": "class" if row["model"] == "keen" else "mean"} for row in model_rows()])
    said = "On shapes layers are not pooled alike, which by itself can make numbers differ: "
    said += "`mean` of blind, wavering, plain-1, plain-2, second; `class` of keen."
    table = scores(score_rows())
    assert said in notes(table, models=models)
    apart = table[table["model"].eq("keen")].assign(dataset="others")
    control = models.assign(training=models["training"].mask(models["model"] == "keen", "control"))
    alike = models.replace({"pooling": {"class": "patches"}})  # a network of tokens beside one of volumes
    for own, rows in (
        (models, pd.concat([table[table["model"].ne("keen")], apart])),
        (control, table),
        (alike, table),
        (None, table),
    ):
        assert not any("pooled" in sentence for sentence in notes(rows, models=own))


def test_a_network_of_another_metric_is_told_of_by_itself():
    table = scores(score_rows({"a": 0.5, "b": 0.1, "c": 0.9}))
    table["metric"] = table["metric"].mask(table["model"].eq("c") & table["metric"].eq("pearson"), "ratio")
    assert findings(table)[1] == (
        "The percentage of dynamic information in the last layer, by pearson, ratio: on shapes, by pearson, it is highest in a, "
        "25.0 [24.9, 25.1], and lowest in b, 21.0 [20.9, 21.1]; on shapes, by ratio, it is 29.0 [28.9, 29.1] in c."
    )


def test_networks_at_chance_are_named():
    """Of 8 classes; what is known of stylized clips, of other quantities and of networks that were never trained says nothing."""
    about = {
        "dataset": "shapes",
        "style": "original",
        "perturbation": None,
        "quantity": "top1",
        "chance": 0.125,
        "training": "motion",
    }
    rows = [{"model": "keen", "low": 0.7}, {"model": "blind", "low": 0.044}, {"model": "no label", "low": float("nan")}]
    rows += [{"model": "barely", "low": 0.126}, {"model": "random", "low": 0.1, "training": "untrained"}]
    rows += [
        {"model": "keen", "low": 0.1} | other for other in ({"style": "oil"}, {"perturbation": "shuffle"}, {"quantity": "reversal"})
    ]
    before, (said,) = notes(scores(score_rows())), at_chance(pd.DataFrame([about | row for row in rows]))
    assert "clips of shapes" in said and said.endswith("is not above chance: blind.")
    assert notes(scores(score_rows()), pd.DataFrame([about | row for row in rows])) == [*before, said]


def judged(model, values, chance=0.06, **about):
    """Rows of table `segmentation` of a network: a value for each of some videos."""
    base = {"dataset": "scenes", "training": "scenes", "style": "original", "perturbation": None, "quantity": "J"} | about
    return [base | {"model": model, "video": f"v{k}", "value": value, "chance": chance} for k, value in enumerate(values)]


BAD, GOOD, WIDE = [0.02, 0.03, 0.04, 0.03] * 5, [0.5, 0.6, 0.7, 0.6] * 5, [0.0, 0.9] + [0.0] * 18


def test_networks_that_segment_no_better_than_a_mask_of_everything_are_named():
    """What is known of stylized clips, other flow, F, networks that were never trained and too few videos says nothing."""
    rows = judged("RTNet", BAD) + judged("FusionSeg", GOOD) + judged("random", BAD, training="untrained")
    rows += judged("FusionSeg", BAD, style="oil") + judged("FusionSeg", BAD, perturbation="flow_jitter")
    rows += judged("FusionSeg", BAD, chance=None, quantity="F") + judged("few", BAD[:2]) + judged("nothing", [None] * 4)
    said = (
        "Networks that have not been shown to have learned to segment, for the interval of their J on original clips of scenes is "
        "not above that of a mask of everything (0.060): RTNet."
    )
    assert segments_at_chance(pd.DataFrame(rows), 0.95) == [said]
    before = notes(scores(score_rows()))
    assert notes(scores(score_rows()), None, pd.DataFrame(rows)) == [*before, said]
    assert segments_at_chance(pd.DataFrame(judged("FusionSeg", GOOD)), 0.95) == []
    assert notes(scores(score_rows()), None, pd.DataFrame(judged("FusionSeg", GOOD))) == before
    (unsure,) = segments_at_chance(pd.DataFrame(judged("unsure", WIDE, 0.04) + judged("RTNet", BAD)), 0.95)
    assert "(0.040 to 0.060): unsure, RTNet." in unsure  # its mean is above, its interval is not
    boxes = judged("MATNet", BAD, dataset="moca", quantity="box")
    found = segments_at_chance(pd.DataFrame(judged("RTNet", BAD) + boxes), 0.95)
    assert [sentence.split("interval of their ")[1].split(" is not")[0] for sentence in found] == (
        ["J on original clips of scenes", "box on original clips of moca"]
    )


def test_chance_is_that_of_the_videos_that_could_be_judged():
    """A network judged on videos of .1 alone is not held against those of .9 on which it has no mask."""
    rows = judged("seg", [0.3] * 10, 0.1) + [row | {"video": f"w{k}"} for k, row in enumerate(judged("seg", [None] * 10, 0.9))]
    assert segments_at_chance(pd.DataFrame(rows), 0.95) == []
    (shown,) = segmentation_table(pd.DataFrame(rows)).to_dict("records")
    assert shown["chance"] == pytest.approx(0.1) and (shown["n_videos"], shown["n_videos_without_mask"]) == (10, 10)


def test_the_report_names_networks_that_do_not_segment(tmp_path):
    inputs = write_inputs(tmp_path)
    inputs.segmentation = tmp_path / "segmentation.parquet"
    write_table(inputs.segmentation, "segmentation", judged("RTNet", BAD) + judged("FusionSeg", GOOD, chance=0.0625))
    page, _ = write_report(inputs, ["shapes"], ["shapes", "lessons"], CONFIG)
    assert "not above that of a mask of everything (0.060): RTNet." in page
    section = page.split('id="segmentation"')[1].split("</section>")[0]
    assert ">chance</th>" in section and ">0.06</td>" in section and ">0.0625</td>" in section


def test_last_layers_have_a_row_per_network_and_stream():
    slow, fast = (scores(score_rows({"two": x})).assign(stream=s, layer=s) for s, x in (("slow", 0.3), ("fast", 0.6)))
    table = pd.concat([scores(score_rows()), slow[slow["depth"] == 0], fast])
    values = last_layer_values(table).set_index(["model", "stream"])
    assert list(values.index) == [(name, "") for name in ORDER_DEPENDENCE] + [("two", "slow"), ("two", "fast")]
    assert values["shares_order_dependence"].tolist() == [*ORDER_DEPENDENCE.values(), 0.4, 0.6]  # slow's own last is its only one
    assert values.loc[("keen", ""), "pearson_percent_dynamic_low"] == 28.7
    shown = last_layer_table(table)
    assert shown["network"].iloc[0] == "blind (untrained)" and shown["network"].iloc[-1] == "two fast"
    assert shown.loc[2, ["% dynamic, pearson", "order-dependence"]].tolist() == ["28.8 [28.7, 28.8]", "0.875 [0.825, 0.925]"]
    assert list(shown)[:3] == ["network", "layer", "order-dependence"] and list(shown)[-2:] == ["videos", "weights"]
    others = table[table["model"] == "keen"].assign(dataset="others", metric="ratio")
    both = last_layer_table(pd.concat([table, others]))  # what one network alone has stands before what all rest on
    assert list(both)[:2] == ["network", "data set"] and list(both)[-2:] == ["videos", "weights"] and "% dynamic, ratio" in both
    alone = last_layer_table(table[table["quantity"] != "percent"])  # metrics without percentages, as cka is, keep their S
    assert any(name.startswith("S ") for name in alone) and not any(name.startswith("S ") for name in shown)


def test_every_layer_stands_in_its_networks_table():
    both = scores(score_rows(), score_rows({"keen": 0.1}, "others"))
    tables = layer_tables(pd.concat([both, both[both["metric"] == "pearson"].assign(metric="ratio")]))
    assert list(tables)[0] == ("blind (untrained)", "shapes") and list(tables)[-1] == ("keen", "others") and len(tables) == 7
    own = {metrics: table.set_index("layer") for metrics, table in tables["keen", "shapes"].items()}
    assert list(own) == ["pearson, ratio", "shares"] and list(own["pearson, ratio"]["metric"].unique()) == ["pearson", "ratio"]
    assert own["shares"].loc["last", "order dependence"] == "0.875 [0.825, 0.925]" and "content" not in own["pearson, ratio"]
    assert not any((table.isna() | table.eq("")).any(axis=None) for table in own.values())


def test_networks_and_weights():
    models = pd.DataFrame(model_rows(), columns=list(TABLES["models"]))
    assert len(network_table(models)) == len(ORDER_DEPENDENCE) and "layer" not in network_table(models)
    weights = weights_table(models, CONFIG).set_index("model")
    assert weights["seed"].to_dict() == {name: 11 if name == "keen" else 7 for name in ORDER_DEPENDENCE}
    assert weights.loc["second", "weights_sha256"].endswith("05")


def test_the_run_time_of_every_stage_is_that_of_this_experiments_jobs(tmp_path):
    for job, seconds in (
        ("train_model/net-1.5", 2.5),
        ("dump/d/net-1.5/000", 1),
        ("dump/d/net-1.5/001", 4),
        ("dump/d/other/000", 9),
    ):
        path = tmp_path / f"benchmarks/{job}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tmax_rss\n{seconds}\t{100 * seconds if seconds < 4 else '-'}\n")
    timed = timed_jobs(tmp_path / "benchmarks", ["net-1.5", "d/net-1.5/000", "d/net-1.5/001", "d/net-1.5/002"])
    table = stage_table(timed)
    assert table.to_numpy().tolist() == [["dump", 5, 100, 2], ["train_model", 2.5, 250, 1]]
    assert list(table) == ["stage", "seconds", "peak memory, MB", "jobs"] and stage_table([]) is None


def test_time_at_work_counts_jobs_side_by_side_once_and_pauses_not_at_all(tmp_path):
    paths = []
    for name, seconds, end in (("a", 10, 1010), ("b", 4, 1012), ("c", 2, 1011), ("d", 5, 2000)):  # 1000 to 1012, 1995 to 2000
        paths.append(tmp_path / f"{name}.tsv")
        paths[-1].write_text(f"s\tmax_rss\n{seconds}\t1\n")
        os.utime(paths[-1], (end, end))
    assert working_time(paths) == pytest.approx(17) and working_time([]) == 0
    assert [duration(seconds) for seconds in (0.4, 59.6, 3599, 7265)] == ["0 s", "1 min 0 s", "59 min 59 s", "2 h 1 min"]


def test_a_data_set_has_one_digest_that_every_clip_and_their_order_decide():
    clips = pd.DataFrame({"dataset": ["x", "x", "y", "y"], "video": ["a", "a", "a", "b"], "clip": list("abcd"), "label": ["l"] * 4})
    clips["split"] = [None, None, "train", "test"]
    digests = [data_table(clips.assign(sha256=own)).set_index("dataset")["sha256"] for own in (list("1221"), list("1212"))]
    assert (
        digests[0]["x"] != digests[0]["y"] and digests[1]["x"] == digests[1]["y"] == digests[0]["x"] and len(digests[0]["x"]) == 64
    )
    counts = data_table(clips.assign(sha256=None))[["videos", "clips", "labels", "splits"]]
    assert counts.to_numpy().tolist() == [[1, 2, 1, ""], [2, 2, 1, "1 test, 1 train"]]


def test_tables_are_escaped_and_mark_words():
    html = html_table(pd.DataFrame({"name": ["<b>&", "x"], "n": [1.0, None], "why": ["", "3d"]}))
    assert '<th scope="row">&lt;b&gt;&amp;</th><td>1</td><td class="words"></td>' in html
    assert '<th scope="col">n</th><th scope="col" class="words">why</th>' in html


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    inputs = write_inputs(tmp_path_factory.mktemp("inputs"))
    return write_report(inputs, ["shapes"], ["shapes", "lessons"], CONFIG, inputs.benchmarks)[0]


def test_data_sets_that_are_only_learned_from_are_counted_too(html):
    rejected, data = (
        html.split(f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">')[1].split("</table>")[0]
        for name in ("Rejected videos", "Data sets")
    )
    assert rejected.count("too short: 3 frames") == 2 and "<p>lessons: 1 × too short" in html
    assert re.findall('<th scope="row">(.*?)</th>', data) == ["shapes", "lessons"]


def test_a_clone_is_called_by_its_sources_and_its_commit_and_a_copy_by_its_sources(tmp_path):
    if not shutil.which("git"):
        pytest.skip("no git here")
    source = tmp_path / "workflow/scripts/one.py"
    source.parent.mkdir(parents=True)
    source.write_text("x = 1\n")
    copy = pipeline_version(tmp_path)
    assert re.fullmatch("workflow/ of sha256 [0-9a-f]{16}", copy)

    def git(*command):
        return subprocess.run(["git", "-C", tmp_path, *command], check=True, capture_output=True, text=True).stdout.strip()

    for command in (["init"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "."]):
        git(*command)
    cloned = f"{copy}, git at {git('rev-parse', 'HEAD')[:12]}"
    assert pipeline_version(tmp_path) == cloned
    git("pack-refs", "--all")
    assert pipeline_version(tmp_path) == cloned
    git("checkout", "--detach")
    assert pipeline_version(tmp_path) == cloned
    source.write_text("x = 2\n")
    assert pipeline_version(tmp_path).split(",")[0] not in cloned and pipeline_version(tmp_path).endswith(cloned.split(",")[1])


def test_the_page_holds_everything_and_asks_the_network_for_nothing(html):
    assert "http:" not in html and "https:" not in html and '<link rel="stylesheet' not in html and "<script src" not in html
    for text in (
        "torch 2.99",
        "networks shown on Abacus 12",
        "Abacus 9",
        f"{5:064x}",
        "oil flickers: more <code>iterations</code>",
        "&lt;b&gt;.mp4",
        "What was asked",
        "1 warning about",
        f"pipeline {pipeline_version()}, python 3",
        "dump_<wbr>features",
        "image/svg+xml",
    ):
        assert text in html, text
    unit = html.split('<div class="unit"')[1].split("</div>")[0]
    assert (
        "unit 1, S dynamic 0.90, static 0.10" in unit and unit.index("clip a, left") < unit.index("clip b") and "None" not in unit
    )
    titles = ["keen, shapes, by pearson", "blind (untrained), shapes, by pearson"]
    assert re.findall("<summary>(.*?)</summary>", html.split('<section id="units">')[1].split("</section>")[0]) == titles
    assert "-0.000" not in html and "None" not in html.replace("<p>None.</p>", "") and ">nan" not in html
