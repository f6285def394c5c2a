"""Frame orders, variants and pairs obey their laws."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from workflow.lib.errors import BadInput
from workflow.parts.frame_sampling import kendall_distance, sampled_frames, shown_frames, spread
from workflow.parts.pair_selection import of_perturbation, perturbations_in
from workflow.perturbations import block_shuffle, shuffle
from workflow.scripts.list_variants import list_variants
from workflow.scripts.make_pairs import make_pairs

STYLES = ["oil", "ink", "watercolour", "quilt"]
PAIRS = {"styles": STYLES, "styles_per_clip": "all", "orders_per_clip": 2, "dynamics": "shuffle", "min_distance": 0.25,
         "ceiling": False}  # fmt: skip
EVERY = ["shuffle", {"block_shuffle": {"window": 2}}, {"block_shuffle": {"window": 4}}, "reverse", "freeze"]


def clip_table(n, n_frames=16):
    rows = [{"clip": f"v{i}@0.000", "video": f"v{i}", "label": "run", "n_frames": n_frames} for i in range(n)]
    return pd.DataFrame(rows)


def tables(clips, **changes):
    variants = pd.DataFrame(list_variants(clips, PAIRS | changes, seed=0))
    return variants, make_pairs(variants, clips, seed=0)


def test_kendall_distance_counts_inversions():
    for order in permutations(range(5)):
        inversions = sum(order[i] > order[j] for i in range(5) for j in range(i + 1, 5))
        assert kendall_distance(order) == pytest.approx(inversions / 10)
    assert kendall_distance([3, 3, 3]) == 0.5


def test_sampling_by_stride_and_spread():
    assert sampled_frames(16, 8, 2).tolist() == list(range(0, 16, 2))
    assert sampled_frames(20, 4, 2).tolist() == [6, 8, 10, 12]
    assert sampled_frames(16, 4, "spread").tolist() == [0, 5, 10, 15]
    with pytest.raises(BadInput, match="at least 57"):
        sampled_frames(16, 8, 8)


def test_a_shuffle_shows_the_same_set_of_frames_in_the_stored_order():
    order = np.random.default_rng(0).permutation(16)
    sampled = spread(16, 8)
    shown = shown_frames(order, sampled)
    assert sorted(shown) == sampled.tolist()
    assert [order.tolist().index(f) for f in shown] == sorted(order.tolist().index(f) for f in sampled)
    assert shown_frames(np.arange(16), sampled).tolist() == sampled.tolist()
    assert shown_frames(np.full(16, 5), sampled).tolist() == [5] * 8


@pytest.mark.parametrize("n_frames", [4, 7, 16, 32, 64])
@pytest.mark.parametrize("window", [None, 1, 2, "half"])
def test_no_order_is_near_natural_on_the_clip_or_on_its_subsets(n_frames, window):
    blocks = {"block_shuffle": {"window": n_frames // 2 if window == "half" else window}}
    variants, _ = tables(clip_table(20, n_frames), dynamics=[blocks] if window else "shuffle")
    assert len(variants) == 20 * 4 * 3
    for row in variants[variants["dynamics"] != "natural"].itertuples():
        assert sorted(row.frame_order) == list(range(n_frames))
        for n in (4, 8, 16, 32, n_frames):
            if n <= n_frames:
                assert kendall_distance(shown_frames(row.frame_order, spread(n_frames, n))) >= 0.25


def test_an_order_that_cannot_be_drawn_is_refused():
    with pytest.raises(BadInput, match="min_distance"):
        tables(clip_table(1, 2), min_distance=2.0)


def test_pairs_share_what_their_factor_says():
    variants, pairs = tables(clip_table(5))
    about = variants.set_index("variant")
    a, b = about.loc[pairs["variant_a"]].reset_index(), about.loc[pairs["variant_b"]].reset_index()
    assert (a["clip"].to_numpy() == pairs["clip"]).all() and (b["clip"].to_numpy() == pairs["clip"]).all()
    same_style, same_dynamics = (a["style"] == b["style"]).to_numpy(), (a["dynamics"] == b["dynamics"]).to_numpy()
    expected = np.select([same_style & ~same_dynamics, ~same_style & same_dynamics], ["static", "dynamic"], "neither")
    assert (expected == pairs["factor"]).all() and not (same_style & same_dynamics).any()
    assert not pairs["pair"].duplicated().any()


def test_crossings_are_complete_and_share_clips_and_orders():
    variants, pairs = tables(clip_table(5))
    assert pairs["crossing"].nunique() == 5 * 6 * 2  # clips x pairs of styles x orders
    for _, crossing in pairs.groupby("crossing"):
        assert crossing["factor"].value_counts().to_dict() == {"static": 2, "dynamic": 2, "neither": 2}
        assert crossing["primary"].sum() == 3
        assert len(set(crossing["variant_a"]) | set(crossing["variant_b"])) == 4
    orders = variants.groupby(["clip", "dynamics"])["frame_order"].agg(lambda o: len(set(map(tuple, o))))
    assert (orders == 1).all()  # the same perturbed order for every style of a clip
    first = pairs[pairs["primary"] & (pairs["factor"] == "dynamic")]["variant_a"].str.split("/").str[1]
    assert first.value_counts().min() > 0  # no style is always on one side


def test_adding_a_style_a_clip_or_an_order_leaves_old_pairs_unchanged():
    old_variants, old = tables(clip_table(4), styles=STYLES[:3], orders_per_clip=1)
    for clips, changes in ((4, {"styles": STYLES, "orders_per_clip": 1}), (9, {"styles": STYLES[:3], "orders_per_clip": 2})):
        variants, pairs = tables(clip_table(clips), **changes)
        kept = pairs.set_index("pair").loc[old["pair"]].reset_index()[list(old.columns)]
        pd.testing.assert_frame_equal(kept, old)
        again = variants.set_index("variant").loc[old_variants["variant"]].reset_index()[list(old_variants.columns)]
        pd.testing.assert_frame_equal(again, old_variants)


def test_drawn_styles_are_keyed_by_clip():
    variants, _ = tables(clip_table(40), styles_per_clip=2)
    per_clip = variants.groupby("clip")["style"].agg(lambda s: tuple(dict.fromkeys(s)))
    assert (per_clip.map(len) == 2).all() and per_clip.nunique() == 6
    fewer, _ = tables(clip_table(10), styles_per_clip=2)
    assert set(fewer["variant"]) <= set(variants["variant"])


def test_only_dynamics_perturb_dynamics():
    assert shuffle.CHANGES == "dynamics"
    with pytest.raises(BadInput, match="one of dynamics"):
        tables(clip_table(1), dynamics="oil")


def test_the_first_draws_of_a_shuffle_stay_what_they_were():
    variants, _ = tables(clip_table(1), orders_per_clip=1)
    assert variants["variant"].str.endswith(("/natural", "/shuffle0")).all()
    assert variants["frame_order"][1] == [1, 10, 12, 9, 14, 6, 3, 5, 11, 13, 7, 8, 15, 4, 2, 0]


def test_blocks_keep_their_frames_in_order():
    for n_frames, window in ((16, 4), (16, 3), (7, 2)):
        order = block_shuffle.draw_order(n_frames, np.random.default_rng(1), window).tolist()
        assert sorted(order) == list(range(n_frames))
        for first in range(0, n_frames, window):
            block = list(range(first, min(first + window, n_frames)))
            place = order.index(first)
            assert order[place : place + len(block)] == block
    for window in (0, 9):
        with pytest.raises(BadInput, match="16 frames need 1 to 8"):
            tables(clip_table(1), dynamics=[{"block_shuffle": {"window": window}}])


def test_reversed_and_frozen_clips():
    variants, _ = tables(clip_table(3), dynamics=["reverse", "freeze"])
    orders = variants[variants["style"] == "oil"].groupby("dynamics")["frame_order"].agg(list)
    assert set(orders.index) == {"natural", "reverse0", "freeze0", "freeze1"}  # there is one reversal, however many draws
    assert all(order == list(range(15, -1, -1)) for order in orders["reverse0"])
    assert all(len(set(order)) == 1 and len(order) == 16 for order in orders["freeze0"])
    assert len({order[0] for order in orders["freeze0"] + orders["freeze1"]}) > 1


def test_every_perturbation_is_named_and_adding_one_changes_no_other():
    old_variants, old = tables(clip_table(4))
    variants, pairs = tables(clip_table(4), dynamics=[EVERY[-1], *EVERY[:-1]])
    named = variants.dropna(subset="perturbation")
    assert set(named["perturbation"]) == {"shuffle", "block_shuffle(window=2)", "block_shuffle(window=4)", "reverse", "freeze"}
    assert (named["dynamics"].str.rstrip("0123456789") == named["perturbation"]).all()
    assert variants[variants["dynamics"] == "natural"]["perturbation"].isna().all()
    again = variants.set_index("variant").loc[old_variants["variant"]].reset_index()[list(old_variants.columns)]
    pd.testing.assert_frame_equal(again, old_variants)
    own = of_perturbation(pairs, "shuffle").reset_index(drop=True)
    pd.testing.assert_frame_equal(own, old)
    assert perturbations_in(pairs)[0] == "freeze" and set(of_perturbation(pairs)["perturbation"]) == {"freeze"}
    with pytest.raises(BadInput, match="'shufle'; there are freeze, shuffle"):
        of_perturbation(pairs, "shufle")


def test_identical_pairs_share_all_but_the_crop():
    old_variants, old = tables(clip_table(4))
    variants, pairs = tables(clip_table(4), ceiling=True)
    added = variants[variants["augmentation"].notna()]
    assert set(added["variant"]) == {f"v{i}@0.000/{style}/natural+aug0" for i in range(4) for style in STYLES}
    crops = added.groupby("clip")["crop"].agg(lambda c: set(map(tuple, c)))
    assert (crops.map(len) == 1).all() and len(set.union(*crops)) == 4  # one crop for all styles of a clip
    for top, left, side in set.union(*crops):
        assert 0.9 <= side <= 0.95 and min(top, left) >= 0 and max(top, left) + side <= 1
    same = pairs[pairs["factor"] == "identical"]
    assert len(same) == 16 and same["primary"].all() and same["perturbation"].isna().all()
    assert (same["variant_a"] + "+aug0" == same["variant_b"]).all()
    pd.testing.assert_frame_equal(pairs[pairs["factor"] != "identical"].reset_index(drop=True), old)
    plain, empty = variants[variants["augmentation"].isna()].reset_index(drop=True), ["augmentation", "crop"]
    pd.testing.assert_frame_equal(plain.drop(columns=empty), old_variants.drop(columns=empty))
    assert plain[empty].isna().all(axis=None) and old_variants[empty].isna().all(axis=None)
    assert len(of_perturbation(pairs, "shuffle")) == len(pairs)


@pytest.mark.parametrize(
    ("dynamics", "sentence"),
    [
        (["block_shuffle"], "missing a required argument: 'window'"),
        ([{"shuffle": {"window": 2}}], "unexpected keyword argument 'window'"),
        (["shuffle", {"shuffle": {}}], "names shuffle twice"),
        (["hue"], "one of dynamics"),
    ],
)
def test_perturbations_that_cannot_be_drawn_are_refused(dynamics, sentence):
    with pytest.raises(BadInput, match=sentence):
        tables(clip_table(1), dynamics=dynamics)
