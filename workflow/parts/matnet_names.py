"""Names in the checkpoints of MATNet and of its variants, as `renaming` takes them."""

LEVELS = (2, 3, 4, 5)
CROSS_NAMES = {"proj1": "place_appearance", "proj2": "place_motion", "proja": "project_appearance", "projb": "project_motion"}
CROSS_NAMES |= {r"rgating\.conv\.0": "gates"}
FUSION_NAMES = {r"excitation_1\.0": "squeeze", r"excitation_2\.0": "excite", r"global_attention\.0": "scale"}
FUSION_NAMES |= {r"spatial\.conv": "place.0", r"spatial\.bn": "place.1"}
FUSION_NAMES |= {r"channel\.fc1": "squeeze", r"channel\.fc2": "excite", r"spatial\.conv1": "place"}
REFINE_NAMES = {r"pdc\.block0": "near", r"pdc\.block1\.conv": "far", r"pdc\.bn": "norm"}
REFINE_NAMES |= {"convFS2": "before.conv1", "convFS3": "before.conv2", "convMM1": "after.conv1", "convMM2": "after.conv2"}
RENAMED = {
    **{rf"encoder\.(conv1|bn1)_{i}\.": rf"encoder.{stream}.\1." for i, stream in ((1, "appearance"), (2, "motion"))},
    **{rf"encoder\.res{n}_{i}\.": f"encoder.{s}.layer{n - 1}." for n in LEVELS for i, s in ((1, "appearance"), (2, "motion"))},
    **{rf"encoder\.coa_res(\d)\.{theirs}\.": rf"encoder.cross.\1.{ours}." for theirs, ours in CROSS_NAMES.items()},
    **{rf"encoder\.gated_res(\d)\.{theirs}\.": rf"encoder.fusion.\1.{ours}." for theirs, ours in FUSION_NAMES.items()},
    **{rf"decoder\.RF(\d)\.{theirs}\.": rf"decoder.refine.\1.{ours}." for theirs, ours in REFINE_NAMES.items()},
    **{rf"decoder\.GC\.conv_{side}{i}\.": f"decoder.wide.{side}{i}." for side in "lr" for i in (1, 2)},
    r"decoder\.convG(\d)\.": r"decoder.deepest.conv\1.",
    r"decoder\.bdry(\d)\.": r"decoder.boundary.\1.",
    r"decoder\.concat\.": "decoder.combine.",
    r"decoder\.pred2\.": "decoder.predict.",
}
UNREAD = (r"encoder\.coa_res\d\.(bottolneck|bna|bnb)", r"decoder\.(pred[345]|RF\d\.(convFS1|pdc\.block[23]))\.")
