"""Figures fit the columns of a page, whatever the number of networks: their width, their text, their colours."""

import re
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.text import Text

from tests.many_networks import table_of
from workflow.lib.plugins import ROOT, load_plugin
from workflow.parts.figure_panels import lines_of, looks_once, panels
from workflow.parts.figure_style import COLOURS, NETWORKS, save_figure, set_style
from workflow.parts.layer_names import CUT, shortened
from workflow.plots.claims import VERDICTS
from workflow.scripts.draw_gallery import draw_gallery

PLOTS = sorted(path.stem for path in (ROOT / "workflow/plots").glob("*.py"))
COLUMN, TEXT = 3.25, 6.875  # inches, of CVPR's style of two columns
PAGE = 8.875  # inches: the height of its text
# Panels of many networks, which one column of a page does not hold.
WIDE = {"layer_curves", "unit_bars", "shares", "stability", "lambda_sweep", "training_curves", "over_training", "dose_response"}
WIDE |= {"differences", "order_dependence", "floors_and_ceilings", "replicates", "sampling_sweep"}
LONG = {"sampling_sweep"}  # whose rows are strides, whatever the number of networks
SETTINGS = {"lambda": 0.5, "confidence": 0.95}


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        set_style()
        yield
        plt.close("all")


def drawn(plot, table):
    return load_plugin("plots", plot).draw(table, SETTINGS)


def texts_of(figure, monkeypatch):
    """(text, its box in inches) of everything that is really written when a figure is drawn."""
    written, draw = [], Text.draw

    def recording(text, renderer):
        if text.get_visible() and text.get_text().strip():
            written.append(text)
        draw(text, renderer)

    with monkeypatch.context() as patched:
        patched.setattr(Text, "draw", recording)
        figure.canvas.draw()
    return [(text, text.get_window_extent().transformed(figure.dpi_scale_trans.inverted())) for text in dict.fromkeys(written)]


def fits(figure, monkeypatch):
    """Assert that no text is too small, leaves the canvas or meets another; returns all texts."""
    width, height = figure.get_size_inches()
    texts = texts_of(figure, monkeypatch)
    assert texts
    for text, box in texts:
        assert text.get_fontsize() >= 6, text
        assert "$" not in text.get_text(), f"{text} is a formula, which figures do not typeset"
        assert box.x0 >= -0.01 and box.y0 >= -0.01 and box.x1 <= width + 0.01 and box.y1 <= height + 0.01, (
            f"{text} leaves the canvas"
        )
    for (a, one), (b, other) in combinations(texts, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        down = min(one.y1, other.y1) - max(one.y0, other.y0)
        upright = a.get_rotation() == b.get_rotation() == 90  # then lines stand beside one another
        beside = -0.02 if down > 0.05 and not upright else 0.01  # on one line, a space is between them
        assert across < beside or down < 0.015, f"{a} and {b} overlap by {across:.3f} x {down:.3f} inches"
    return [text.get_text() for text, _ in texts]


@pytest.mark.parametrize("n", [2, 8, 9, 36])
@pytest.mark.parametrize("plot", PLOTS)
def test_a_figure_fits_its_column_and_no_two_texts_meet(plot, n, monkeypatch):
    figure = drawn(plot, table_of(plot, n))
    width, height = figure.get_size_inches()
    assert width == COLUMN or width == TEXT and plot in WIDE and 2 * height > PAGE
    assert height <= PAGE or n > 8 or plot in LONG
    fits(figure, monkeypatch)


@pytest.mark.parametrize("n", [1, 2, 9])
@pytest.mark.parametrize("plot", ["layer_curves", "unit_bars", "shares", "order_dependence", "floors_and_ceilings"])
def test_layers_whose_names_are_long_are_named(plot, n, monkeypatch):
    """As a reader's own are: they stand upright, without what the longest have in common; every one where a page has the room."""
    table = table_of(plot, n)
    own = [f"{'mixing' if rank % 2 else 'features.backbone'}.stage_{rank}" for rank in table["depth"]]
    texts = fits(drawn(plot, table.assign(layer=own)), monkeypatch)
    last = {1: 4, 2: 9, 9: 11}[n]  # of C2D, SlowFast, TimeSformer
    shown = [f"mixing.stage_{rank}" if rank % 2 else f"stage_{rank}" for rank in range(last + 1)]
    assert set(shown if n < 9 else shown[:5] + shown[-1:]) <= set(texts)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["stem", "features.backbone.stage_1"], ["stem", "fea.bac.sta_1…"]),
        (["block_0_temporal_output", "block_1_temporal_output"], ["block_0", "block_1"]),
        (["block_temporal_attention_output", "block_spatial_attention_output"], ["block_temporal", "block_spatial"]),
        (["a_beginning_0_and_a_long_end", "a_beginning_1_and_a_long_end"], ["a_beginning_0", "a_beginning_1"]),
        (["temporalShiftConvA", "temporalShiftConvB"], ["temp…ShiftConvA", "temp…ShiftConvB"]),
        (["a.long.beginning.norm", "a.long.beginning.norm.norm", "norm"], None),  # a name of nothing, or twice the same
        (  # TSM in the names of a reader
            ["backbone.stem", "backbone.stage1.block0.temporal_shift_conv", "backbone.stage2.block1.spatial_conv", "classifier"],
            ["stem", "s1.b0.tem_shi…", "s2.b1.spatial", "classifier"],
        ),
        (  # ViT of timm, of Hugging Face; a ResNet of torchvision
            ["patch_embed.proj", "blocks.3.norm1", "blocks.3.attn.norm", "blocks.11.mlp.drop2", "norm"],
            ["patch_embed.proj", "3.norm1", "3.attn.norm", "11.mlp.drop2", "norm"],
        ),
        (
            ["encoder.layer.0.output.dense", "encoder.layer.10.attention.output.dense", "encoder.layer.10.intermediate.dense"],
            ["0.output", "10.atte….output", "10.intermediate"],
        ),
        (["layer1.0.conv1.0", "layer1.0.downsample.0", "fc"], ["layer1.0.conv1.0", "l1.0.downsam….0", "fc"]),
        (["temporal_attention", "classification_head"], ["tempo…_atten…", "classific…_head"]),
        (["a" * 30 + "b" * 30 + "c" * 30, "a" * 30 + "b" * 29 + "dc" + "c" * 29], None),
    ],
)
def test_shortened_names_still_tell_layers_apart(names, shown):
    given = shortened(tuple(names), 16)
    assert shown is None or given == shown
    assert len(set(given)) == len(names)


def test_names_that_fit_below_a_panel_stay_whole():
    names = ("stem", "temporal_attention", "classification_head", "spatiotemporal_pooling")
    assert shortened(names) == list(names)


def test_lines_that_look_alike_stand_in_a_legend_once():
    shown = looks_once(lines_of(["dynamic", "static", "dynamics", "order_dependence"]))
    assert list(shown) == ["dynamic, dynamics", "static", "order-dependence"]


@pytest.mark.parametrize("plot", ["layer_curves", "unit_bars", "floors_and_ceilings"])
def test_many_networks_of_many_layers_fit_a_page(plot, monkeypatch):
    """Where not all names have a place there, as many as have; the last always."""
    first = table_of(plot, 8).query("depth == 0")
    deep = [first.assign(depth=rank, layer=f"{'mixing' if rank % 2 else 'features.backbone'}.stage_{rank}") for rank in range(20)]
    figure = drawn(plot, pd.concat(deep))
    assert figure.get_figheight() <= PAGE and "mixing.stage_19" in fits(figure, monkeypatch)


@pytest.mark.parametrize("n", [1, 6, 8])
@pytest.mark.parametrize("plot", ["layer_curves", "unit_bars", "shares", "order_dependence", "floors_and_ceilings"])
def test_long_names_stay_whole_where_a_page_has_the_room_and_are_cut_visibly_where_not(plot, n, monkeypatch):
    table = table_of(plot, n)
    own = [f"{'temporal_attention' if rank % 2 else 'spatiotemporal_pool'}_x{rank}" for rank in table["depth"]]
    figure = drawn(plot, table.assign(layer=own))
    texts = fits(figure, monkeypatch)
    assert figure.get_figheight() <= PAGE
    cut = n > 1 and plot not in {"shares", "order_dependence"}  # of one metric, not two
    assert (any(CUT in text for text in texts), "temporal_attention_x1" in texts) == (cut, not cut)


def test_more_layers_than_a_column_holds_are_named_now_and_then_and_the_last_always(monkeypatch):
    first = table_of("layer_curves", 1).query("depth == 0")
    deep = pd.concat([first.assign(depth=rank, layer=f"{'mixing' if rank % 2 else 'stage'}_{rank}") for rank in range(60)])
    texts = fits(drawn("layer_curves", deep), monkeypatch)
    assert {"mixing_59", "stage_56"} <= set(texts) and not {"stage_58", "mixing_57"} & set(texts)


@pytest.mark.parametrize("plot", [name for name in PLOTS if name not in {"stability", "training_curves", "centre_bias"}])
def test_intervals_are_drawn(plot):
    """Half the reach of all intervals is another picture. Learned and shuffled training make theirs of numbers of videos."""
    table = table_of(plot, 9 if plot == "shuffled_training" else 2)
    if "low" in table:
        narrow = table.assign(**{end: (table["value"] + table[end]) / 2 for end in ("low", "high")})
    else:
        narrow = table.assign(n_videos=4 * table["n_videos"])
    pictures = []
    for one in (table, narrow):
        figure = drawn(plot, one)
        for axes in figure.axes:
            axes.set_axis_off()  # else the scale of the axes would tell
        figure.canvas.draw()
        pictures.append(np.asarray(figure.canvas.buffer_rgba()).copy())
    assert (pictures[0] != pictures[1]).any()


def test_two_dollars_in_a_name_are_dollars(tmp_path):
    """Between them stands what matplotlib would read as a formula that is none."""
    name = r"costs $5_^ and \$ 6$"
    galleries = draw_gallery(
        name, {("original", "natural"): np.zeros((8, 4, 6, 3), np.uint8)} | {("oil", name): np.ones((8, 4, 6, 3))}
    )
    for figure in (galleries, drawn("claims", table_of("claims", 2).assign(claim=name))):
        save_figure(figure, tmp_path / "figure.png", tmp_path / "figure.svg")
        assert name in " ".join(re.findall(r"<text[^>]*>([^<]+)</text>", (tmp_path / "figure.svg").read_text()))


@pytest.mark.parametrize("shape", [(8, 64, 64), (6, 48, 85), (2, 48, 64), (2, 60, 40), (1, 40, 160)])
def test_a_gallery_fits_the_page_and_has_no_gaps_between_its_rows(shape, monkeypatch):
    looks = [("original", "natural"), ("watercolour", "natural"), ("flow", "natural"), ("flow", "flow_jitter0")]
    looks += [("a_style_of_a_very_long_name", "natural")]
    figure = draw_gallery("clip", {look: np.zeros((*shape, 3), np.uint8) for look in looks})
    width, height = figure.get_size_inches()
    assert max(width / TEXT, height / PAGE) == pytest.approx(1)
    for text, box in texts_of(figure, monkeypatch):
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, f"{text} leaves the canvas"
    boxes = [axes.get_window_extent() for axes in figure.axes]
    gaps = [above.y0 - below.y1 for above, below in zip(boxes, boxes[1:], strict=False)]
    assert min(gaps) > 0 and max(gaps) < 0.5 * boxes[0].height
    assert f"{shape[0]} moment" in figure.axes[0].get_title()


STREAMS = [f"FusionSeg-{data} {stream}" for data in ("DAVIS", "TAO-VOS", "VID") for stream in ("appearance", "motion", "fusion")]
PAIRS = [f"{net}-{data}\n{data}" for data in ("kinetics", "diving", "ssv2") for net in ("Slow", "Fast")]


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (STREAMS, [3, 3, 3]),
        ([f"a network called {name}" for name in STREAMS], [6, 3]),  # longer than a page with three beside each other
        ([f"a network called {name}" for name in STREAMS[1:]], [4, 4]),
        (PAIRS, [2, 2, 2]),
        (["a", *PAIRS], [3, 3, 1]),
        (list("abcd"), [2, 2]),
    ],
)
def test_what_belongs_together_stands_in_one_row(names, rows):
    """Three streams of a network, two networks of a data set; where they are not all as many, rows are as alike as they can be."""
    _, grid = panels({"pearson": names, "ratio": names}, {"legend": Patch()})
    heights = [round(axes.get_position().y0, 6) for (metric, _), axes in grid.items() if metric == "pearson"]
    assert [heights.count(height) for height in dict.fromkeys(heights)] == rows


def test_files_are_one_column_wide_and_their_text_is_text(tmp_path):
    save_figure(drawn("layer_curves", table_of("layer_curves", 2)), tmp_path / "figure.png", tmp_path / "figure.svg")
    svg = (tmp_path / "figure.svg").read_text()
    assert float(re.search(r'<svg[^>]* width="([\d.]+)pt"', svg)[1]) == pytest.approx(72 * COLUMN)
    assert {"dynamic", "static", "c2d-motion-1"} <= set(re.findall(r"<text[^>]*>([^<]+)</text>", svg))
    assert plt.imread(tmp_path / "figure.png").shape[1] == pytest.approx(300 * COLUMN, abs=1)  # as printers want it


# What a colour of linear light looks like to dichromats: Machado, Oliveira & Fernandes, "A physiologically-based model for
# simulation of color vision deficiency", IEEE TVCG 15(6), 2009, severity 1.
DICHROMATS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour, eye):
    """CIE L*a*b* (D65) of an sRGB colour as a dichromat sees it."""
    rgb = np.array(to_rgb(colour))
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)  # sRGB, IEC 61966-2-1
    seen = np.clip(np.array(eye) @ light, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(to_xyz @ seen / [0.9505, 1, 1.089], 1e-6))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


SHOWN_TOGETHER = [["dynamic", "joint", "static", "residual", "dead"], ["dynamics", "interaction", "appearance", "content"]]
SHOWN_TOGETHER += [["order_dependence", "dynamics", "appearance"], ["dynamic", "static", "identical"]]


@pytest.mark.parametrize("eye", DICHROMATS)
def test_colours_shown_together_differ_for_colour_blind_eyes(eye):
    """By 10 of CIE 1976's units, of which 2.3 can just be seen; red and blue, on which all hangs, by 30."""

    def apart(a, b):
        return np.linalg.norm(lab(a, DICHROMATS[eye]) - lab(b, DICHROMATS[eye]))

    assert apart(COLOURS["static"], COLOURS["dynamic"]) > 30
    for names in SHOWN_TOGETHER:
        for a, b in combinations(names, 2):
            assert apart(COLOURS[a], COLOURS[b]) > 10, (a, b)
    for alone in (NETWORKS, set(VERDICTS.values())):
        for a, b in combinations(alone, 2):
            assert apart(a, b) > 10, (a, b)


def test_static_is_red_and_dynamic_blue():
    (red, green, blue), (r, g, b) = to_rgb(COLOURS["static"]), to_rgb(COLOURS["dynamic"])
    assert red > 2 * max(green, blue) and b > 1.4 * g and b > 3 * r
