"""Writing and reading the pipeline's tables, whose columns stand in columns.py."""

from contextlib import contextmanager

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
        options = {"row_group_size": ROW_GROUP, "write_page_checksum": True}
        pq.write_table(table, temporary, compression="zstd", compression_level=1, **options)


def check_range(name, column, kind, values):
    """Raise ValueError where a number of a column is out of its range."""
    if kind.least is None:
        return
    ends = pc.min_max(pc.list_flatten(values) if pa.types.is_list(kind.type) else values).as_py()
    low, high = ends["min"], ends["max"]
    if low is not None and (low < kind.least - ROUNDING or (kind.most is not None and high > kind.most + ROUNDING)):
        raise ValueError(f"table {name}, column {column}: {low:g} to {high:g} came, {kind.range} was needed")


@contextmanager
def readable(path):
    """What reads the Parquet file at `path` within; BadInput says where it is damaged or no such file."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadInput(f"{path} is damaged or no Parquet file ({reason}); delete it, and it is made anew") from error


def checked_table(path, name):
    """Arrow table `name` at `path`; raises BadInput where it is damaged, lacks a column, or one is of another type."""
    with readable(path):
        table = pq.read_table(path, page_checksum_verification=True)
    missing = [c for c in TABLES[name] if c not in table.column_names]
    wrong = [c for c, (kind, _) in TABLES[name].items() if c not in missing and table.schema.field(c).type != kind.type]
    if missing or wrong:
        which = f"lacks the columns {', '.join(missing)}" if missing else f"holds other types in the columns {', '.join(wrong)}"
        advice = "if another version of the pipeline wrote it, delete it, and it is made anew"
        raise BadInput(f"{path} {which} of the table '{name}'; {advice}")
    named = {"clips": "clip", "variants": "variant", "pairs": "pair"}.get(name)  # what other tables and stores find a row by
    if named and table[named].null_count:
        raise BadInput(f"{path} holds rows of the table '{name}' without {named}; it is damaged, delete it, and it is made anew")
    return table


def read_table(path, name):
    """Read table `name` as a DataFrame; raises BadInput as `checked_table`."""
    with readable(path):
        return checked_table(path, name).to_pandas()


def concat_tables(paths, name):
    """Read several files of table `name` as one DataFrame, in the order given."""
    tables = [checked_table(path, name).select(list(TABLES[name])) for path in paths]
    return pa.concat_tables([schema(name).empty_table(), *(t.cast(schema(name)) for t in tables)]).to_pandas()
