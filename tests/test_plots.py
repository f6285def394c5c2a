"""Figures show what the score table holds, for several data sets and uneven analyses too."""

from pathlib import Path

import pandas as pd
import pytest

from workflow.lib.plugins import constant_of, load_plugin
from workflow.parts.figure_style import named

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
        }
        for depth, layer in enumerate(("res1", "res2")):
            about = {**names, "layer": layer, "depth": depth}
            for factor, value in (("static", static), ("dynamic", 0.2), ("neither", 0.1)):
                for unit in (None, 0, 1):
                    rows.append({**about, "unit": unit, "quantity": "S", "factor": factor, "value": value})
            for factor, value in (("static", 40 * static), ("dynamic", 20.0), ("identical", 40.0)):
                rows.append({**about, "quantity": "percent", "factor": factor, "value": value})
            for factor, value in (("content", 0.3), ("appearance", 0.5), ("dynamics", -0.1), ("interaction", 0.3)):
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


def test_data_sets_are_not_averaged():
    table = score_table(("shapes", "c2d", "pearson", 0.9), ("weizmann", "c2d", "pearson", 0.3))
    assert set(named(table)["model"]) == {"c2d (untrained)\nshapes", "c2d (untrained)\nweizmann"}
    figure = load_plugin("plots", "layer_curves").draw(table, {"lambda": 0.5})
    drawn = {round(float(y), 3) for axes in figure.axes for line in axes.get_lines() for y in line.get_ydata()}
    assert drawn == {36.0, 12.0, 20.0}
