"""From a layer's output to one value per unit."""

from collections.abc import Mapping

import numpy as np
import torch

from workflow.lib.errors import BadInput

# Over what is averaged: space, time and all tokens; all tokens but class tokens; class tokens; space, frame by frame.
POOLINGS = ("mean", "patches", "class", "frames")
TOKENS = ("class", "space", "frame", "tubelet")  # what a token is of


def unit_values(output, layer="", pooling="mean", tokens=None, shown=(), channels_last=False):
    """A layer's output as one value per unit, float32 [batch, unit]; per unit and frame with pooling "frames".

    output: [batch, unit, ...], [batch, token, unit], [batch, unit], or a tuple or mapping whose first tensor is one of these;
    channels_last: [batch, ..., unit]. Rows may be frames, [batch x frame, ...], each video's one after the other, where `shown`
    says how many there are: they are pooled one by one, then over the frames.
    Raises BadInput for anything else, and where tokens or frames are not told apart by what is known of the layer.
    """
    values = unit_tensor(output, layer).float()
    if (order := frames_of_rows(values, shown)) is not None:  # a network of images, shown the frames
        images = unit_values(values, layer, "mean" if pooling == "frames" else pooling, tokens, (), channels_last)
        images = images.unflatten(0, order.shape)  # [batch, frame, unit]
        return natural_order(images.transpose(1, 2), order) if pooling == "frames" else images.mean(1)
    if channels_last and values.ndim > 3:
        values = values.movedim(-1, 1)
    if pooling == "frames":
        return natural_order(*frame_means(values, layer, tokens, shown))
    if values.ndim == 3:
        return (values if pooling == "mean" else chosen_tokens(values, layer, pooling, tokens)).mean(1)
    if pooling == "class":
        raise BadInput(
            f"layer {layer} gives {list(values.shape)}; pooling class needs tokens, [batch, token, unit]: leave it out of `layers`"
        )
    return values.flatten(2).mean(2) if values.ndim > 2 else values


def frames_of_rows(values, shown):
    """The frames, int [batch, frame], that the rows of a layer's output are, each video's one after the other, or None."""
    return next((np.asarray(own) for own in shown if len(own) < np.size(own) == len(values)), None)


def unit_tensor(output, layer):
    """The tensor with a unit axis that a layer gives; the rest of a tuple (attention maps, say) is of no concern."""
    parts = list(output.values()) if isinstance(output, Mapping) else output
    parts = parts if isinstance(output, (tuple, Mapping)) else [output]
    tensor = next((part for part in parts if isinstance(part, torch.Tensor)), None)
    if tensor is None or tensor.ndim < 2:
        came = type(output).__name__ if tensor is None else list(tensor.shape)
        raise BadInput(f"layer {layer} gives {came}; a tensor [batch, unit, ...] or [batch, token, unit] was needed")
    return tensor


def token_layout(tokens):
    """Class tokens before the patches, class tokens after them, and the patches' axes, slowest first."""
    words = (tokens or "").split()
    axes = [word for word in words if word != "class"]
    first = words.index(axes[0]) if axes else 0
    sound = 0 < len(axes) < 3 and len(set(axes)) == len(axes) and words[first : first + len(axes)] == axes
    if unknown := ", ".join(dict.fromkeys(word for word in words if word not in TOKENS)):
        raise BadInput(f"tokens '{tokens}' came, which has {unknown}; words of {', '.join(TOKENS)} were needed")
    if not sound:
        raise BadInput(f"tokens '{tokens}' came; at most two of {', '.join(TOKENS[1:])} between class tokens were needed")
    return first, len(words) - first - len(axes), axes


def chosen_tokens(values, layer, pooling, tokens):
    """The class tokens or the others of [batch, token, unit]."""
    if tokens is None:
        raise BadInput(f"layer {layer}: pooling {pooling} needs to know what its tokens are: give the Network tokens=...")
    before, after, _ = token_layout(tokens)
    end = values.shape[1] - after
    if pooling == "patches":
        return values[:, before:end]
    if before + after == 0:
        raise BadInput(f"layer {layer}: pooling class needs a class token, its tokens are '{tokens}'")
    return torch.cat([values[:, :before], values[:, end:]], 1)


def frame_means(values, layer, tokens, shown):
    """A layer's means over space, [batch, unit, frame] in the order shown, and that order: int [batch, frame]."""
    orders = [np.asarray(order) for order in shown if len(order) == len(values)]
    found = [(by_frame(values, tokens, order.shape[1]), order) for order in orders]
    found = [(means, order) for means, order in found if means is not None]
    if not found or any(not np.array_equal(order, found[0][1]) for _, order in found):
        videos = " and ".join(str(list(np.shape(order))) for order in shown) or "no"
        raise BadInput(
            f"layer {layer} gives {list(values.shape)}, tokens {tokens!r}, where {videos} [video, frame] were shown;"
            " pooling frames needs an axis of just these frames"
        )
    return found[0]


def by_frame(values, tokens, count):
    """Means over space [batch, unit, frame] of a layer's output, or None where it does not have `count` frames."""
    if values.ndim == 5:
        return values.mean((3, 4)) if values.shape[2] == count else None
    if values.ndim != 3 or tokens is None:
        return None
    before, after, axes = token_layout(tokens)
    patches = values[:, before : values.shape[1] - after]
    if "frame" not in axes or patches.shape[1] % count:
        return None
    if axes == ["frame"] and patches.shape[1] != count:
        return None
    slowest = axes[0] == "frame"
    grid = patches.unflatten(1, (count, -1) if slowest else (-1, count))
    return grid.mean(2 if slowest else 1).transpose(1, 2)


def natural_order(values, order):
    """[batch, unit, frame] in the order shown to natural order: [batch, unit x frame], frames vary fastest.

    A frame shown several times (a frozen clip) keeps the order in which it was shown.
    """
    rank = torch.as_tensor(np.asarray(order), device=values.device).argsort(dim=1, stable=True)
    return values.gather(2, rank.unsqueeze(1).expand_as(values)).flatten(1)
