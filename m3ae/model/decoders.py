"""The decoders that turn fused features back into words (MLM) and pixels (MIM). Paper, section 2.2 and its ablation of the decoders.

Shapes: B pairs, T tokens, N patches, K kept patches, H fusion width, D decoder width.
"""

import torch
from timm.layers import QuickGELU
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from m3ae.method import Decoder
from m3ae.model.fusion import NORM_EPS
from m3ae.model.params import ModelParams
from m3ae.model.vision import take


class Mlp(nn.Sequential):
    """Linear, GELU, LayerNorm: (..., in) -> (..., out), each token on its own."""

    def __init__(self, width_in: int, width_out: int):
        super().__init__(nn.Linear(width_in, width_out), nn.GELU(), nn.LayerNorm(width_out, eps=NORM_EPS))


class Transformer(nn.Sequential):
    """Pre-LayerNorm blocks as in the vision encoder, then a LayerNorm: (B, T, D) -> (B, T, D)."""

    def __init__(self, width: int, depth: int, heads: int):
        blocks = (Block(width, heads, qkv_bias=True, act_layer=QuickGELU, norm_layer=nn.LayerNorm) for _ in range(depth))
        super().__init__(*blocks, nn.LayerNorm(width))


class WordDecoder(nn.Module):
    """MLM's decoder: text features (B, T, H) -> vocabulary logits (M, V) of the tokens at `places` (M,) of the flattened texts."""

    def __init__(self, kind: Decoder, params: ModelParams, vocabulary: int):
        super().__init__()
        width = params.fusion_width if kind == "mlp" else params.decoder_width
        self.mixer = (
            nn.Identity()
            if kind == "mlp"
            else nn.Sequential(nn.Linear(params.fusion_width, width), Transformer(width, params.decoder_depth, params.decoder_heads))
        )
        self.transform = Mlp(width, width)
        self.words = nn.Linear(width, vocabulary)

    def forward(self, features: Tensor, places: Tensor) -> Tensor:
        return self.words(self.transform(self.mixer(features).flatten(0, 1).index_select(0, places)))


class PixelDecoder(nn.Module):
    """MIM's decoder: features of the kept patches -> predicted pixels of all patches.

    (B, 1 + K, H) with `order` (B, N), the patches' numbers, kept ones first -> (B, N, patch_px² * 3).
    """

    positions: Tensor  # (1, 1 + N, D)

    def __init__(self, kind: Decoder, params: ModelParams, num_patches: int):
        super().__init__()
        width = params.decoder_width
        self.kind = kind
        self.embed = nn.Linear(params.fusion_width, width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, width))
        self.register_buffer("positions", sine_cosine_positions(num_patches, width), persistent=False)
        self.mixer = Mlp(width, width) if kind == "mlp" else Transformer(width, params.decoder_depth, params.decoder_heads)
        self.pixels = nn.Linear(width, params.patch_px**2 * 3)

    def forward(self, features: Tensor, order: Tensor) -> Tensor:
        tokens = self.embed(features)  # (B, 1 + K, D)
        first, kept = tokens[:, :1], tokens[:, 1:]
        hidden = self.mask_token.expand(len(tokens), order.shape[1] - kept.shape[1], -1)
        patches = take(torch.cat([kept, hidden], dim=1), order.argsort(dim=1))  # (B, N, D), back in place
        if self.kind == "mlp":
            patches = patches + first  # an MLP reads one token only: without the class token it would read nothing of the image
        mixed = self.mixer(torch.cat([first, patches], dim=1) + self.positions.to(tokens.dtype))
        return self.pixels(mixed)[:, 1:]


def sine_cosine_positions(num_patches: int, width: int) -> Tensor:
    """Return fixed 2-D positions (1, 1 + N, D): zeros for the class token, half the channels from the column, half from the row."""
    side = int(num_patches**0.5)
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    grid = torch.cat([sine_cosine(column.flatten(), width // 2), sine_cosine(row.flatten(), width // 2)], dim=1)
    return torch.cat([torch.zeros(1, width), grid])[None]


def sine_cosine(places: Tensor, width: int) -> Tensor:
    """Encode places (N,) as (N, width): sines, then cosines, of each place at falling frequencies."""
    frequencies = 10000.0 ** -(torch.arange(width // 2, dtype=torch.float64, device=places.device) / (width / 2))
    angles = places.double()[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()
