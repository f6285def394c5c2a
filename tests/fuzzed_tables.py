"""Hostile tables and stores where the pipeline's own files should lie: read whole, or refused in one sentence."""

import io
import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.damage import choice, damaged
from tests.dumped_features import planted_dump
from workflow.lib.features import read_about, read_keys, read_layer
from workflow.lib.plugins import load_plugin
from workflow.lib.tables import TABLES, concat_tables, read_table, write_table
from workflow.scripts.dump_features import open_stores
from workflow.scripts.score_features import score_features

SETTINGS = {"lambda": 0.5, "draws": 20, "confidence": 0.95, "permutations": 0, "subsets": 0, "truncate": False}
CLIPS = [
    {"clip": f"{v}@0.000", "video": v, "label": "run", "split": "train", "start_s": 0.0, "fps": 12.0, "n_frames": 8} for v in "abcd"
]


@cache
def sound(what):
    """The bytes of a sound file: a table of clips, a feature dump, or a clip store."""
    folder = Path.cwd().parent / "sound"
    folder.mkdir(exist_ok=True)
    if what == "clips":
        write_table(folder / "clips.parquet", "clips", CLIPS)
        return (folder / "clips.parquet").read_bytes()
    if what == "features":
        planted_dump(folder)
        return (folder / "000.parquet").read_bytes()
    store = io.BytesIO()
    np.save(store, np.arange(4 * 8 * 6 * 6 * 3, dtype=np.uint8).reshape(4, 8, 6, 6, 3))
    return store.getvalue()


def table_case(rng, folder):
    """A hostile file in the place of one of the pipeline's own, read as by the rules."""
    return choice(rng, [clips_case, features_case, features_case, store_case])(rng, folder)


def spoiled_table(rng, data):
    """The bytes of a Parquet file with other columns, kinds, values, metadata or bytes."""
    way = rng.integers(12)
    if way < 4:
        return damaged(rng, data)
    table = pq.read_table(io.BytesIO(data))
    column = choice(rng, table.column_names)
    at = table.column_names.index(column)
    if way == 4:
        table = table.drop_columns([column])
    elif way == 5:
        table = table.append_column("more", pa.nulls(len(table)))
    elif way == 6:
        table = table.rename_columns([f"{c}x" if c == column else c for c in table.column_names])
    elif way == 7:
        other = choice(
            rng,
            [
                pa.array(["x"] * len(table)),
                pa.array([1.5] * len(table)),
                pa.array([[1]] * len(table)),
                pa.array([b"x"] * len(table)),
                pa.array([{"a": 1}] * len(table)),
                pa.array([True] * len(table)),
            ],
        )
        table = table.set_column(at, column, other)
    elif way == 8:
        table = table.set_column(at, column, pa.nulls(len(table), table.schema.field(column).type))
    elif way == 9:
        table = table.slice(0, choice(rng, [0, 1, 3]))
    elif way == 10:
        about = choice(rng, [None, {"about": "{"}, {"about": "[]"}, {"about": "{}"}, {"x": "y"}, {"about": '{"layers": ["none"]}'}])
        table = table.replace_schema_metadata(about)
    else:
        table = choice(rng, [pa.table({}), pa.table({"x": [1]}), pa.concat_tables([table, table])])
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def clips_case(rng, folder):
    """A table of clips."""
    path = folder / "clips.parquet"
    path.write_bytes(spoiled_table(rng, sound("clips")))
    found = read_table(path, "clips") if rng.random() < 0.5 else concat_tables([path], "clips")
    assert set(TABLES["clips"]) <= set(found.columns)
    assert all(isinstance(clip, str) for clip in found["clip"])
    return "done", ""


def features_case(rng, folder):
    """A feature dump, read layer by layer and scored."""
    path = folder / "000.parquet"
    pairs, _ = planted_dump(folder)
    path.write_bytes(spoiled_table(rng, sound("features")))
    layers = read_about([path])["layers"]
    keys = read_keys([path])
    for layer in layers:
        assert len(read_layer([path], layer)) == len(keys)
    scores, *_ = score_features(load_plugin("metrics", "pearson"), pairs, [path], SETTINGS, 0, 0.25)
    assert np.isfinite(scores["value"]).any()
    return "done", ""


def store_case(rng, folder):
    """A clip store beside a sound one, opened as for a feature dump."""
    path, data = folder / "frames.npy", sound("store")
    way = rng.integers(5)
    if way == 0:
        shape = choice(
            rng, [(4, 8, 6, 6, 3), (3, 8, 6, 6, 3), (4, 7, 6, 6, 3), (4, 8, 6, 6), (4, 8, 6, 6, 4), (3,), (), (0, 8, 6, 6, 3)]
        )
        out = io.BytesIO()
        np.save(out, choice(rng, [np.zeros(shape, np.uint8), np.zeros(shape), np.array([{}, 1], object)]))
        data = out.getvalue()
    elif way == 1:
        data = pickle.dumps([1, 2])
    elif way == 2:
        shapes = [b"(9, 8, 6, 6, 3)", b"(-1,8, 6, 6, 3)", b"(2**99, 6, 6,3)", b"(4, 8, 6, 6, 2)", b"(4, 8, 4, 9, 3)"]
        data = data.replace(b"(4, 8, 6, 6, 3)", choice(rng, shapes))
    else:
        data = damaged(rng, data)
    path.write_bytes(data)
    (folder / "sound.npy").write_bytes(sound("store"))
    try:
        stores = open_stores({"original": path, "oil": folder / "sound.npy"}, pd.DataFrame(CLIPS))
    finally:
        assert not Path("pwned").exists()
    for store in stores.values():
        assert np.stack([store[clip][[7, 0]] for clip in range(4)]).shape == (4, 2, 6, 6, 3) and store.dtype == np.uint8
    return "done", ""
