"""A feature dump and its pair table for tests: planted activations, written as the pipeline writes them."""

import numpy as np

from tests.crossed_pairs import crossed_pairs, some_clips
from workflow.lib.features import write_features

STYLES = ["oil", "ink"]
ABOUT = {"training": "untrained", "derived_from": None, "derivation": None, "streams": {}, "weights_sha256": "0"}


def planted_dump(folder, n_videos=12, units=(3, 5), shards=1, seed=0, spoil=None, precisions=None):
    """Write a dump of `shards` files; returns (pair table, paths).

    spoil(layer -> [variant, unit]) changes it beforehand; precisions: of every shard.
    """
    clips = some_clips(n_videos)
    pairs = crossed_pairs(clips, [STYLES] * n_videos).assign(perturbation="shuffle")
    keys = [(clip, style, dynamics) for clip, *_ in clips for style in STYLES for dynamics in ("natural", "shuffle0")]
    rng = np.random.default_rng(seed)
    layers = {f"layer{i}": planted(rng, n_videos, n) for i, n in enumerate(units)}
    if spoil:
        spoil(layers)
    paths = []
    for shard, rows in enumerate(np.array_split(np.arange(len(keys)), shards)):
        own = [keys[row] for row in rows]
        columns = {
            "variant": ["/".join(key) for key in own],
            "clip": [key[0] for key in own],
            "frames_shown": [[[0, 1]]] * len(own),
            "order_distance": [0.0 if key[2] == "natural" else 0.5 for key in own],
            **dict.fromkeys(("J", "F", "box", "predicted"), [None] * len(own)),
        }
        about = ABOUT | {"precision": precisions[shard] if precisions else "float32"}
        paths.append(folder / f"{shard:03d}.parquet")
        write_features(paths[-1], columns, {name: x[rows] for name, x in layers.items()}, about)
    return pairs, paths


def planted(rng, n_videos, units):
    """Activations of clip + style + order effects: float32 [variant, unit]."""
    clip, style, order = (rng.standard_normal((n_videos, *shape, units)) for shape in ((1, 1), (2, 1), (1, 2)))
    return (clip + 0.5 * style + 0.7 * order).reshape(-1, units).astype(np.float32)
