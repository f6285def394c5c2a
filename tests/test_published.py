"""Published numbers beside ours: the right number in the right cell, and no number invented."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from workflow.lib.columns import TABLES
from workflow.lib.errors import BadInput
from workflow.lib.plugins import load_plugin
from workflow.lib.published import published_rows, read_published
from workflow.lib.tables import read_table, write_table
from workflow.parts.figure_style import set_style
from workflow.parts.published import published_table
from workflow.scripts.compare_published import compare_published

OURS = {"dataset": "anet", "model": "slow"}
FIG5 = {"figure": "Fig. 5 left", "network": "SlowOnly", "trained_on": "Kinetics"}
CONFIG = {
    "published": [{**FIG5, "ours": OURS}],
    "analyses": [{"dataset": "anet", "models": ["slow", "slow-natural"]}],
    "models": {"slow": {"train": {}}, "slow-natural": {"train": {}}, "fixed": {}},
}


def with_entry(**entry):
    return CONFIG | {"published": [entry]}


def score(value, **columns):
    """A row of the score table: by default the last layer's, of the network named."""
    base = {"dataset": "anet", "model": "slow", "training": "slow.pyth", "metric": "ratio", "layer": "res5", "depth": 4}
    base |= {"unit": np.nan, "quantity": "percent", "factor": "dynamic", "low": value - 1, "high": value + 1, "n_videos": 9}
    return base | columns | {"value": value}


SCORES = pd.DataFrame(
    [
        score(1, layer="res2", depth=1),
        score(2),
        score(3, factor="static"),
        score(4, metric="pearson"),
        score(5, quantity="S"),
        score(6, quantity="S", unit=0),
        score(9, quantity="S", factor="static"),
        score(7, model="slow-natural"),
        score(8, dataset="other"),
        *(score(10 + i, quantity="units", factor=f) for i, f in enumerate(("dynamic", "static", "joint", "residual"))),
    ]
)


def compared(config, scores=SCORES, curves=None, threshold=0.5, segmentation=None):
    trainings = {"slow": "slow.pth, then anet-train shuffled, 100 steps"}
    return pd.DataFrame(compare_published(published_rows(config), scores, curves, trainings, segmentation, threshold, 0.95))


def test_the_published_file_is_consistent():
    table = pd.DataFrame(read_published())
    keys = ["figure", "network", "trained_on", "layer", "quantity", "factor"]
    assert not table.duplicated(keys).any() and table["value"].notna().all()
    layers = table[table["quantity"].isin(["percent", "S"])].pivot(index=keys[:4], columns=["quantity", "factor"], values="value")
    assert len(layers) == 12
    for factor in ("dynamic", "static"):
        identical = 100 - layers["percent", "dynamic"] - layers["percent", "static"]
        assert (1 + np.log(layers["percent", factor] / identical) - layers["S", factor]).abs().max() < 0.006  # of .1 %
    totals = table[table["quantity"] == "units"].groupby(keys[:4])["value"].agg(["sum", "count"])
    assert totals.loc[totals["count"] == 4, "sum"].sub(100).abs().max() <= 0.8 and (totals["count"] == 4).sum() == 15
    assert len(table) == 4 * 12 + 6 + 4 * 15 + 1 + 4


def test_our_number_lands_in_its_cell():
    table = compared(CONFIG).set_index(["quantity", "factor", "metric"])
    assert table.loc[("percent", "dynamic", "ratio"), ["published", "value", "low", "high"]].tolist() == [21.4, 2, 1, 3]
    assert table.loc[("percent", "dynamic", "pearson"), "value"] == 4
    assert table.loc[("percent", "static", "ratio"), ["published", "value"]].tolist() == [38.4, 3]
    assert table.loc[("S", "dynamic", "ratio"), ["published", "value", "layer"]].tolist() == [0.37, 5, "res5"]
    assert len(table) == 5
    early = compared(with_entry(**FIG5, ours=OURS | {"layer": "res2"}))
    assert early["value"].dropna().tolist() == [1]


def test_no_number_is_invented(tmp_path):
    for scores, reason in [
        (SCORES, "other weights or data"),
        (SCORES.assign(training="untrained"), "slow has no trained weights"),
        (SCORES[SCORES["model"] != "slow"], "no such score here"),
    ]:
        config = with_entry(**FIG5) if reason.startswith("other") else CONFIG
        table = compared(config, scores)
        assert len(table) == 4 and table.get("value", pd.Series(dtype=float)).isna().all() and set(table["reason"]) == {reason}
        write_table(tmp_path / "published.parquet", "published", table)
        shown = published_table(read_table(tmp_path / "published.parquet", "published"))
        assert set(shown["ours"]) == set(shown["our network"]) == {""}
        assert list(shown["published (Kowal et al. 2022)"]) == ["21.4", "38.4", "0.37", "0.954"]


def test_unit_classes_are_compared_at_the_published_threshold_only():
    entry = {"figure": "Fig. 6", "network": "SlowOnly", "trained_on": "Kinetics", "ours": OURS}
    assert compared(with_entry(**entry))["value"].tolist() == [10, 11, 12, 13]
    table = compared(with_entry(**entry), threshold=0.4)
    assert "value" not in table and set(table["reason"]) == {"ours are at lambda = 0.4, published at 0.5"}


def top1(model, step, value, split="val", quantity="top1"):
    about = {"model": model, "dataset": "anet-train", "step": step, "split": split, "quantity": quantity}
    return about | {"value": value, "n": 60, "n_videos": 50}


def test_relative_change_of_accuracy():
    """Held-out clips at the end of training; 20 of 50 right is 27.6 to 53.8 %, 40 of 50 is 67.0 to 88.8 % (Wilson)."""
    entry = {"figure": "Fig. 5 right", "network": "SlowOnly", "trained_on": "Kinetics"}
    entry |= {"ours": {"model": "slow", "natural": "slow-natural"}}
    rows = [top1("slow", 100, 0.4), top1("slow", 50, 0.9), top1("slow", 100, 1.0, "train"), top1("slow", 100, 2.0, quantity="loss")]
    rows += [top1("slow-natural", 0, 0.1), top1("slow-natural", 100, 0.8)]
    (row,) = compared(with_entry(**entry), curves=pd.DataFrame(rows)).to_dict("records")
    assert [row[k] for k in ("published", "uncertainty")] == [-0.5, 1]
    assert row["training"] == "slow.pth, then anet-train shuffled, 100 steps" and row["dataset"] == "anet-train"
    assert row["value"] == pytest.approx(-50)
    assert [row[k] for k in ("low", "high")] == pytest.approx([100 * (0.2761 / 0.8876 - 1), 100 * (0.5382 / 0.6696 - 1)], abs=0.05)
    nothing = pd.DataFrame([*rows[:-1], top1("slow-natural", 100, 0.0)])
    assert compared(with_entry(**entry), curves=nothing)["reason"].eq("slow-natural names no held-out clip rightly").all()


def test_published_overlap_stands_beside_the_mean_over_videos():
    base = {"dataset": "anet", "model": "slow", "training": "slow.pth", "style": "original", "perturbation": None}
    rows = [{**base, "quantity": "box", "video": f"v{i}", "value": value} for i, value in enumerate((0.2, 0.4, 0.6, 0.8))]
    rows += [{**rows[0], "style": "oil", "value": 9.0}, {**rows[0], "perturbation": "flow_jitter", "value": 9.0}]
    entry = {"figure": "MoCA", "network": "MATNet", "ours": OURS}
    (row,) = compared(with_entry(**entry), segmentation=pd.DataFrame(rows)).to_dict("records")
    assert row["published"] == 67.3 and row["value"] == pytest.approx(50) and row["metric"] == "box" and row["n_videos"] == 4
    assert row["low"] < 40 and row["high"] > 60
    assert compared(with_entry(**entry))["reason"].eq("no masks of such clips were measured here").all()


def test_the_table_says_whose_number_is_whose(tmp_path):
    write_table(
        tmp_path / "p.parquet", "published", compared(with_entry(figure="Fig. 6", network="SlowOnly", trained_on="SSv2", ours=OURS))
    )
    shown = published_table(read_table(tmp_path / "p.parquet", "published"))
    assert list(shown["published (Kowal et al. 2022)"]) == ["8.5 ± 0.4", "15.2 ± 0.4", "75.8 ± 0.4", "0.5 ± 0.4"]
    assert shown["ours"][0] == "10.0 [9.0, 11.0]" and set(shown["our network"]) == {"slow"}
    assert not TABLES["published"].keys() ^ set(read_table(tmp_path / "p.parquet", "published").columns)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"figure": "Fig. 5", "network": "SlowOnly"}, "nothing in .* has figure 'Fig. 5'.* its figures are Table 1, Fig. 5 left"),
        ({"figure": "Fig. 5 left", "network": "SlowOnly", "ours": OURS}, "is 3 cases, ours is one; name its trained_on"),
        ({**FIG5, "ours": OURS | {"model": "fast"}}, "beside fast on anet, which no analysis names"),
        ({**FIG5, "ours": {"model": "slow"}}, "beside slow on None, which no analysis names"),
        ({**FIG5, "figure": "Fig. 5 right", "ours": OURS}, "name ours in `ours: natural`"),
        ({**FIG5, "figure": "Fig. 5 right", "ours": OURS | {"natural": "fixed"}}, "compares trainings; fixed is not trained here"),
    ],
)
def test_a_wrong_name_is_refused(entry, message):
    with pytest.raises(BadInput, match=message):
        published_rows(with_entry(**entry))


def test_published_marks_and_ours_do_not_hide_each_other():
    """Four classes of units, published and ours all 50: eight marks one above the other, none nearer than a mark is tall."""
    classes = ["dynamic", "static", "joint", "residual"]
    about = {"figure": "Fig. 6", "network": "SlowOnly", "trained_on": "SSv2", "published_layer": None, "quantity": "units"}
    about |= {"uncertainty": 0.4, "published": 50, "value": 50, "low": 40, "high": 60}
    rows = [about | {"factor": factor, "metric": metric} for metric in ("pearson", "ratio") for factor in classes]
    with plt.rc_context():
        set_style()
        figure = load_plugin("plots", "published").draw(pd.DataFrame(rows), {})
        figure.canvas.draw()
    (axes,) = figure.axes
    marks = [line for line in axes.lines if line.get_marker() in ("o", "s", "^", "v")]
    places = sorted(axes.transData.transform((50, line.get_ydata()[0]))[1] / figure.dpi * 72 for line in marks)
    tall = max(line.get_markersize() + line.get_markeredgewidth() for line in marks if line.get_markerfacecolor() == "white")
    assert len(places) == 16 and min(np.diff(places)) >= tall
