"""The feature dump: one row per variant, one column per layer, what the network was in the file's metadata."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workflow.lib.columns import Kind, described, share, text
from workflow.lib.errors import BadInput
from workflow.lib.files import atomic

KEYS = {
    "variant": (text, "clip/style/dynamics: exactly what the network saw"),
    "clip": (text, "clip the variant is made of"),
    "frames_shown": (Kind(pa.list_(pa.list_(pa.int16()))), "clip frames in the order the network saw them, one list per pathway"),
    "order_distance": (
        share,
        "least Kendall distance of a pathway's frames from natural order, 0 to 1; null where flow is jittered",
    ),
    "J": (share, "region similarity of the network's masks and the annotated ones, 0 to 1; null where either is missing"),
    "F": (share, "boundary accuracy of the same"),
    "box": (share, "overlap of the boxes around both masks"),
    "predicted": (Kind(pa.int16(), "", 0), "index of the highest class score; null where the model has no class list"),
}


def write_features(path, keys, activations, about):
    """Write a shard of a feature dump.

    keys: a dict of columns (see KEYS); activations: layer -> float32 [variant, unit], in depth order; about: what the
    network was (JSON in the file's metadata under `about`), to which the layers are added.
    """
    fields = [pa.field(name, kind.type, metadata=described(kind, meaning)) for name, (kind, meaning) in KEYS.items()]
    arrays = [pa.array(keys[name], kind.type) for name, (kind, _) in KEYS.items()]
    for layer, values in activations.items():
        values = np.ascontiguousarray(values, np.float32)
        arrays.append(pa.FixedSizeListArray.from_arrays(values.ravel(), values.shape[1]))
        fields.append(pa.field(layer, arrays[-1].type, metadata={"description": "activation of each unit, pooled"}))
    about = {**about, "layers": list(activations)}
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, {"about": json.dumps(about)}))
    with atomic(path) as temporary:
        pq.write_table(
            table, temporary, row_group_size=1024, compression="zstd", compression_level=1, use_dictionary=["variant", "clip"]
        )


def read_about(paths):
    """What the network of a feature dump was, as a dict; BadInput where its shards come of different weights."""
    shards = [json.loads(pq.read_schema(path).metadata[b"about"]) for path in paths]
    digests = [own["weights_sha256"] for own in shards]
    other = next((path for path, digest in zip(paths, digests, strict=True) if digest != digests[0]), None)
    if other is not None:
        raise BadInput(f"{paths[0]} and {other} come of different weights; delete one of them, and it is made anew")
    return shards[0]


def read_keys(paths):
    """The key columns of all shards, as one DataFrame."""
    return pa.concat_tables([pq.read_table(path, columns=list(KEYS)) for path in paths]).to_pandas()


def read_layer(paths, layer):
    """One layer's activations of all shards: float32 [variant, unit]; BadInput where shards disagree on its width."""
    blocks = [pq.read_table(path, columns=[layer]).column(0) for path in paths]
    widths = sorted({block.type.list_size for block in blocks})
    if len(widths) > 1:
        raise BadInput(f"layer {layer} has {' and '.join(map(str, widths))} units in different shards of one feature dump")
    flat = [chunk.flatten().to_numpy(zero_copy_only=False) for block in blocks for chunk in block.chunks]
    return np.concatenate([np.empty(0, np.float32), *flat]).reshape(-1, widths[0])
