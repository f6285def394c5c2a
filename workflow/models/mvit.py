"""MViT-B: a vision transformer that trades resolution for width (Fan et al., Multiscale Vision Transformers, ICCV 2021).

Module names are those of the public PyTorchVideo checkpoint MVIT_B_16x4, so that its `model_state` loads strictly. Tokens are
the class token and then the patches of a grid [frame, height, width], frames slowest.
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional

from workflow.lib.errors import BadInput
from workflow.parts.network import Network
from workflow.parts.preprocessing import published_short_side

NORM = {"eps": 1e-6}  # of every layer norm but those after pooling, which were released with the 1e-5 of torch


def strided(grid, stride):
    """Sides of a grid after a convolution or pooling of odd kernel, padded by half of it."""
    return tuple(-(-side // step) for side, step in zip(grid, stride, strict=True))


def pool_patches(pool, tokens, grid):
    """Run a 3D module over the patches of tokens [batch, 1 + patch, unit]; the class token stays as it is."""
    patches = pool(tokens[:, 1:].transpose(1, 2).unflatten(2, grid))  # [batch, unit, frame, height, width]
    return torch.cat([tokens[:, :1], patches.flatten(2).transpose(1, 2)], 1)


class PatchEmbedding(nn.Module):
    """Patches of a video, overlapping in space and time: [batch, patch, unit]."""

    kernel, stride = (3, 7, 7), (2, 4, 4)

    def __init__(self, width):
        super().__init__()
        self.patch_model = nn.Conv3d(3, width, self.kernel, self.stride, [k // 2 for k in self.kernel])

    def forward(self, video):
        return self.patch_model(video).flatten(2).transpose(1, 2)


class PositionalEncoding(nn.Module):
    """Puts the class token before the patches and adds the position in the frame and the position of the frame."""

    def __init__(self, width, grid):
        super().__init__()
        frames, height, across = grid
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed_spatial = nn.Parameter(torch.zeros(1, height * across, width))
        self.pos_embed_temporal = nn.Parameter(torch.zeros(1, frames, width))
        self.pos_embed_class = nn.Parameter(torch.zeros(1, 1, width))

    def forward(self, patches):
        position = (self.pos_embed_temporal[:, :, None] + self.pos_embed_spatial[:, None]).flatten(1, 2)
        first = (self.cls_token + self.pos_embed_class).expand(len(patches), -1, -1)
        return torch.cat([first, patches + position], 1)  # [batch, token, unit]


class Attention(nn.Module):
    """Attention over all tokens of all frames, on pooled keys and values and at a change of scale pooled queries (section 3.1).

    stride_q, stride_kv: in space. As released, keys and values are pooled even at stride 1 and queries only above it.
    """

    def __init__(self, width, heads, grid, stride_q, stride_kv):
        super().__init__()
        self.heads, self.grid = heads, grid
        for name, stride in (("q", stride_q), ("k", stride_kv), ("v", stride_kv)):
            setattr(self, name, nn.Linear(width, width))
            if name == "q" and stride == 1:
                self.pool_q = self.norm_q = None
                continue
            unit = width // heads
            setattr(self, f"pool_{name}", nn.Conv3d(unit, unit, 3, (1, stride, stride), 1, groups=unit, bias=False))
            setattr(self, f"norm_{name}", nn.LayerNorm(unit))
        self.proj = nn.Linear(width, width)

    def by_head(self, tokens, pool, norm):
        """Tokens [batch, token, unit] as [batch, head, token, unit of the head], pooled by `pool` where there is one."""
        tokens = tokens.unflatten(2, (self.heads, -1)).transpose(1, 2)
        if pool is None:
            return tokens
        pooled = norm(pool_patches(pool, tokens.flatten(0, 1), self.grid))
        return pooled.unflatten(0, (-1, self.heads))

    def forward(self, tokens):
        q = self.by_head(self.q(tokens), self.pool_q, self.norm_q)
        k = self.by_head(self.k(tokens), self.pool_k, self.norm_k)
        v = self.by_head(self.v(tokens), self.pool_v, self.norm_v)
        attended = functional.scaled_dot_product_attention(q, k, v)  # [batch, head, token, unit of the head]
        return self.proj(attended.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention and perceptron, each with its shortcut: [batch, token, unit] -> [batch, pooled token, width out]."""

    def __init__(self, width, width_out, heads, grid, stride_q, stride_kv):
        super().__init__()
        self.grid = grid
        self.norm1 = nn.LayerNorm(width, **NORM)
        self.attn = Attention(width, heads, grid, stride_q, stride_kv)
        self.pool_skip = nn.MaxPool3d((1, 3, 3), (1, stride_q, stride_q), (0, 1, 1)) if stride_q > 1 else None
        self.norm2 = nn.LayerNorm(width, **NORM)
        fc1, fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width_out)
        self.mlp = nn.Sequential(OrderedDict(fc1=fc1, act=nn.GELU(), fc2=fc2))
        self.proj = nn.Linear(width, width_out) if width != width_out else None

    def forward(self, tokens):
        shortcut = tokens if self.pool_skip is None else pool_patches(self.pool_skip, tokens, self.grid)
        tokens = shortcut + self.attn(self.norm1(tokens))
        normed = self.norm2(tokens)
        # Where the width grows, the shortcut too starts from the normed tokens, as released.
        return (tokens if self.proj is None else self.proj(normed)) + self.mlp(normed)


class MViT(nn.Module):
    """Patches, positions, blocks and a head on the class token."""

    def __init__(self, grid, depth, width, heads, widen, classes):
        super().__init__()
        self.patch_embed = PatchEmbedding(width)
        self.cls_positional_encoding = PositionalEncoding(width, grid)
        blocks, stride_kv = [], 2 ** len(widen)  # keys and values stand on the coarsest grid from the first block on
        for i in range(depth):
            stride_q = 2 if i in widen else 1
            stride_kv //= stride_q
            heads *= stride_q
            width_out = width * 2 if i + 1 in widen else width  # widened by the perceptron of the block before
            blocks.append(Block(width, width_out, heads, grid, stride_q, stride_kv))
            grid, width = strided(grid, (1, stride_q, stride_q)), width_out
        self.blocks = nn.Sequential(*blocks)
        self.norm_embed = nn.LayerNorm(width, **NORM)
        self.head = nn.Sequential(OrderedDict(dropout=nn.Dropout(0.5), proj=nn.Linear(width, classes)))

    def forward(self, video):
        tokens = self.blocks(self.cls_positional_encoding(self.patch_embed(video)))
        return self.head(self.norm_embed(tokens)[:, 0])  # [batch, class]


def build(depth=16, width=96, heads=1, widen=(1, 3, 14), classes=400, frames=16, stride=4, size=224):
    """MViT-B 16x4; layers block00..block15 are the blocks' outputs, class token included, without the final norm.

    widen: blocks, counted from 0, that halve the grid in space and double the heads; the block before each doubles the
    units, so that the published layers have 192 (blocks 0-1), 384 (2-12) and 768 units. frames 32 at stride 3 is MViT-B
    32x3. frames and size fix the number of positions that weights must have. Raises BadInput for options that do not fit.
    """
    widen = tuple(widen)
    if list(widen) != sorted(set(widen)) or any(not 0 < i < depth for i in widen):
        raise BadInput(f"mvit: widen {list(widen)} came, rising block numbers from 1 to {depth - 1} were needed")
    if width % heads:
        raise BadInput(f"mvit: width {width} came, a multiple of the {heads} heads was needed")
    grid = strided((frames, size, size), PatchEmbedding.stride)
    module = MViT(grid, depth, width, heads, widen, classes)
    layers = {f"block{i:02d}": f"blocks.{i}" for i in range(depth)}
    return Network(
        module, layers, frames, stride, size, (0.45,) * 3, (0.225,) * 3, tokens="class tubelet space",
        short_side=published_short_side(size),
    )  # fmt: skip
