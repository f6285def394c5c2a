"""Optical flow: its estimation against exact flow, its store, its pictures and their jitter."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from workflow.flows import dis
from workflow.lib.arrays import open_frames
from workflow.lib.errors import BadInput
from workflow.lib.tables import read_table, write_table
from workflow.parts.flow_errors import flow_errors, merged
from workflow.parts.flow_pictures import flow_picture, flow_pictures, full_motion
from workflow.parts.moving_shapes import MOTIONS, draw, render
from workflow.perturbations.flow_jitter import draw_jitter
from workflow.scripts.estimate_flow import estimate_flow, estimator_of, flow_of
from workflow.scripts.measure_flow import measure_flow

KITTI = Path(__file__).parents[2] / "shared/assets/flow/kitti"
RNG = np.random.default_rng(0)
PLAIN = RNG.integers(0, 256, (1, 3, 16, 20, 3), "uint8")
FIXED = {"normalisation": "fixed", "full_saturation": 0.03}


def hsv(picture):
    """Hue in turns, saturation and value of an RGB picture, by OpenCV."""
    hue, saturation, value = np.moveaxis(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2HSV), -1, 0)
    return hue / 360, saturation, value


def shown(dx, dy, full=10.0, **jitter):
    """RGB of one motion."""
    return flow_picture(np.array([[[dx, dy]]], np.float32), full, **jitter)[0, 0].astype(int)


def polar(angle, length):
    """Motion of an angle in turns and of a length: dx, dy."""
    return length * np.cos(2 * np.pi * angle), length * np.sin(2 * np.pi * angle)


def turned_apart(a, b):
    """Distance of two hues on their circle, turns."""
    return np.abs((a - b + 0.5) % 1 - 0.5)


def flow_field(largest=8.0):
    """A smooth field of all directions, at lengths from 1 pixel to `largest`."""
    angle, length = np.meshgrid(np.linspace(0, 1, 72, endpoint=False), np.linspace(1, largest, 12))
    return np.stack(polar(angle, length), -1).astype(np.float32)


def test_directions_have_the_hues_of_the_wheel():
    assert shown(10, 0).tolist() == [255, 0, 0] and shown(-10, 0).tolist() == [0, 255, 255]  # right red, left cyan
    assert shown(0, 10).tolist() == [128, 255, 0] and shown(0, -10).tolist() == [128, 0, 255]  # down and up, .25 and .75
    assert shown(0, 0).tolist() == [255, 255, 255]
    for angle in np.arange(0, 1, 1 / 24):
        there, back = shown(*polar(angle, 10)), shown(*polar(angle + 0.5, 10))
        assert np.abs(there + back - 255).max() <= 1  # at full saturation opposite colours add up to white
    flow = flow_field()
    hue, saturation, value = hsv(flow_picture(flow, 10.0))
    assert turned_apart(hue, np.arctan2(flow[..., 1], flow[..., 0]) / (2 * np.pi)).max() < 1 / 255 / 0.1 / 6  # 8 bits at S = .1
    np.testing.assert_allclose(saturation, np.linalg.norm(flow, axis=-1) / 10, atol=1 / 255)
    assert (value == 1).all()


def test_saturation_grows_with_the_motion_until_it_is_full():
    for length, saturation in ((1, 0.1), (2, 0.2), (4, 0.4), (8, 0.8), (10, 1), (16, 1), (100, 1)):
        assert abs(255 - shown(length, 0)[1] - 255 * saturation) <= 0.5
    flow = np.zeros((2, 30, 40, 2), np.float16)
    flow[1, 3, 4] = 3, -4
    assert full_motion(flow, "fixed", 0.03) == pytest.approx(1.5)  # the diagonal has 50 pixels
    assert full_motion(flow, "clip", 0.03) == 5  # of the whole clip
    assert full_motion(flow[:1] + 0.01, "clip", 0.03) == 1  # noise stays pale


def test_jitter_turns_the_motion_and_scales_it_and_leaves_value_alone():
    flow = flow_field(5)
    plain = flow_picture(flow, 10.0)
    for turn in (0.1, -0.3, 0.5):
        cosine, sine = np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)
        turned = flow @ np.array([[cosine, sine], [-sine, cosine]], np.float32)
        assert np.abs(flow_picture(flow, 10.0, turn).astype(int) - flow_picture(turned, 10.0)).max() <= 1
    for factor in (0.0, 0.4, 1.9):
        scaled = flow_picture(flow * np.float32(factor), 10.0)
        assert np.abs(flow_picture(flow, 10.0, 0, factor).astype(int) - scaled).max() <= 1
    assert flow_picture(flow, 10.0, 0.2, 1.7).max(-1).min() == 255 == plain.max(-1).min()  # value: the largest of red, green, blue
    faster = flow_picture(flow * 100, 10.0, 0, 0.5)  # the picture is jittered, not the flow: what was cut off stays cut off
    np.testing.assert_allclose(hsv(faster)[1], 0.5, atol=1 / 255)
    both = flow_picture(np.stack([flow, flow]), 10.0, np.array([0, 0.3]), np.array([1, 0.5]))  # each frame its own
    assert (both[0] == plain).all() and (both[1] == flow_picture(flow, 10.0, 0.3, 0.5)).all()


def test_jitter_is_drawn_as_published_but_for_hues_that_hardly_turn():
    hue, factor = draw_jitter(100_000, np.random.default_rng(1), minimum=0)
    # |shift| < .05 has the chance E[.05 / h] = .05 ln(5) / .4 = .2012; E|shift| = E[h] / 2; E[(factor-1)^2] = E[s^2] / 3
    assert (np.abs(hue) < 0.05).mean() == pytest.approx(0.2012, abs=0.005)
    assert np.abs(hue).mean() == pytest.approx(0.15, abs=0.002) and hue.mean() == pytest.approx(0, abs=0.003)
    assert ((factor - 1) ** 2).mean() == pytest.approx(0.37 / 3, abs=0.002) and factor.mean() == pytest.approx(1, abs=0.005)
    assert np.abs(hue).max() <= 0.5 and factor.min() >= 0 and factor.max() <= 2
    far, _ = draw_jitter(20_000, np.random.default_rng(1))
    assert np.abs(far).min() >= 18 / 360
    assert np.abs(far).mean() == pytest.approx(np.abs(hue[np.abs(hue) >= 0.05]).mean(), abs=0.003)
    assert np.abs(draw_jitter(200, np.random.default_rng(1), minimum=150)[0]).min() >= 150 / 360
    with pytest.raises(BadInput, match="a minimum of 170 degrees came, 0 to 150 is needed"):
        draw_jitter(4, np.random.default_rng(1), minimum=170)


def errors_on_shapes(**fixed):
    """Errors of DIS on 12 rendered videos of 96 pixels, moving pixels and still ones."""
    estimate, found = dis.build(), {True: [], False: []}
    for video in range(12):
        frames, mask, exact = render(draw(0, video, 12, 96, 0.0) | {"motion": MOTIONS[video % 8], **fixed}, 12, 96)
        for inside in (True, False):
            found[inside].append(flow_errors(flow_of(frames, estimate, False, "clip"), exact, (mask[:-1] > 0) == inside))
    return merged(found[True]), merged(found[False])


def test_the_error_on_moving_shapes_is_bounded(capsys):
    """DIS finds dotted sprites to a fifth of their motion; on plain ones, whose inside shows no motion, it is twice as far off."""
    dotted, still = errors_on_shapes(texture="dots")
    plain, _ = errors_on_shapes(texture="plain")
    with capsys.disabled():
        for name, errors in (("dotted", dotted), ("plain", plain), ("still", still)):
            print(f"\nmoving shapes, {name}: {errors['error_px']:.2f} px of {errors['motion_px']:.2f}", end="")
    assert dotted["motion_px"] == pytest.approx(plain["motion_px"], abs=0.05) and dotted["motion_px"] > 1.5
    assert dotted["error_px"] < 0.6 and still["error_px"] < 0.15 and dotted["outliers"] < 0.02
    assert dotted["error_px"] < plain["error_px"] < plain["motion_px"]


def test_backward_flow_leads_back():
    """A texture that pans by (3, -2) pixels: forward flow is the pan, backward flow its opposite."""
    ground = cv2.GaussianBlur(RNG.standard_normal((120, 120)).astype(np.float32), (0, 0), 2)
    ground = np.clip(128 + 40 * ground / ground.std(), 0, 255).astype(np.uint8)[..., None].repeat(3, -1)
    clip = np.stack([ground[20 + 2 * t : 84 + 2 * t, 20 - 3 * t : 84 - 3 * t] for t in range(4)])
    for backward, sign in ((False, 1), (True, -1)):
        flow = flow_of(clip, dis.build(), backward, "clip")
        assert flow.shape == (3, 64, 64, 2) and flow.dtype == np.float16
        np.testing.assert_allclose(np.median(flow, (1, 2)), [[3 * sign, -2 * sign]] * 3, atol=0.1)


@pytest.mark.skipif(not KITTI.is_dir(), reason=f"{KITTI} is absent")
def test_the_kitti_pair(capsys):
    """A fast drive, 51 pixels of motion on average: too fast for DIS in many places, which is said and bounded here."""
    first, second = (cv2.cvtColor(cv2.imread(str(KITTI / f"frame{i}.png")), cv2.COLOR_BGR2RGB) for i in (1, 2))
    stored = cv2.imread(str(KITTI / "flow_gt.png"), cv2.IMREAD_UNCHANGED)[..., ::-1].astype(np.float64)
    exact, known = (stored[..., :2] - 2**15) / 64, stored[..., 2] > 0
    estimated = dis.build()(first, second)
    errors = merged([flow_errors(estimated, exact, known)])
    median = np.median(np.linalg.norm(estimated - exact, axis=-1)[known])
    with capsys.disabled():
        print(
            f"\nKITTI: {errors['error_px']:.1f} px of {errors['motion_px']:.1f}, median {median:.1f}, {errors['outliers']:.0%} off"
        )
    assert errors["n_pixels"] == known.sum() and errors["error_px"] < 0.8 * errors["motion_px"]
    assert median < 8 and errors["outliers"] < 0.6


def test_errors_of_flows_are_counted():
    exact = np.zeros((2, 1, 4, 2)) + [100.0, 0]
    estimated = exact + np.array([[0, 0], [3, 4], [0, 6], [0, 2]])  # 5 px is 5 % of the motion, 6 px is more
    errors = merged(
        [flow_errors(estimated[:1], exact[:1], np.ones((1, 1, 4), bool)), flow_errors(estimated, exact, exact[..., 0] < 0)]
    )
    assert errors == {"error_px": 13 / 4, "motion_px": 100, "outliers": 1 / 4, "n_pixels": 4, "n_clips": 2}
    assert np.isnan(merged([])["error_px"]) and merged([])["n_clips"] == 0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("return np.zeros((8, 10, 2))", r"clip a, frames 0 and 1: flow of \[8, 10, 2\] came, .* = \[16, 20, 2\] was needed"),
        (
            "f = np.zeros((16, 20, 2)); f[3, 4] = np.nan; return f",
            "clip a, frames 0 and 1: flow .nan, nan. came at row 3, column 4",
        ),
        ("return np.full((16, 20, 2), 1e6)", "1000000.0. came at row 0, column 0; finite pixels below 65,504"),
    ],
)
def test_a_wrong_estimator_of_ones_own_is_refused(tmp_path, wrong, sentence):
    (tmp_path / "mine.py").write_text(
        f"import numpy as np\n\ndef build():\n    def estimate(a, b):\n        {wrong}\n    return estimate\n"
    )
    np.save(tmp_path / "frames.npy", PLAIN)
    estimate = estimator_of(str(tmp_path / "mine.py"), {}, None)
    with pytest.raises(BadInput, match=sentence):
        estimate_flow(tmp_path / "frames.npy", ["a"], estimate, False, tmp_path / "flow.npy")
    assert not (tmp_path / "flow.npy").exists()


def test_an_estimator_of_ones_own_with_weights_and_the_store(tmp_path):
    """It says which frames it was given: dx of a's first pixel, dy of b's, plus what its weights file holds."""
    text = "def build(weights, times=1):\n    plus = float(open(weights).read())\n    def estimate(a, b):\n"
    text += "        import numpy as np\n        return np.zeros((*a.shape[:2], 2)) + [a[0, 0, 0] * times + plus, b[0, 0, 0]]\n"
    (tmp_path / "mine.py").write_text(text + "    return estimate\n")
    (tmp_path / "weights.txt").write_text("0.5")
    clips = np.zeros((3, 4, 16, 20, 3), "uint8") + np.arange(4, dtype="uint8")[:, None, None, None]
    np.save(tmp_path / "frames.npy", clips)
    estimate = estimator_of(str(tmp_path / "mine.py"), {"times": 2}, str(tmp_path / "weights.txt"))
    for backward, value in ((False, [[0.5, 1], [2.5, 2], [4.5, 3]]), (True, [[2.5, 0], [4.5, 1], [6.5, 2]])):
        estimate_flow(tmp_path / "frames.npy", list("abc"), estimate, backward, tmp_path / "flow.npy")
        store = open_frames(tmp_path / "flow.npy")
        assert store.shape == (3, 3, 16, 20, 2) and store.dtype == np.float16 and isinstance(store, np.memmap)
        assert (store == np.array(value)[:, None, None]).all()
    with pytest.raises(BadInput, match="flow: estimator dis cannot be used with the options {'speed': 1}"):
        estimator_of("dis", {"speed": 1}, None)
    with pytest.raises(BadInput, match="preset 'slow' came, one of ultrafast, fast, medium was needed"):
        estimator_of("dis", {"preset": "slow"}, None)
    with pytest.raises(BadInput, match=r"no flows plug-in 'raft': looked for .*flows/raft.py; the nearest names are dis"):
        estimator_of("raft", {}, None)


def test_clips_of_one_frame_and_stores_that_do_not_fit_are_refused(tmp_path):
    np.save(tmp_path / "frames.npy", PLAIN[:, :1])
    with pytest.raises(BadInput, match="clips of 1 frame; flow needs at least 2"):
        estimate_flow(tmp_path / "frames.npy", ["a"], dis.build(), False, tmp_path / "flow.npy")
    np.save(tmp_path / "flow.npy", np.zeros((1, 2, 8, 10, 2), "float16"))
    with pytest.raises(BadInput, match=r"flow.npy holds flow \[1, 2, 8, 10, 2\], .* = \[1, 2, 16, 20, 2\] is needed"):
        flow_pictures([tmp_path / "flow.npy"], FIXED, PLAIN)
    np.save(tmp_path / "flow.npy", np.full((1, 2, 16, 20, 2), np.nan, "float16"))
    with pytest.raises(BadInput, match="flow of clip number 0 of its shard is not finite"):
        flow_pictures([tmp_path / "flow.npy"], FIXED, PLAIN)["flow"].shown(0, [1])


def test_clips_without_any_and_pictures_of_the_frames_asked_for(tmp_path):
    np.save(tmp_path / "frames.npy", PLAIN[:0])
    estimate_flow(tmp_path / "frames.npy", [], dis.build(), False, tmp_path / "flow.npy")
    assert open_frames(tmp_path / "flow.npy").shape == (0, 2, 16, 20, 2)
    flow = RNG.normal(0, 1, (2, 2, 16, 20, 2)).astype("float16")
    np.save(tmp_path / "flow_backward.npy", flow)
    pictures = flow_pictures([tmp_path / "flow_backward.npy"], {**FIXED, "normalisation": "clip"}, PLAIN.repeat(2, 0))
    jitter = np.array([0, 0.2, 0.4], "float32"), np.array([1, 1.5, 0.5], "float32")
    largest = np.linalg.norm(flow[1].astype(float), axis=-1).max()
    expected = flow_picture(flow[1, [1, 0]], largest, jitter[0][[1, 0]], jitter[1][[1, 0]])
    found = pictures["flow_backward"].shown(1, np.array([1, 0]), jitter)
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert (found[0] != pictures["flow_backward"].shown(1, np.array([1]))[0]).any()


def test_estimated_flow_is_held_against_the_truth_of_its_own_moment(tmp_path):
    """A clip that starts late and is cropped, whose stored flow is the truth plus (3, 4): the error is 5 wherever one looks."""
    parameters = draw(0, 1, 12, 64, 0.0)
    _, mask, exact = render(parameters, 12, 64)
    np.savez(tmp_path / "000001.npz", mask=mask, flow=exact)
    flow = exact[None, 3:8, 8:56, 4:60].astype("float32") + [3, 4]
    np.save(tmp_path / "flow.npy", flow.astype("float16"))
    row = {"clip": "000001.mp4@0.292", "video": "000001.mp4", "start_s": 3.5 / 12, "fps": 12.0, "n_frames": 6}
    write_table(tmp_path / "clips.parquet", "clips", [row])
    rows = measure_flow([tmp_path / "clips.parquet"], [tmp_path / "flow.npy"], [tmp_path])
    pixels = {row["region"]: row["n_pixels"] for row in rows}
    assert pixels["moving"] == mask[3:8, 8:56, 4:60].sum() and sum(pixels.values()) == 5 * 48 * 56
    assert [row["error_px"] for row in rows] == pytest.approx([5, 5], abs=0.01) and rows[1]["motion_px"] == 0
    write_table(tmp_path / "errors.parquet", "flow_errors", rows)
    assert read_table(tmp_path / "errors.parquet", "flow_errors")["n_clips"].tolist() == [1, 1]
