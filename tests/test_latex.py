"""Tables as LaTeX, set by LaTeX itself: whatever names and signs stand in them."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from tests.made_report import write_inputs
from workflow.lib.published import published_rows
from workflow.lib.tables import write_table
from workflow.scripts.compare_published import compare_published
from workflow.scripts.write_tables import latex, tables_of

HEAD = r"\documentclass{article}\usepackage{booktabs}\usepackage[margin=1mm,paperwidth=200cm]{geometry}"
AWKWARD = ["a_b & 5 %", "λ ± 3 × 4 → −2", "#1 ~x^2 \\y {z} $5", "[0.5] at the start", "S < 0.1 > 0", "naïve – “Zürich” …"]


def typeset(tables, folder):
    """Set some tables, one a page, and return what LaTeX said; the text of the pages goes into the log, uncompressed."""
    pages = r"\newpage ".join(tables)
    (folder / "tables.tex").write_text(f"{HEAD}\\pagestyle{{empty}}\\begin{{document}}\\showoutput\n{pages}\n\\end{{document}}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    log = (folder / "tables.log").read_text(errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert "Missing character" not in log
    return log


@pytest.fixture
def pdflatex():
    """Skips where LaTeX or the package of the tables' rules is missing."""
    if not shutil.which("pdflatex") or subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True, check=False).returncode:
        pytest.skip("no pdflatex with booktabs here: install texlive-latex-recommended")


def test_awkward_names_survive(pdflatex, tmp_path):
    log = typeset([latex(pd.DataFrame({"name_% λ": AWKWARD, "n": range(6)}))], tmp_path)
    letters = "".join(re.findall(r"\\(?:OT1|OML|OMS)/\S+ (\S)$", log, re.MULTILINE))  # what was set, letter by letter
    for word in ("name", "ab&5%", "#1", "z", "[0.5]atthestart"):
        assert word in letters
    assert log.count(r"\OML/cmm/m/it/10 ^^U") == 2  # the lambdas, letter 21 of math italics


def test_all_tables_of_an_experiment_are_set(pdflatex, tmp_path):
    ours = {"dataset": "probe", "model": "FusionSeg-DAVIS", "layer": "fusion_5"}
    case = {"figure": "Table 1", "network": "FusionSeg", "trained_on": "DAVIS", "layer": "fusion 5"}
    entries = [case | {"ours": ours}, {"figure": "Fig. 4", "network": "MATNet"}, {"figure": "MoCA", "network": "MATNet"}]
    config = {"published": entries, "analyses": [{"dataset": "probe", "models": ["FusionSeg-DAVIS"]}], "models": {}}
    about = {"dataset": "probe", "model": "FusionSeg-DAVIS", "training": "davis, 9 steps", "layer": "fusion_5", "depth": 1}
    score = {"metric": "pearson", "quantity": "S", "factor": "dynamic", "unit": None, "value": -0.125, "low": -0.3, "high": 0.1}
    rows = compare_published(published_rows(config), pd.DataFrame([about | score | {"n_videos": 20}]), None, {}, None, 0.5, 0.95)
    inputs = write_inputs(tmp_path)
    inputs.published = tmp_path / "published.parquet"
    write_table(inputs.published, "published", pd.DataFrame(rows))
    tables = tables_of(inputs)
    assert set(tables) == {"last_layers", "layers", "models", "claims", "published"}
    values, shown = tables["published"]
    assert values["published"].tolist() == [row["value"] for row in published_rows(config)] and values["value"].notna().sum() == 1
    text = latex(shown)
    assert "$-$0.125 [$-$0.300, 0.100]" in text and "8.7 $\\pm$ 0.4" not in text and "37.6 $\\pm$ 0.4" in text
    typeset([latex(shown) for _, shown in tables.values()], tmp_path)


def test_every_layer_has_its_row(tmp_path):
    values, shown = tables_of(write_inputs(tmp_path))["layers"]
    assert values[["model", "layer"]].values.tolist() == [
        [m, layer] for m in dict.fromkeys(values["model"]) for layer in ("first", "last")
    ]
    own = values.set_index(["model", "layer"])
    assert (
        own.loc[("keen", "first"), "pearson_percent_dynamic"] == 0.4
        and own.loc[("keen", "last"), "pearson_percent_dynamic"] == 28.75
    )
    assert shown["layer"].tolist() == ["first", "last"] * 6
