"""TimeSformer with divided space-time attention (Bertasius et al., Is Space-Time Attention All You Need?, ICML 2021).

Module names are those of the model hub's facebook/timesformer-base-finetuned-k400, so that its files load strictly; files
of the original authors load through `rename`.
"""

import re

import torch
import torch.nn.functional as F
from torch import nn

from workflow.lib.errors import BadInput
from workflow.parts.network import Network

# The original authors' names -> the hub's: what stands outside the blocks, what stands inside one.
OUTSIDE = {
    "cls_token": "timesformer.embeddings.cls_token",
    "pos_embed": "timesformer.embeddings.position_embeddings",
    "time_embed": "timesformer.embeddings.time_embeddings",
    "patch_embed.proj": "timesformer.embeddings.patch_embeddings.projection",
    "norm": "timesformer.layernorm",
    "head": "classifier",
}
INSIDE = {
    "temporal_norm1": "temporal_layernorm",
    "temporal_attn.qkv": "temporal_attention.attention.qkv",
    "temporal_attn.proj": "temporal_attention.output.dense",
    "temporal_fc": "temporal_dense",
    "norm1": "layernorm_before",
    "attn.qkv": "attention.attention.qkv",
    "attn.proj": "attention.output.dense",
    "norm2": "layernorm_after",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}


class Embeddings(nn.Module):
    """Patches of every frame, with a class token in front and learned positions in space and time added."""

    def __init__(self, width, patch, places, frames):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position_embeddings = nn.Parameter(torch.zeros(1, 1 + places, width))
        self.time_embeddings = nn.Parameter(torch.zeros(1, frames, width))
        self.patch_embeddings = nn.ModuleDict({"projection": nn.Conv2d(3, width, patch, patch)})

    def forward(self, video):
        images = video.transpose(1, 2).flatten(0, 1)  # [batch x frame, rgb, height, width]
        patches = self.patch_embeddings["projection"](images).flatten(2).unflatten(0, (len(video), -1))
        patches = patches.permute(0, 3, 1, 2)  # [batch, place, frame, unit]
        patches = patches + self.position_embeddings[:, 1:].unsqueeze(2) + self.time_embeddings.unsqueeze(1)
        first = (self.cls_token + self.position_embeddings[:, :1]).expand(len(video), -1, -1)
        return torch.cat([first, patches.flatten(1, 2)], 1)  # [batch, token, unit], frames vary fastest


class Attention(nn.Module):
    """Multi-head self-attention over the tokens of each sequence."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.attention = nn.ModuleDict({"qkv": nn.Linear(width, 3 * width)})
        self.output = nn.ModuleDict({"dense": nn.Linear(width, width)})

    def forward(self, tokens):
        qkv = self.attention["qkv"](tokens).unflatten(2, (3, self.heads, -1))
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each [sequence, head, token, unit]
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.output["dense"](mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention over the frames of each place, then over the places of each frame, then a two-layer perceptron."""

    def __init__(self, width, heads, frames):
        super().__init__()
        self.frames = frames
        self.temporal_layernorm, self.layernorm_before, self.layernorm_after = (nn.LayerNorm(width, 1e-6) for _ in range(3))
        self.temporal_attention, self.attention = Attention(width, heads), Attention(width, heads)
        self.temporal_dense = nn.Linear(width, width)
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, 4 * width)})
        self.output = nn.ModuleDict({"dense": nn.Linear(4 * width, width)})

    def forward(self, tokens):
        batch, first = len(tokens), tokens[:, :1]
        patches = tokens[:, 1:].unflatten(1, (-1, self.frames))  # [batch, place, frame, unit]
        mixed = self.temporal_attention(self.temporal_layernorm(patches).flatten(0, 1)).unflatten(0, (batch, -1))
        patches = patches + self.temporal_dense(mixed)
        # The class token looks at every frame alone; what it sees there is averaged (the paper's code, not its equations).
        images = torch.cat([first.unsqueeze(1).expand(-1, self.frames, -1, -1), patches.transpose(1, 2)], 2)
        mixed = self.attention(self.layernorm_before(images).flatten(0, 1)).unflatten(0, (batch, -1))
        first = first + mixed[:, :, 0].mean(1, keepdim=True)
        patches = patches + mixed[:, :, 1:].transpose(1, 2)
        tokens = torch.cat([first, patches.flatten(1, 2)], 1)
        return tokens + self.output["dense"](F.gelu(self.intermediate["dense"](self.layernorm_after(tokens))))


class TimeSformer(nn.Module):
    """Class scores [batch, class] from the class token after the last block."""

    def __init__(self, width, depth, heads, patch, classes, frames, size):
        super().__init__()
        blocks = nn.ModuleList(Block(width, heads, frames) for _ in range(depth))
        embeddings = Embeddings(width, patch, (size // patch) ** 2, frames)
        encoder, norm = nn.ModuleDict({"layer": blocks}), nn.LayerNorm(width, 1e-6)
        self.timesformer = nn.ModuleDict({"embeddings": embeddings, "encoder": encoder, "layernorm": norm})
        self.classifier = nn.Linear(width, classes)

    def forward(self, video):
        tokens = self.timesformer["embeddings"](video)
        for block in self.timesformer["encoder"]["layer"]:
            tokens = block(tokens)
        return self.classifier(self.timesformer["layernorm"](tokens[:, 0]))


def hub_name(name):
    """The hub's name of a tensor of the original authors; any other name stays."""
    block, stem, kind = re.fullmatch(r"(?:model\.)?(?:blocks\.(\d+)\.)?(.+?)(\.weight|\.bias)?", name).groups("")
    if block:
        return f"timesformer.encoder.layer.{block}.{INSIDE.get(stem, stem)}{kind}"
    return f"{OUTSIDE[stem]}{kind}" if stem in OUTSIDE else name


def build(width=768, depth=12, heads=12, patch=16, classes=400, frames=8, stride=32, size=224):
    """TimeSformer-Base at the default options, layers block00, block01, ...: the blocks' outputs, class token included."""
    for what, value, divisor, by in (("width", width, "heads", heads), ("size", size, "patch", patch)):
        if value % by:
            raise BadInput(f"timesformer: {what} {value} came, a multiple of {divisor} {by} was needed")
    module = TimeSformer(width, depth, heads, patch, classes, frames, size)
    layers = {f"block{i:02}": f"timesformer.encoder.layer.{i}" for i in range(depth)}
    return Network(
        module, layers, frames, stride, size, mean=(0.45,) * 3, std=(0.225,) * 3, tokens="class space frame",
        rename=lambda state: {hub_name(name): tensor for name, tensor in state.items()},
    )  # fmt: skip
