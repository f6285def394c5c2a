"""Which frames become keyframes, painting them, and pairs painted by hand."""

import cv2
import numpy as np
import pytest
from moving_scene import scene

from workflow.lib.errors import BadInput
from workflow.lib.tables import write_table
from workflow.scripts.paint_keyframes import choose, hand_painted, paint_keyframes


def shard(folder, name, clips):
    np.save(folder / f"{name}.npy", np.stack([scene(c, frames=3, size=48) for c in clips]))
    write_table(folder / f"{name}.parquet", "clips", [{"clip": f"v{c}@0", "video": f"v{c}"} for c in clips])
    return folder / f"{name}.npy", folder / f"{name}.parquet"


def test_keyframes_do_not_depend_on_sharding_and_spread_over_clips(tmp_path):
    one, several = [shard(tmp_path, "all", range(4))], [shard(tmp_path, "a", [2, 0]), shard(tmp_path, "b", [3, 1])]
    chosen = [choose(*zip(*shards, strict=True), 7, 6) for shards in (one, several)]
    for (key, image), (same, other) in zip(*chosen, strict=True):
        assert key == same and np.array_equal(image, other)
    names = [clip for (clip, _), _ in chosen[0]]
    assert len(set(names[:4])) == 4 and names[4:] == names[:2] and len({key for key, _ in chosen[0]}) == 6
    with pytest.raises(BadInput, match="12 frames in all"):
        choose(*zip(*one, strict=True), 7, 13)


def test_keyframes_are_painted_and_shown(tmp_path):
    frames, table = shard(tmp_path, "a", range(2))
    paint_keyframes([frames], [table], 0, 2, "watercolour", None, tmp_path / "k.npy", tmp_path / "k.png")
    pairs = np.load(tmp_path / "k.npy")
    assert pairs.shape == (2, 2, 48, 48, 3) and pairs.dtype == np.uint8 and (tmp_path / "k.png").stat().st_size
    with pytest.raises(BadInput, match="a painter or a folder"):
        paint_keyframes([frames], [table], 0, 2, None, None, tmp_path / "k.npy", tmp_path / "k.png")


def test_hand_painted_pairs_are_checked(tmp_path):
    def put(side, name, size=(40, 50)):
        (tmp_path / side).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / side / name), np.full((*size, 3), (0, 0, 255), np.uint8))

    with pytest.raises(BadInput, match="holds no pairs"):
        hand_painted(tmp_path)
    for side in ("source", "painted"):
        put(side, "a.png")
    assert hand_painted(tmp_path).shape == (1, 2, 40, 50, 3) and hand_painted(tmp_path)[0, 0, 0, 0].tolist() == [255, 0, 0]
    put("source", "b.png")
    with pytest.raises(BadInput, match="b.png must be both"):
        hand_painted(tmp_path)
    put("painted", "b.png", (40, 51))
    with pytest.raises(BadInput, match="b.png is"):
        hand_painted(tmp_path)
