"""The device that a job computes on, and how precisely: in half precision where that agrees with float32."""

from functools import cache

import numpy as np
import torch

from workflow.lib.processor import processor_name
from workflow.parts.batches import is_out_of_memory


def own_device():
    """The GPU that this job has, by its number, as every thread has a current GPU of its own; else the CPU.

    From then on float32 means float32 there, not TF32, whose rounding shows in correlations of units of small variance.
    """
    torch.backends.cudnn.allow_tf32 = False
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")


def device_name(device):
    """The name of the GPU, or of the processor and its instructions in use: rounded by others, a training ends elsewhere."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{processor_name()}, {torch.backends.cpu.get_cpu_capability()}"


def on_device(frames, device):
    """A tensor of stored frames on the device; called in a thread, it travels beside what the GPU computes meanwhile.

    Frames for which there is no room stay where they are, for Batches to cut.
    """
    if device.type == "cpu":
        return frames
    torch.cuda.set_device(device)  # a new thread's is the first GPU, which another job may have
    stream = side_stream(device)
    try:
        with torch.cuda.stream(stream):
            moved = frames.pin_memory().to(device, non_blocking=True)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        return frames
    stream.synchronize()
    moved.record_stream(torch.cuda.default_stream(device))  # or its memory would be given away while it is computed with
    return moved


def off_device(tensor):
    """A function that gives the tensor in the CPU's memory, where it travels once it is computed; called late, it need not wait."""
    if tensor.device.type == "cpu":
        return lambda: tensor
    moved, arrival = tensor.to("cpu", non_blocking=True), torch.cuda.Event()
    arrival.record()

    def arrived():
        arrival.synchronize()
        return moved

    return arrived


@cache
def side_stream(device):
    """A stream for what travels to a GPU: one only, for memory is kept for each."""
    return torch.cuda.Stream(device)


def half_type(wanted, device):
    """The half precision of a config's word, None for float32; auto: float16 on GPUs, none on the CPU.

    float16 and not bfloat16, whose range no trained network needs: its rounding is eight times finer.
    """
    if wanted == "auto":
        return torch.float16 if device.type == "cuda" else None
    return None if wanted == "float32" else getattr(torch, wanted)


def agreed_half(wanted, device, apart, tolerance):
    """The half precision to compute in, None for float32: as wanted, where a sample comes out as in float32; says which.

    wanted: auto, float32, bfloat16 or float16; apart(half): how far results in it are from float32, at most `tolerance`.
    """
    half = half_type(wanted, device)
    if half is None:
        return None
    distance = apart(half)
    fits = distance <= tolerance  # not where it is NaN
    used = "it is used" if fits else "float32 is used"
    print(f"{name_of(half)} is {distance:.2g} apart from float32 on a sample, {tolerance} at most is right: {used}", flush=True)
    return half if fits else None


def computing(device, half):
    """A context in which networks compute in `half`, or in float32 for None."""
    return torch.autocast(device.type, half, enabled=half is not None)


def name_of(half):
    """bfloat16, float16 or, for None, float32."""
    return str(half or torch.float32).removeprefix("torch.")


def noise_share(half, full):
    """Share of a unit's variance in `half` that is not in `full`, mean over units, of the worst layer; NaN where one never varies.

    half, full: layer -> float32 [variant, unit]. It is 1 - r^2 of both: noise of the share q on both sides takes the part q from
    a correlation (attenuation, Spearman 1904), so that S moves by no more; scale and offset, which leave S alone, are none.
    """
    return max((layer_noise(half[layer], full[layer]) for layer in full), key=lambda q: np.inf if np.isnan(q) else q)


def layer_noise(half, full):
    """noise_share of one layer [variant, unit]."""
    a, b = (np.asarray(values, float) for values in (half, full))
    varies = np.ptp(b, axis=0) > 0
    if len(a) < 3 or not varies.any():  # through two points there is always a line
        return np.nan
    a, b = (values[:, varies] - values[:, varies].mean(0) for values in (a, b))
    with np.errstate(invalid="ignore"):
        r2 = (a * b).sum(0) ** 2 / ((a * a).sum(0) * (b * b).sum(0))
    return float(np.mean(1 - np.where(np.ptp(a, axis=0) > 0, r2, 0))) if np.isfinite(a).all() else np.nan
