"""The contract of a network: what the pipeline must be told about it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from workflow.lib.errors import BadInput, said_by


@dataclass(frozen=True)
class Network:
    """A network, the frames it reads and the layers to dump.

    module: maps float [batch, rgb, frame, height, width] to class scores [batch, class] or to anything; its layers are hooked.
    layers: name shown -> module path, in depth order.
    pathways: the module is shown one video per number k, made of every k-th of the sampled frames; where there are several
        it is called with the list of them, in this order, e.g. (4, 1) for SlowFast's slow and fast pathway.
    reads: what each pathway is shown, "frames", "flow" (from its frame to the next) or "flow_backward" (from the next one back),
        in the order of `pathways`; flow comes as a picture of the colour wheel. Empty: frames.
    streams: names of parallel parts of the network, each with layers of its own called stream_layer, e.g. slow_res1 in
        "slow"; figures show them side by side.
    channels_last: True where outputs of more than 3 axes end in their units, as in video Swin transformers:
        [batch, frame, height, width, unit] instead of [batch, unit, frame, height, width]. Of 3 axes, the units of convolutions
        over time (Conv1d) are taken to be the second, others the last.
    call: runs the module, call(module, video or list of videos) -> output; None calls module(video). For networks that want
        their input in another form.
    tokens: what the tokens of an output [batch, token, unit] are, slowest axis first, of "class", "space", "frame" and
        "tubelet" (several frames in one token), e.g. "class space frame": one class token, then patches whose frames vary
        fastest. None: nothing is known but their mean.
    frames, stride: how many frames it is shown, taken every `stride` clip frames from the middle of the clip, or
        "spread" evenly over it.
    size: side in pixels of its square input, the centre of the clip; None takes clips as they are.
    short_side: pixels to which the short side is resized before the centre is cropped; None: `size`, so that nothing of the
        short side is lost.
    any_size: True where `size` is a choice; sampling `released` then shows 256 pixels.
    mean, std: per channel, of pixel values in [0, 1].
    weights: where the weights come from, when build() has loaded them itself; None leaves that to the pipeline.
    control: True for a network without weights to train, whose answer is known by construction.
    rename: maps the names of a checkpoint's tensors to the module's; None keeps them.
    """

    module: torch.nn.Module
    layers: dict[str, str]
    frames: int
    stride: int | str = "spread"
    size: int | None = None
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    weights: str | None = None
    control: bool = False
    rename: Callable[[dict], dict] | None = None
    pathways: tuple[int, ...] = (1,)
    streams: tuple[str, ...] = ()
    channels_last: bool = False
    call: Callable | None = None
    tokens: str | None = None
    short_side: int | None = None
    any_size: bool = False
    reads: tuple[str, ...] = ()

    def __call__(self, videos):
        """Run the module on one float video [batch, rgb, frame, height, width] per pathway, frames in number as declared."""
        video = videos if len(self.pathways) > 1 else videos[0]
        return self.call(self.module, video) if self.call else self.module(video)

    def tried(self, videos):
        """The same; BadInput where the module fails: it cannot take its own input, the commonest slip, or has another."""
        try:
            return self(videos)
        except BadInput:
            raise
        except Exception as error:  # a module may fail in any way
            came = " and ".join(str(list(video.shape)) for video in videos)
            shown, why = f"[batch, rgb, frame, height, width] = {came}", said_by(error)
            if isinstance(error, (AttributeError, NameError, KeyError)):
                raise BadInput(f"the network fails, shown {shown}: {why}") from error  # no matter of shapes
            raise BadInput(f"the network cannot take {shown} (see `call`): {why}") from error

    def stream_of(self, layer):
        """The stream that a layer belongs to; None in a network of one."""
        return next((stream for stream in self.streams if layer.startswith(f"{stream}_")), None)

    def noise(self, batch, side, rng):
        """Standard normal videos of the shape that the network reads, one per pathway; `side` where it takes any size."""
        shapes = [(batch, 3, self.frames // every, *[self.size or side] * 2) for every in self.pathways]
        return [torch.from_numpy(rng.standard_normal(shape, dtype="float32")) for shape in shapes]
