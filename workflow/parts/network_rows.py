"""What the rows of a network's layers and of its output are: clips, or frames of clips; what is else is told."""

import torch

from workflow.lib.errors import BadInput
from workflow.parts.networks import answered
from workflow.parts.pooling import hooked_layers, pooled_layers


def odd_output(network, outputs, frames_too=True):
    """What is odd in the rows of a network's outputs for one clip and for two: a sentence, or None.

    They are to be the clips; with `frames_too` they may be clips x frames. What is no tensor is not judged.
    """
    fitting = {1, *(network.frames // every for every in network.pathways if frames_too)}
    for n, answer in enumerate(map(answered, outputs), 1):
        rows = None if answer is None else len(answer) if answer.ndim else 0
        if rows is not None and rows not in {n * own for own in fitting}:
            clips, needed = ("one clip", "one was") if n == 1 else ("two clips", "two were")
            came = f"{rows} row{'s' * (rows != 1)} for {clips} of {network.frames} frames"
            return f"its output has {came}, {needed} needed: is its first axis the clips, and does it take {network.frames} frames?"
    return None


def refuse_odd_output(name, network, outputs):
    """Raise BadInput unless the rows of a network's outputs for one clip and for two are the clips, as accuracy needs them."""
    if odd := odd_output(network, outputs, frames_too=False):
        raise BadInput(f"model {name}: {odd}")


def frames_told(layers, folded, pooling):
    """That rows are frames of a clip, a sentence; folded: layer -> how many, of the layers for which they are, not empty."""
    which = "its layers" if len(folded) == len(layers) else f"{len(folded)} of its {len(layers)} layers"
    counts = " or ".join(map(str, sorted(set(folded.values()))))
    return f"the rows of {which} are {counts} frames of a clip, {'one by one' if pooling == 'frames' else 'averaged'}"


def check_rows(name, network, pooling, shown, both, alone, scored):
    """The output for two clips; BadInput where the answers to one are others than alone: rows are not clips, or are random.

    both: two videos per pathway; shown: frames of each pathway; alone: what the first clip gives, layer -> [1, unit] and the
    output; scored: whether the output's rows are read too.
    """
    with hooked_layers(network, pooling) as activations:
        activations.shown = [own[None].repeat(2, 0) for own in shown]
        output = network.tried(both)
    rows = {f"layer {layer}": (alone[0][layer], values) for layer, values in activations.items()}
    if scored:
        refuse_odd_output(name, network, [alone[1], output])
        rows["its output"] = answered(alone[1]).float(), answered(output).float()
    for where, (first, values) in rows.items():
        if len(values) != 2:
            raise BadInput(f"model {name}: {where} gives {len(values)} rows for two clips; one each was needed")
        apart = max((values[0] - values[1]).abs().max() / 10, first.abs().max() / 1000)  # more than rounding
        if (values[0] - first[0]).abs().max() > apart:
            came, largest = f"{where} gives a clip other values beside a second clip than alone", first.abs().max()
            folded = "" if where == "its output" else ", or clips x frames with the frames of a clip together"
            doubt = "so large that rounding may do it: are its weights whole?"
            grown = f"; its units reach {largest:.0e}, {doubt}" if largest > 1e5 else ""
            raise BadInput(
                f"model {name}: {came}; its first axis must be the clips{folded}, and nothing in it may be random{grown}"
            )
    return output


def check_colours(name, network, videos, shown, folded):
    """Raise BadInput where a reshape has mixed colours and frames: red is in the first third of the rows alone, blue in the last.

    Each row is three planes of one frame and colour then. folded: as for frames_told, in the order in which layers are computed.
    """
    layer, frames = next(iter(folded.items()))
    plain, *coloured = (rows_of_frames(network, videos, shown, layer, frames, colour) for colour in (None, 0, 2))
    changes = [(own - plain).abs().amax((0, 1)) for own in coloured]  # [frame] each
    red, blue = ((change > change.max() / 1e4).tolist() for change in changes)
    if red == [3 * row < frames for row in range(frames)] and blue == red[::-1]:
        came = f"red is in the first {-(-frames // 3)} of the {frames} rows of layer {layer} alone, blue in the last"
        needed = "video.transpose(1, 2).flatten(0, 1) makes frames rows, a reshape of [batch, rgb, frame, ...] does not"
        raise BadInput(f"model {name}: colours and frames are mixed, {came}: {needed}")


def rows_of_frames(network, videos, shown, layer, frames, colour):
    """What a layer gives of each frame of one clip that has twice as much of a colour, if one is named: [1, unit, frame]."""
    scale = torch.ones(3, 1, 1, 1)
    if colour is not None:
        scale[colour] = 2
    path = {layer: network.layers[layer]}
    with pooled_layers(network.module, path, "frames", network.tokens, network.channels_last) as activations:
        activations.shown = [own[None] for own in shown]
        network.tried([video * scale for video in videos])
    return activations[layer].unflatten(1, (-1, frames))
