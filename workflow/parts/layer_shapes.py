"""What a unit's value is averaged over, in words."""

import math

from workflow.parts.unit_values import token_layout


def averaged_over(shape, n_values, folded, network, pooling):
    """What of a layer's output for one clip is averaged into a value; None where nothing is.

    shape: of the output, its axes in the order of `unit_values`; n_values: how many values it is pooled into; folded: how many
    frames of the clip its rows are, or None.
    """
    units_last = len(shape) == 3 or network.channels_last
    by_frame, frames = pooling == "frames", n_values // shape[-1 if units_last else 1]
    parts = [(folded, f"{folded} frames")] if folded and not by_frame else []
    if len(shape) == 3 and folded and by_frame:
        parts.append(tokens_of(shape[1], network.tokens, "mean"))
    elif len(shape) == 3:
        parts.append(tokens_of(shape[1], network.tokens, pooling, frames))
    else:
        axes = shape[1:-1] if units_last else shape[2:]
        parts += [(n, str(n)) for n in axes[by_frame and not folded :]]
    if math.prod(n for n, _ in parts) == 1:
        return None
    return " x ".join(text for _, text in parts) + ", frame by frame" * by_frame


def tokens_of(count, tokens, pooling, frames=1):
    """So many tokens and those that a pooling takes of each frame, in words; unknown ones may as well be steps in time."""
    if tokens is None:
        return count, f"{count} tokens or steps"
    before, after, _ = token_layout(tokens)
    taken = {"class": before + after, "mean": count}.get(pooling, count - before - after) // frames
    which = ", the class token" if pooling == "class" and taken == 1 else ""
    return count, f"{count} tokens" if taken == count else f"{taken} of {count} tokens{which}"
