"""Encoders of two residual streams, cross-connected and fused at chosen layers."""

from torch import nn

from workflow.lib.errors import BadInput
from workflow.parts.cross_connections import CROSS, CoAttention
from workflow.parts.residual_backbones import ResidualBackbone
from workflow.parts.stream_fusion import FUSIONS

STREAMS = ("appearance", "motion", "fusion")
CROSSED = (3, 4, 5)  # layers with a cross-connection behind them


class TwoStreams(nn.Module):
    """Maps an image and a picture of its flow, [batch, rgb, height, width] each, to the fused maps: {layer: map}.

    blocks, width, dilated: as in ResidualBackbone; cross: one of CROSS; fusion: one of FUSIONS, at the layers in `fused`.
    widths: units of each fused map.
    """

    def __init__(self, blocks, width, cross, fusion, fused, dilated=False):
        super().__init__()
        self.appearance, self.motion = (ResidualBackbone(blocks, width, dilated=dilated) for _ in range(2))
        units, options = self.appearance.widths, CROSS[cross]
        self.cross = nn.ModuleDict({str(n): CoAttention(units[n], **options) for n in CROSSED} if options is not None else {})
        self.fusion = nn.ModuleDict({str(n): FUSIONS[fusion](units[n]) for n in fused})
        self.widths = {n: self.fusion[str(n)].width for n in fused}

    def forward(self, appearance, motion):
        fused = {}
        for layer in range(1, 6):
            appearance, motion = self.appearance(appearance, layer), self.motion(motion, layer)
            if str(layer) in self.cross:
                appearance, motion = self.cross[str(layer)](appearance, motion)
            if str(layer) in self.fusion:
                fused[layer] = self.fusion[str(layer)](appearance, motion)
        return fused

    def paths(self, prefix):
        """Name -> path of every layer: the streams after their cross-connections, then the fused maps."""
        layers = {}
        for stream in STREAMS[:2]:
            own = {n: f"{stream}.conv1" if n == 1 else f"{stream}.layer{n - 1}" for n in range(1, 6)}
            own |= {int(n): f"cross.{n}.{stream}" for n in self.cross}
            layers |= {f"{stream}_{n}": f"{prefix}.{path}" for n, path in own.items()}
        return layers | {f"fusion_{n}": f"{prefix}.fusion.{n}" for n in self.fusion}


def check_options(family, width, cross, fusion):
    """Raise BadInput for an unknown cross-connection or fusion and for widths that cannot be halved as often as needed."""
    for what, value, known in (("cross", cross, CROSS), ("fusion", fusion, FUSIONS)):
        if value not in known:
            raise BadInput(f"{family}: {what} {value} came, one of {', '.join(known)} was needed")
    check_width(family, width)


def check_width(family, width):
    """Raise BadInput unless a width is a positive multiple of 4."""
    if not isinstance(width, int) or width < 4 or width % 4:
        raise BadInput(f"{family}: width {width} came, a multiple of 4 was needed")
