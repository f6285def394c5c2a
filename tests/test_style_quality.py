"""The numbers that say whether a style keeps the dynamics, on styles whose truth is known."""

import numpy as np
import pytest
from moving_scene import scene

from workflow.lib.errors import BadInput
from workflow.lib.tables import read_table, write_table
from workflow.parts import style_quality as measure
from workflow.parts.examples import example_clips
from workflow.scripts.measure_styles import apart, measure_styles
from workflow.scripts.pick_examples import pick_examples

BOUNDS = {"warp_ratio": 2.5, "flow_correlation": 0.9, "luminance_correlation": 0.9}
CLIPS = np.stack([scene(seed) for seed in range(4)])


def stored(folder, name, clips, shards=2):
    paths = [folder / f"{name}{k}.npy" for k in range(shards)]
    for path, part in zip(paths, np.array_split(clips, shards), strict=True):
        np.save(path, part)
    return paths


def measured(folder, styles, count=3, shards=2, trained=()):
    """Rows of the table, indexed by (style, other, quantity); trained: the styles that are."""
    tables, names = [], np.array_split([f"v@{k}" for k in range(len(CLIPS))], shards)
    for k, part in enumerate(names):
        write_table(folder / f"{k}.parquet", "clips", [{"clip": str(c), "video": "v"} for c in part])
        tables.append(folder / f"{k}.parquet")
    stores = zip(*(stored(folder, name, clips, shards) for name, clips in {"source": CLIPS, **styles}.items()), strict=True)
    examples, _ = example_clips(tables, count, 0)
    files = [folder / f"examples{k}.npy" for k in range(shards)]
    for k, own in enumerate(stores):
        pick_examples(list(names[k]), examples[k], own, files[k])
    out = folder / "quality.parquet"
    measure_styles(files, tables, list(styles), count, 0, BOUNDS, out, trained)
    table = read_table(out, "quality")
    return {(r.style, r.other if isinstance(r.other, str) else None, r.quantity): r for r in table.itertuples()}


def flickering(clips):
    gain = np.random.default_rng(0).uniform(0.5, 1.4, (*clips.shape[:2], 1, 1, 1))
    return np.clip(clips * gain, 0, 255).astype(np.uint8)


def test_known_styles_get_the_numbers_and_warnings_they_deserve(tmp_path, capsys):
    styles = {"same": CLIPS, "flicker": flickering(CLIPS), "mirror": CLIPS[:, :, :, ::-1], "negative": 255 - CLIPS}
    rows = measured(tmp_path, styles)
    for quantity, truth in (("luminance_correlation", 1), ("gradient_agreement", 1), ("flow_correlation", 1), ("warp_ratio", 1)):
        assert rows["same", None, quantity].value == pytest.approx(truth, abs=1e-6)
        assert not isinstance(rows["same", None, quantity].warning, str)
    assert rows["same", None, "flow_error_px"].value == 0
    assert rows["flicker", None, "warp_ratio"].value > 2.5 and "flicker" in rows["flicker", None, "warp_ratio"].warning
    assert rows["mirror", None, "flow_correlation"].value < 0.5 and "motion" in rows["mirror", None, "flow_correlation"].warning
    assert rows["negative", None, "luminance_correlation"].value == pytest.approx(-1, abs=1e-3)
    assert rows["negative", None, "gradient_agreement"].value > 0.98
    assert rows["negative", None, "warp_ratio"].value == pytest.approx(1, abs=0.02)
    assert "same and flicker" in rows["same", "flicker", "luminance_correlation"].warning
    assert not isinstance(rows["same", "negative", "luminance_correlation"].warning, str)
    assert "the style flickers" in capsys.readouterr().err
    assert rows["same", None, "warp_ratio"].n_clips == 3 and rows["same", None, "warp_ratio"].bound == 2.5


def test_clips_whose_own_flow_noise_changes_say_nothing_of_a_style(tmp_path, monkeypatch):
    """Two scenes at a fiftieth of their contrast, where noise decides the flow, leave the correlation to the two others."""
    rng = np.random.default_rng(0)
    faint = (127 + CLIPS[:2] // 50).astype(np.uint8)
    kept = [measure.flow_repeatability(clip, measure.flow(clip), rng) for clip in [*faint, *CLIPS[2:]]]
    assert max(kept[:2]) < 0.85 and min(kept[2:]) > 0.97
    still = scene(0, still=True)
    assert np.isnan(measure.flow_repeatability(still, measure.flow(still), rng))
    clips = np.concatenate([faint, CLIPS[2:]])
    monkeypatch.setattr("test_style_quality.CLIPS", clips)
    rows = measured(tmp_path, {"negative": 255 - clips}, count=4)
    assert rows["original", None, "flow_repeatability"].value == pytest.approx(np.mean(kept), abs=0.05)
    assert rows["negative", None, "flow_correlation"].n_clips == 2 and rows["negative", None, "flow_correlation"].value > 0.97
    assert rows["negative", None, "flow_error_px"].n_clips == 4


@pytest.mark.parametrize("trained", [[], ["mirror"]])
def test_a_warning_names_what_helps_that_style(tmp_path, trained):
    warning = measured(tmp_path, {"mirror": CLIPS[:, :, :, ::-1]}, trained=trained)["mirror", None, "flow_correlation"].warning
    assert ("`iterations`" in warning) == bool(trained) and ("`opacity`" in warning) != bool(trained)


def test_sharding_changes_nothing(tmp_path):
    styles = {"flicker": flickering(CLIPS)}
    values = []
    for shards in (1, 4):
        (tmp_path / str(shards)).mkdir()
        values.append({k: r.value for k, r in measured(tmp_path / str(shards), styles, 2, shards).items()})
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_a_still_source_has_no_flow_to_correlate_and_a_finite_warp_ratio():
    still = scene(0, still=True)
    there, back = measure.flow(still), measure.flow(still, backward=True)
    assert np.isnan(measure.flow_correlation(there, there))
    assert measure.warp_ratio(still, still, there, back) == 1
    assert np.isfinite(measure.warp_ratio(still, flickering(still[None])[0], there, back))


def test_a_missing_style_is_told(tmp_path):
    write_table(tmp_path / "clips.parquet", "clips", [{"clip": "v@0", "video": "v"}])
    np.save(tmp_path / "examples.npy", np.stack([CLIPS[0]])[None])
    with pytest.raises(BadInput, match="holds 0 styles, 1 were needed"):
        measure_styles([tmp_path / "examples.npy"], [tmp_path / "clips.parquet"], ["oil"], 1, 0, BOUNDS, tmp_path / "q.parquet")


@pytest.mark.parametrize(
    ("value", "told"), [(0.902, "0.902"), (0.9004, "0.9004"), (0.96, "0.96"), (2.5001, "2.5001"), (0.9, "0.9")]
)
def test_a_number_is_told_apart_from_its_bound(value, told):
    assert apart(value, 2.5 if value > 1 else 0.9) == told
