"""The Parquet files as a product: documented column by column, with examples that run; their copies as CSV and LaTeX."""

import importlib.util
import re
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.made_report import ORDER_DEPENDENCE, claim_rows, model_rows, score_rows, write_inputs
from workflow.lib import tables
from workflow.lib.columns import TABLES
from workflow.lib.plugins import ROOT
from workflow.lib.tables import read_table, write_table
from workflow.scripts.collect_scores import whole_layers_first
from workflow.scripts.compare_scores import compare_scores
from workflow.scripts.write_tables import latex, tables_of, write_tables

PAGE = ROOT / "docs/tables.md"


def generator():
    spec = importlib.util.spec_from_file_location("tables_page", ROOT / "docs/tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_schemas_say():
    made = generator()
    assert PAGE.read_text() == made.page() + "\n", "run PYTHONPATH=. .venv/bin/python docs/tables.py > docs/tables.md"
    assert made.FILES.keys() == TABLES.keys()
    for name, columns in TABLES.items():
        section = PAGE.read_text().split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \| [\w ]+ \| [^|]* \| .{4,} \|$", section, re.MULTILINE) == list(columns)


def test_files_carry_their_meanings_no_index_compressed_and_words_as_dictionaries(tmp_path):
    path = tmp_path / "scores.parquet"
    shuffled = pd.DataFrame(score_rows()).sample(frac=1, random_state=0)  # an index that must not be written
    write_table(path, "scores", shuffled)
    schema, group = pq.read_schema(path), pq.ParquetFile(path).metadata.row_group(0)
    assert schema.names == list(TABLES["scores"]) and b"pandas" not in schema.metadata
    assert {name: schema.field(name).metadata[b"description"].decode() for name in schema.names} == {
        name: meaning for name, (_, meaning) in TABLES["scores"].items()
    }
    assert schema.field("q").metadata[b"range"] == b"0 to 1" and schema.field("n_units").metadata[b"range"] == b"0 or more"
    columns = [group.column(i) for i in range(group.num_columns)]
    assert {column.compression for column in columns} == {"ZSTD"}
    assert all("RLE_DICTIONARY" in c.encodings for c in columns if c.physical_type == "BYTE_ARRAY")
    assert list(duckdb.sql(f"SELECT * FROM '{path}'").columns) == list(TABLES["scores"])


@pytest.mark.parametrize(
    ("name", "column", "value", "message"),
    [
        ("accuracy", "value", 1.5, "table accuracy, column value: 1.5 to 1.5 came, 0 to 1 was needed"),
        ("clips", "start_s", -1.0, "table clips, column start_s: -1 to -1 came, 0 or more was needed"),
        ("variants", "crop", [0.0, -0.5, 1.0], "table variants, column crop: -0.5 to 1 came, 0 to 1 was needed"),
    ],
)
def test_a_number_out_of_its_range_is_not_written(name, column, value, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        write_table(tmp_path / "t.parquet", name, [{column: value}])
    assert not any(tmp_path.iterdir())
    for harmless in (None, float("nan")) if not isinstance(value, list) else (None, [0.0, 0.0, 1 + 1e-9]):
        write_table(tmp_path / "t.parquet", name, [{column: harmless}])


@pytest.fixture
def examples(tmp_path, monkeypatch):
    """What the page's examples define, run in the order of the page beside the files of an invented experiment."""
    other = [row | {"perturbation": "reverse", "value": 0.6} for row in score_rows({"keen": 0.3}, "others")]  # dynamic: joint units
    scores = score_rows() + score_rows({"keen": 0.3}, "others") + other
    for name, rows, folder in (("scores", scores, "reports/default"), ("models", model_rows(), "models/shapes")):
        write_table(tmp_path / "results" / folder / f"{name}.parquet", name, rows)
    monkeypatch.chdir(tmp_path)
    found = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, found)
    return SimpleNamespace(**{name: value for name, value in found.items() if not name.startswith("__")})


def test_the_examples_of_the_page_run_and_say_what_is_in_the_files(examples):
    assert examples.meanings["unit"] == "unit of the layer; null for the whole layer"
    assert examples.layers["unit"].isna().all() and len(examples.layers) == 80
    keen = examples.order.loc[("keen", 1, "last")]
    assert keen.dropna().to_dict() == {("shapes", "shuffle"): 0.875, ("others", "shuffle"): 0.3, ("others", "reverse"): 0.6}
    last = examples.last_layers
    ranked = sorted(ORDER_DEPENDENCE, key=ORDER_DEPENDENCE.get, reverse=True)
    assert last.loc[last["dataset"] == "shapes", "model"].tolist() == ranked
    assert last.loc[last["dataset"] == "shapes", "value"].tolist() == [ORDER_DEPENDENCE[name] for name in ranked]
    assert last.loc[last["dataset"] == "others", ["perturbation", "value"]].to_numpy().tolist() == [
        ["reverse", 0.6],
        ["shuffle", 0.3],
    ]
    classes = examples.unit_classes.query("model == 'keen' and layer == 'last'").groupby(["dataset", "perturbation"])["class"]
    twice = ["static", "joint"]  # of S .9 and .1, .8 and .7
    expected = {("shapes", "shuffle"): twice, ("others", "shuffle"): twice, ("others", "reverse"): ["joint", "joint"]}  # all .6
    assert classes.agg(list).to_dict() == expected and len(examples.unit_classes) == 32
    assert examples.widths["units"].tolist() == [2] * 12


def test_whole_layers_stand_before_units_in_row_groups_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROW_GROUP", 10)
    rows = pd.DataFrame(score_rows())  # of every layer the whole and the units
    write_table(tmp_path / "scores.parquet", "scores", whole_layers_first(rows))
    file = pq.ParquetFile(tmp_path / "scores.parquet")
    place = file.schema_arrow.names.index("unit")
    groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
    assert [group.num_rows - group.column(place).statistics.null_count for group in groups] == [0] * 6 + [10] * 4 + [8]
    written = read_table(tmp_path / "scores.parquet", "scores")
    for units in (True, False):
        expected = rows[rows["unit"].notna() == units]
        assert written.loc[written["unit"].notna() == units, "value"].tolist() == expected["value"].tolist()


def test_csv_holds_every_number_and_latex_what_people_read(tmp_path):
    tables = tables_of(write_inputs(tmp_path))
    paths = [tmp_path / f"tables/{name}.{form}" for name in tables for form in ("csv", "tex")]
    write_tables(tables, paths)
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == sorted(path.name for path in paths)
    last = pd.read_csv(tmp_path / "tables/last_layers.csv").set_index("model")
    assert last["shares_order_dependence"].to_dict() == ORDER_DEPENDENCE
    claims = pd.read_csv(tmp_path / "tables/claims.csv")
    pd.testing.assert_frame_equal(claims, read_table(tmp_path / "claims.parquet", "claims"), check_dtype=False, check_exact=True)
    assert claims["verdict"].tolist() == [row["verdict"] for row in claim_rows()]
    models = (tmp_path / "tables/models.csv").read_text().splitlines()
    assert models[1].startswith("blind,") and ",9,0.5,,8,2,trained,,," in models[1]  # whole numbers stay whole, missing ones empty
    text = (tmp_path / "tables/last_layers.tex").read_text()
    assert r"keen & last & 0.875 [0.825, 0.925] &" in text and "[$-$0.050, 0.050]" in text


def test_masks_and_differences_are_printed_where_the_experiment_has_them(tmp_path):
    inputs = write_inputs(tmp_path)
    judged = [
        {
            "dataset": "masked",
            "model": "seg",
            "training": "masked",
            "style": "original",
            "quantity": "J",
            "video": f"v{i}",
            "value": value,
            "chance": chance,
        }
        for i, (value, chance) in enumerate(((0.2, 0.1), (0.4, 0.2), (0.9, 0.3), (None, None)))
    ]
    draws = np.tile(np.linspace(-1, 1, 41), 25)
    about = {"dataset": "shapes", "metric": "pearson", "quantity": "percent", "factor": "dynamic", "perturbation": "shuffle"}
    about |= {"kind": "bootstrap", "layer": "last", "depth": 1, "stream": None, "training": "motion", "n_videos": 12}
    nets = (("a", 30.0, draws, "x"), ("b", 20.0, 0 * draws, "x"), ("c", 10.0, draws, "another"))
    drawn = [about | {"model": n, "value": v, "draws": v + d, "crossings": crossings} for n, v, d, crossings in nets]
    for name, rows in (("segmentation", judged), ("differences", compare_scores(pd.DataFrame(drawn), 0.95))):
        setattr(inputs, name, tmp_path / f"{name}.parquet")
        write_table(tmp_path / f"{name}.parquet", name, rows)
    tables = tables_of(inputs, 0.95)
    write_tables(tables, [tmp_path / f"{name}.{form}" for name in ("segmentation", "differences") for form in ("csv", "tex")])
    (mean,) = pd.read_csv(tmp_path / "segmentation.csv").itertuples()
    assert mean.value == pytest.approx(0.5) and mean.low < 0.5 < mean.high and (mean.n_videos, mean.n_videos_without_mask) == (3, 1)
    assert mean.chance == pytest.approx(0.2)
    values = pd.read_csv(tmp_path / "differences.csv").query("comparison == 'networks'")
    shown = tables["differences"][1].set_index(["network", "less"])
    assert values["value"].tolist() == [10, 20, 10] and values["same_crossings"].tolist() == [True, False, False]
    cell = shown.loc[("a", "b"), "% dynamic, pearson"]
    low, high = map(float, re.fullmatch(r"10\.0 \[(\S+), (\S+)\]", cell).groups())
    assert low < 9.2 and high > 10.8  # the middle 95 % of what is spread evenly over 9 to 11
    assert shown.loc[("a", "b"), "videos"] == "12" and shown.loc[("a", "c"), "crossings"] == "not the same"
    assert "seg & masked" in (tmp_path / "segmentation.tex").read_text()
    write_table(tmp_path / "differences.parquet", "differences", compare_scores(pd.DataFrame(drawn[:1]), 0.95))
    assert len(tables_of(inputs)["differences"][1]) == 0  # of a network alone


def test_latex_is_escaped_and_every_row_has_every_column():
    text = latex(pd.DataFrame({"a_b & 5 %": ["x-1 {y}", "$-2"], "n": [-1.5, None]}))
    _, start, *_ = text.splitlines()
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert start == r"\begin{tabular}{lr}"
    assert rows == [r"a\_b \& 5 \% & n \\", r"x-1 \{y\} & $-$1.5 \\", r"\$$-$2 &  \\"]
