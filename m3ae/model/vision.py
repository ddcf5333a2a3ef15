"""The vision encoder: a vision transformer that can leave out the masked patches. Paper, section 2.1.

Shapes: B pairs, N patches, K kept patches, D vision width, S image side in px.
"""

from typing import Any

import torch
from timm.layers import QuickGELU
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn import functional

from m3ae.model.init import initialise
from m3ae.model.params import ModelParams


class VisionEncoder(nn.Module):
    """Images (B, 3, S, S) -> (B, 1 + K, D): the class token, then the kept patches in the order of `kept`.

    The transformer's own tokens and positions are held here, not reached for inside another module:
    ZeRO-3 gathers a parameter for the module that owns it. Further tokens that a published model has
    (registers, a distillation token) go through the blocks and are not returned.
    """

    has_class_token = True

    def __init__(self, transformer: VisionTransformer):
        super().__init__()
        assert transformer.cls_token is not None and transformer.pos_embed is not None
        blocks: Any = transformer.blocks
        self.patch_embed = transformer.patch_embed
        self.class_token = nn.Parameter(transformer.cls_token.data)
        found = (getattr(transformer, name, None) for name in ("dist_token", "reg_token"))
        others = [token.data for token in found if token is not None]
        self.registers = nn.Parameter(torch.cat(others, dim=1)) if others else None
        self.positions = nn.Parameter(transformer.pos_embed.data)
        self.norm_before = transformer.norm_pre
        self.blocks = blocks
        self.norm_after = transformer.norm
        self.width, self.depth = transformer.embed_dim, len(blocks)
        self.heads = blocks[0].attn.num_heads
        self.patch_px = transformer.patch_embed.patch_size[0]
        self.num_patches = transformer.patch_embed.num_patches

    def forward(self, images: Tensor, kept: Tensor | None = None) -> Tensor:
        patches = self.patch_embed(images.to(self.positions.dtype)) + self.positions[:, -self.num_patches :]  # (B, N, D)
        if kept is not None:
            patches = take(patches, kept)  # (B, K, D): a masked patch never reaches a block
        first = self.first_tokens()
        tokens = self.norm_before(torch.cat([first.expand(len(images), -1, -1), patches], dim=1))
        tokens = self.norm_after(self.blocks(tokens))
        return tokens if first.shape[1] == 1 else torch.cat([tokens[:, :1], tokens[:, first.shape[1] :]], dim=1)

    def resized(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return those of the same model's weights at another image size that have to change for this one, changed."""
        num_first = self.positions.shape[1] - self.num_patches
        return {"positions": resize_positions(weights["positions"], self.num_patches, num_first)} if "positions" in weights else {}

    def first_tokens(self) -> Tensor:
        """Return the class token and any others, (1, T, D), plus their positions where the model has such."""
        first = self.class_token if self.registers is None else torch.cat([self.class_token, self.registers], dim=1)
        own = self.positions[:, : -self.num_patches]
        return first + own if own.shape[1] else first


def take(tokens: Tensor, indices: Tensor) -> Tensor:
    """Return `tokens[b, indices[b]]` for every b: (B, N, D), (B, K) -> (B, K, D)."""
    return tokens.gather(1, indices.unsqueeze(-1).expand(-1, -1, tokens.shape[-1]))


def resize_positions(positions: Tensor, num_patches: int, num_first: int = 1) -> Tensor:
    """Resize positions (1, T + M, D) to (1, T + N, D), bicubic and without antialiasing, as the authors' code does it; T = `num_first`."""
    if positions.shape[1] == num_first + num_patches:
        return positions
    old, new = int((positions.shape[1] - num_first) ** 0.5), int(num_patches**0.5)
    grid = positions[:, num_first:].reshape(1, old, old, -1).permute(0, 3, 1, 2)
    grid = functional.interpolate(grid, size=(new, new), mode="bicubic", align_corners=False)
    return torch.cat([positions[:, :num_first], grid.permute(0, 2, 3, 1).reshape(1, num_patches, -1)], dim=1)


def scratch_transformer(params: ModelParams) -> VisionTransformer:
    """Build a vision transformer of CLIP's layout at any size: LayerNorm before the blocks, QuickGELU, patches embedded without bias.

    Positions start as large as what they are added to. At the usual 0.02 the first LayerNorm all but removes them, and
    a run of minutes never learns where in the image it looks.
    """
    transformer = VisionTransformer(
        img_size=params.image_px,
        patch_size=params.patch_px,
        embed_dim=params.vision_width,
        depth=params.vision_depth,
        num_heads=params.vision_heads,
        num_classes=0,
        global_pool="",
        pre_norm=True,
        act_layer=QuickGELU,
        norm_layer=nn.LayerNorm,
    )
    initialise(transformer.blocks, params.vision_width)
    assert transformer.pos_embed is not None
    nn.init.normal_(transformer.pos_embed)
    return transformer
