"""Writing and reading the pipeline's tables, whose columns stand in columns.py."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workflow.lib.columns import TABLES, described
from workflow.lib.errors import BadInput
from workflow.lib.files import atomic

ROUNDING = 1e-6  # how far past its range rounding may take a number
ROW_GROUP = 65536  # rows that a reader can skip together


def schema(name):
    """Arrow schema of table `name`, each column with its meaning, unit and range as metadata."""
    return pa.schema([pa.field(c, kind.type, metadata=described(kind, text)) for c, (kind, text) in TABLES[name].items()])


def write_table(path, name, rows):
    """Write rows (a DataFrame or a list of dicts) as table `name`; missing columns become null.

    Raises ValueError for a column that the table does not have and a number out of its column's range.
    """
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=None if rows else list(TABLES[name]))
    unknown = set(frame.columns) - set(TABLES[name])
    if unknown:
        raise ValueError(f"table {name} has no column {sorted(unknown)}; add it to workflow/lib/columns.py")
    kinds = {column: kind for column, (kind, _) in TABLES[name].items()}
    table = pa.table(
        [pa.array(frame[c], k.type, from_pandas=True) if c in frame else pa.nulls(len(frame), k.type) for c, k in kinds.items()],
        schema=schema(name).with_metadata({"table": name}),
    )
    for column, kind in kinds.items():
        check_range(name, column, kind, table[column])
    with atomic(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", compression_level=1, row_group_size=ROW_GROUP)


def check_range(name, column, kind, values):
    """Raise ValueError where a number of a column is out of its range."""
    if kind.least is None:
        return
    ends = pc.min_max(pc.list_flatten(values) if pa.types.is_list(kind.type) else values).as_py()
    low, high = ends["min"], ends["max"]
    if low is not None and (low < kind.least - ROUNDING or (kind.most is not None and high > kind.most + ROUNDING)):
        raise ValueError(f"table {name}, column {column}: {low:g} to {high:g} came, {kind.range} was needed")


def read_table(path, name):
    """Read table `name` as a DataFrame; raises BadInput where a column is missing."""
    table = pq.read_table(path)
    missing = [c for c in TABLES[name] if c not in table.column_names]
    if missing:
        which = f"lacks the columns {', '.join(missing)} of the table '{name}'"
        raise BadInput(f"{path} {which}; if another version of the pipeline wrote it, delete it, and it is made anew")
    return table.to_pandas()


def concat_tables(paths, name):
    """Read several files of table `name` as one DataFrame, in the order given."""
    tables = [pq.read_table(path) for path in paths]
    return pa.concat_tables([schema(name).empty_table(), *(t.cast(schema(name)) for t in tables)]).to_pandas()
