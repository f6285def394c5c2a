"""Print docs/tables.md: PYTHONPATH=. .venv/bin/python docs/tables.py > docs/tables.md"""

import pyarrow as pa

from workflow.lib.columns import TABLES
from workflow.lib.features import KEYS

REPORT = "results/reports/{experiment}"
FILES = {  # table -> where it stands, what a row is
    "clips": (
        "results/clips/{dataset}/clips.parquet, results/clips/{dataset}/{shard}/clips.parquet",
        "a clip, in the order of the clip store",
    ),
    "rejected": (
        "results/clips/{dataset}/rejected.parquet, results/clips/{dataset}/{shard}/rejected.parquet",
        "a segment that could not be used",
    ),
    "training": ("results/styles/{training dataset}/{style}/training.parquet", "a loss term of a style at a step"),
    "training_curve": (f"results/checkpoints/{{model}}/curve.parquet, {REPORT}/training_curve.parquet", "a quantity at a step"),
    "quality": ("results/stylized/{dataset}/quality.parquet", "a measure of a style, or of two"),
    "flow_errors": ("results/flow/{dataset}/errors.parquet", "a region of the frames"),
    "variants": (
        "results/variants/{dataset}/{shard}.parquet, results/variants/{dataset}/{shard}.original.parquet",
        "exactly what a network sees once",
    ),
    "pairs": ("results/pairs/{dataset}.parquet", "two variants of a clip that are compared"),
    "models": ("results/models/{dataset}/{model}.parquet", "a layer of a network, in depth order"),
    "accuracy": (f"results/accuracy/{{dataset}}/{{model}}.parquet, {REPORT}/accuracy.parquet", "a network, style and order"),
    "scores": (
        f"results/scores/{{metric}}/{{dataset}}/{{model}}.parquet, {REPORT}/scores.parquet",
        "a score of a unit or, where `unit` is null, of a whole layer",
    ),
    "units": (f"{REPORT}/units_{{dataset}}.parquet", "a clip that drives a unit hard"),
    "previews": (f"{REPORT}/previews_{{dataset}}.parquet", "a clip that table `units` names"),
    "published": (f"{REPORT}/published.parquet", "a published number and ours"),
    "draws": ("results/scores/{metric}/{dataset}/{model}.draws.parquet", "a score of a layer on resampled videos"),
    "segmentation": (f"results/segmentation/{{dataset}}/{{model}}.parquet, {REPORT}/segmentation.parquet", "a video"),
    "claims": (f"{REPORT}/claims.parquet", "a claim of the config, in its order"),
    "stability": (f"{REPORT}/stability.parquet", "a score of a layer on so many videos"),
    "differences": (f"{REPORT}/differences.parquet", "a difference of two networks or layers"),
    "centre_bias": (f"{REPORT}/centre_bias.parquet", "a data set"),
    "lambda_sweep": (
        f"results/scores/{{metric}}/{{dataset}}/{{model}}.lambda_sweep.parquet, {REPORT}/lambda_sweep.parquet",
        "a unit class of a layer at a threshold",
    ),
}
INTRODUCTION = """# The tables

Written by `docs/tables.py` from `workflow/lib/columns.py`; a test compares. Every table is a Parquet file (zstd, words
dictionary-encoded, no index column) whose own schema says what each column means, its unit and its range; numbers out of range
are not written. Rows stand analysis by analysis, in each metric by metric, then network by network, as the config names them,
layers in depth order; in a report's `scores.parquet` all whole layers stand before the first unit. What is missing is null.
`low` and `high` are the ends of intervals, of 95 % unless the config says otherwise. Which number to report is said in
[reading-the-scores.md](reading-the-scores.md).

In pandas, with what the columns mean:

```python
import pandas as pd
import pyarrow.parquet as pq

path = "results/reports/default/scores.parquet"
meanings = {column.name: column.metadata[b"description"].decode() for column in pq.read_schema(path)}
scores = pd.read_parquet(path)
layers = scores[scores["unit"].isna()]  # whole layers; units elsewhere
order = layers[layers["factor"] == "order_dependence"]
order = order.pivot(index=["model", "depth", "layer"], columns=["dataset", "perturbation"], values="value")
```

In DuckDB, which reads of a file only what a question needs: the networks whose last layer depends on order most, the units of a
layer by the class that λ = .5 gives them, and how many numbers the activations of each layer are.

```python
import duckdb

last_layers = duckdb.sql(\"\"\"
    SELECT dataset, model, layer, perturbation, value, low, high, n_videos
    FROM 'results/reports/default/scores.parquet'
    WHERE unit IS NULL AND factor = 'order_dependence'
    QUALIFY depth = max(depth) OVER (PARTITION BY dataset, model, stream)
    ORDER BY value DESC
\"\"\").df()

unit_classes = duckdb.sql(\"\"\"
    WITH units AS (
        PIVOT (SELECT dataset, model, layer, perturbation, unit, factor, value
               FROM 'results/reports/default/scores.parquet'
               WHERE unit IS NOT NULL AND metric = 'pearson' AND quantity = 'S')
        ON factor IN ('static', 'dynamic') USING first(value)
    )
    SELECT dataset, model, layer, perturbation, unit,
           CASE WHEN isnan(static) OR isnan(dynamic) OR static IS NULL OR dynamic IS NULL THEN 'dead'
                WHEN static >= .5 AND dynamic >= .5 THEN 'joint' WHEN static >= .5 THEN 'static'
                WHEN dynamic >= .5 THEN 'dynamic' ELSE 'residual' END AS class
    FROM units ORDER BY ALL
\"\"\").df()

widths = duckdb.sql("SELECT model, layer, units FROM 'results/models/shapes/*.parquet' ORDER BY model, depth").df()
```
"""


def kind_of(kind):
    """An Arrow type as readers know it."""
    if pa.types.is_list(kind):
        return f"list of {kind_of(kind.value_type)}"
    return {"string": "text", "double": "float64", "float": "float32", "bool": "true or false"}.get(str(kind), str(kind))


def rows(fields):
    """The lines of a table of columns; fields: name -> (Kind, meaning)."""
    lines = []
    for name, (kind, meaning) in fields.items():
        bounds = " ".join(filter(None, (kind.range, kind.unit)))
        lines.append(f"| `{name}` | {kind_of(kind.type)} | {bounds} | {meaning.replace('|', chr(92) + '|')} |")
    return ["| column | type | range, unit | meaning |", "|---|---|---|---|", *lines, ""]


def page():
    """The page as one string."""
    lines = [INTRODUCTION]
    for name in TABLES:
        path, row = FILES[name]
        lines += [f"## {name}", "", *(f"`{file}`  " for file in path.split(", ")), f"A row is {row}.", "", *rows(TABLES[name])]
    lines += ["## features", "", "`results/features/{dataset}/{model}/{shard}.parquet`  ", "A row is a variant.", ""]
    lines += rows(KEYS)
    lines += [
        "Then one column per layer, in depth order, `fixed_size_list<float32>[units]`: the activation of each unit, pooled, in the",
        "network's own units. The file's metadata says under `about` what the network was: weights, layers, pooling, software and",
        "what computed it.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(page())
