"""Networks made of other networks: the floors that scores are held against."""

import torch
from torch import nn

from workflow.lib.errors import BadInput


class StillConv3d(nn.Conv3d):
    """A 3D convolution whose kernel is summed over time: every output frame comes from one input frame.

    Output frame j reads the input frame on which the centre of the old kernel stood; centres outside the clip are moved
    to its ends. It equals the old convolution on a still video, but for the frames where that met the zeros before and
    after the clip.
    """

    def __init__(self, old):
        (span, *kernel), (stride, *strides), (pad, *pads) = old.kernel_size, old.stride, padding_of(old)
        super().__init__(
            old.in_channels, old.out_channels, (1, *kernel), (1, *strides), (0, *pads), (1, *old.dilation[1:]),
            old.groups, old.bias is not None, old.padding_mode, old.weight.device, old.weight.dtype,
        )  # fmt: skip
        self.reach, self.step, self.pad = old.dilation[0] * (span - 1), stride, pad
        self.weight = nn.Parameter(old.weight.detach().sum(2, keepdim=True))
        self.bias = old.bias

    def forward(self, video):
        frames = video.shape[2]
        count = (frames + 2 * self.pad - self.reach - 1) // self.step + 1
        centres = torch.arange(count, device=video.device) * self.step - self.pad + self.reach // 2
        return super().forward(video[:, :, centres.clamp(0, frames - 1)])  # [batch, unit, frame, height, width]


def padding_of(convolution):
    """Padding of a 3D convolution as three numbers; raises BadInput for an uneven one."""
    if not isinstance(convolution.padding, str):
        return convolution.padding
    reach = [d * (k - 1) for d, k in zip(convolution.dilation, convolution.kernel_size, strict=True)]
    if convolution.padding == "same" and any(r % 2 for r in reach):
        raise BadInput(f"c2d_twin: 'same' pads a kernel of {convolution.kernel_size} unevenly; odd sizes are needed")
    return tuple(r // 2 if convolution.padding == "same" else 0 for r in reach)


def c2d_twin(module):
    """Replace every temporal convolution of a network in place; module paths stay, pooling of time stays.

    Only `torch.nn.Conv3d` is known to it: attention over time stays what it was. A network without temporal kernels
    stays the same to the last bit. Raises BadInput where there is no such convolution at all.
    """
    if not any(isinstance(child, nn.Conv3d) for child in module.modules()):
        raise BadInput(f"models: {type(module).__name__} has no torch.nn.Conv3d, so it has no C2D twin")
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.Conv3d) and child.kernel_size[0] > 1:
                setattr(parent, name, StillConv3d(child))
