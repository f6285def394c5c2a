"""What a unit's value is averaged over, in words."""

from workflow.parts.unit_values import token_layout


def averaged_over(shape, folded, network, pooling):
    """What of a layer's output for one clip is averaged; None where nothing is.

    shape: of the output, its axes in the order of `unit_values`; folded: how many frames of the clip its rows are, or None.
    """
    by_frame = pooling == "frames"
    if len(shape) == 3:
        axes = [tokens_of(shape[1], network.tokens, "mean" if folded and by_frame else pooling)]
    else:
        axes = list(map(str, shape[1:-1] if network.channels_last else shape[2:]))[by_frame and not folded :]
    frames = [f"{folded} frames"] if folded and not by_frame else []
    return " x ".join(frames + axes) + ", frame by frame" * by_frame or None


def tokens_of(count, tokens, pooling):
    """Which of so many tokens a pooling takes; where nothing is known of them, they may as well be steps in time."""
    if tokens is None:
        return f"{count} tokens or steps"
    before, after, _ = token_layout(tokens)
    taken = {"class": before + after, "mean": count}.get(pooling, count - before - after)
    return f"{count} tokens" if taken == count else f"{taken} of {count} tokens"
