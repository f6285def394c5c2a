"""What the names in a published checkpoint tell of its network."""

STEM, SIXTH, SEVENTH = "blocks.0.conv.weight", "blocks.5.proj.weight", "blocks.6.proj.weight"
PUBLISHED = {  # what a checkpoint is of -> how names in it begin, with the length in time of that kernel where it tells
    "`family: slowfast`": [("blocks.0.multipathway_blocks.", None)],
    "`family: x3d`": [("blocks.0.conv.conv_t.", None)],
    "`family: mvit`": [("patch_embed.patch_model.", None), ("cls_positional_encoding.", None)],
    "`family: timesformer` (the model hub's)": [("timesformer.encoder.", None)],
    "`family: timesformer` (its authors')": [("model.blocks.0.temporal_attn.", None)],
    "`family: resnet3d, options: {architecture: c2d}`": [(STEM, 1), (SEVENTH, None)],
    "`family: resnet3d, options: {architecture: i3d}`": [(STEM, 5), (SEVENTH, None)],
    "`family: resnet3d, options: {architecture: slowonly}`": [(STEM, 1), (SIXTH, None)],
    "`family: resnet3d, options: {architecture: fastonly}`": [(STEM, 5), (SIXTH, None)],
}


def published_family(state):
    """Which network's published checkpoints have tensors named like these, as config keys; None where none is known."""
    for family, marks in PUBLISHED.items():
        if all(any(n.startswith(mark) and length in (None, *t.shape[2:3]) for n, t in state.items()) for mark, length in marks):
            return family
    return None
