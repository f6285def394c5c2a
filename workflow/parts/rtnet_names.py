"""Names in the checkpoints of RTNet, as `renaming` takes them."""

LEVELS = (2, 3, 4, 5)
TRANSFORMS = {
    "SSTransformer": "appearance_frames",
    "TTTransformer": "motion_frames",
    "STTransformer": "streams.image",
    "SselfTransformer": "appearance_self.image",
    "TselfTransformer": "motion_self.image",
}
INSIDE = {r"scaling\.fc1": "squeeze", r"scaling\.fc2": "excite", r"gating\.conv\.0": "gate"}
INSIDE |= {r"transformation1?": "transforms.0", "transformation2": "transforms.1"}
FUSED = {r"channel\.fc1": "squeeze", r"channel\.fc2": "excite", r"spatial\.conv1": "place"}
NETS = (("spatial_net", "appearance"), ("temporal_net", "motion"))
RENAMED = {
    **{rf"{net}\.inconv\.0\.": f"{stream}.conv1.image." for net, stream in NETS},
    **{rf"{net}\.inconv\.1\.": f"{stream}.stem.image.0." for net, stream in NETS},
    **{rf"{net}\.encoder{n - 1}\.": f"{stream}.layers.{n}.image." for net, stream in NETS for n in LEVELS},
    **{rf"{net}\.bridge{n - 1}\.": f"{stream}.bridges.{n}.image." for net, stream in NETS for n in LEVELS[:3]},
    **{rf"{net}\.dilation(\d)\.": rf"{stream}.decoder.wide.image.branches.\1." for net, stream in NETS},
    **{rf"{net}\.decoder{n - 1}\.layer\.": f"{stream}.decoder.stages.{n}.image.layers." for net, stream in NETS for n in LEVELS},
    **{rf"{net}\.out{n - 1}\.conv1\.": f"{stream}.decoder.masks.{n}.image." for net, stream in NETS for n in LEVELS},
    **{rf"{net}\.out{n - 1}\.conv2\.": f"{stream}.decoder.masks.{n}.image.3." for net, stream in NETS for n in LEVELS},
    **{
        rf"{theirs}{n - 1}\.{part}\.": f"exchanges.{n}.{ours}.{own}."
        for theirs, ours in TRANSFORMS.items()
        for n in LEVELS
        for part, own in INSIDE.items()
    },
    **{rf"Transformerstafm{n - 1}\.{part}\.": f"fusion.{n}.image.{own}." for n in LEVELS[:3] for part, own in FUSED.items()},
}
