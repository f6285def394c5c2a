"""The feature dump: one row per variant, one column per layer, what the network was in the file's metadata."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workflow.lib.columns import Kind, described, share, text
from workflow.lib.errors import BadInput
from workflow.lib.files import atomic
from workflow.lib.tables import readable

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
            table,
            temporary,
            row_group_size=1024,
            compression="zstd",
            compression_level=1,
            use_dictionary=["variant", "clip"],
            write_page_checksum=True,
        )


def read_about(paths):
    """What the network of a feature dump was, as a dict; BadInput where its shards come of different weights.

    Its `precision` names all that its shards were computed in.
    """
    shards = [about_of(path) for path in paths]
    digests = [own["weights_sha256"] for own in shards]
    other = next((path for path, digest in zip(paths, digests, strict=True) if digest != digests[0]), None)
    if other is not None:
        raise BadInput(f"{paths[0]} and {other} come of different weights; delete one of them, and it is made anew")
    precisions = sorted({own["precision"] for own in shards if own.get("precision")})
    return shards[0] | {"precision": " and ".join(precisions) or None}


def about_of(path):
    """What the network of one shard was; BadInput where the file is no feature dump."""
    with readable(path):
        held = pq.read_schema(path)
    try:
        about = json.loads(held.metadata[b"about"])
        if about["weights_sha256"]:
            return about
    except (KeyError, TypeError, ValueError):
        pass
    raise BadInput(f"{path} is no feature dump of this pipeline; delete it, and it is made anew")


def read_columns(path, columns, fits):
    """Some columns of one shard, an Arrow table; BadInput where it is damaged, lacks one or fits(name, type) of one is false."""
    with readable(path):
        table = pq.read_table(path, columns=columns, page_checksum_verification=True)
    if wrong := [name for name in columns if name not in table.column_names or not fits(name, table.schema.field(name).type)]:
        lacks = f"lacks the columns {', '.join(wrong)} of a feature dump, or holds other types in them"
        raise BadInput(f"{path} {lacks}; if another version of the pipeline wrote it, delete it, and it is made anew")
    return table


def read_keys(paths):
    """The key columns of all shards, as one DataFrame."""
    tables = [read_columns(path, list(KEYS), lambda name, kind: kind == KEYS[name][0].type) for path in paths]
    with readable(paths[0]):
        keys = pa.concat_tables(tables).to_pandas()
    if (wrong := keys["variant"].isna() | keys["variant"].duplicated()).any():
        what = f"variant {keys['variant'][wrong].iloc[0]} comes twice or has no name"
        raise BadInput(f"{paths[0]} and the shards beside it: {what}; delete them, and they are made anew")
    return keys


def read_layer(paths, layer):
    """One layer's activations of all shards: float32 [variant, unit]; BadInput where shards disagree on its width."""
    blocks = [read_columns(path, [layer], lambda _, kind: pa.types.is_fixed_size_list(kind)).column(0) for path in paths]
    if empty := [path for path, block in zip(paths, blocks, strict=True) if block.null_count]:
        raise BadInput(f"{empty[0]} has variants without activations of layer {layer}; delete it, and it is made anew")
    widths = sorted({block.type.list_size for block in blocks})
    if len(widths) > 1:
        raise BadInput(f"layer {layer} has {' and '.join(map(str, widths))} units in different shards of one feature dump")
    flat = [chunk.flatten().to_numpy(zero_copy_only=False) for block in blocks for chunk in block.chunks]
    return np.concatenate([np.empty(0, np.float32), *flat]).reshape(-1, widths[0])
