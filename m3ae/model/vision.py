"""The vision encoder: a timm vision transformer whose patches can be left out. Paper, section 2.1.

Shapes: B pairs, N patches, K kept patches, D vision width, S image side in px, P patch side in px.
"""

import timm
import torch
from timm.layers import QuickGELU
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn import functional

from m3ae.model.initial import initialise
from m3ae.model.params import ModelParams

SCRATCH = "scratch"


class VisionEncoder(nn.Module):
    """Images (B, 3, S, S) -> (B, 1 + K, D): the class token, then the kept patches in the order of `kept`.

    The transformer's own tokens and positions are held here, not reached for inside another module:
    ZeRO-3 gathers a parameter for the module that owns it.
    """

    def __init__(self, transformer: VisionTransformer):
        super().__init__()
        self.patch_embed = transformer.patch_embed
        self.class_token = nn.Parameter(transformer.cls_token.data)
        self.positions = nn.Parameter(transformer.pos_embed.data)
        self.norm_before = transformer.norm_pre
        self.blocks = transformer.blocks
        self.norm_after = transformer.norm
        self.width = transformer.embed_dim
        self.num_patches = transformer.patch_embed.num_patches

    def forward(self, images: Tensor, kept: Tensor | None = None) -> Tensor:
        patches = self.patch_embed(images.to(self.positions.dtype)) + self.positions[:, 1:]  # (B, N, D)
        if kept is not None:
            patches = take(patches, kept)  # (B, K, D): a hidden patch never reaches a block
        first = (self.class_token + self.positions[:, :1]).expand(len(images), -1, -1)
        tokens = self.norm_before(torch.cat([first, patches], dim=1))
        return self.norm_after(self.blocks(tokens))


def take(tokens: Tensor, indices: Tensor) -> Tensor:
    """`tokens[b, indices[b]]` for every b: (B, N, D), (B, K) -> (B, K, D)."""
    return tokens.gather(1, indices.unsqueeze(-1).expand(-1, -1, tokens.shape[-1]))


def resize_positions(positions: Tensor, num_patches: int) -> Tensor:
    """(1, 1 + M, D) -> (1, 1 + N, D), bicubic and without antialiasing, as the authors' code does it."""
    if positions.shape[1] == 1 + num_patches:
        return positions
    old, new = int((positions.shape[1] - 1) ** 0.5), int(num_patches**0.5)
    grid = positions[:, 1:].reshape(1, old, old, -1).permute(0, 3, 1, 2)
    grid = functional.interpolate(grid, size=(new, new), mode="bicubic", align_corners=False)
    return torch.cat([positions[:, :1], grid.permute(0, 2, 3, 1).reshape(1, num_patches, -1)], dim=1)


def build_vision_encoder(params: ModelParams, load_weights: bool) -> VisionEncoder:
    """The encoder that `params` names: CLIP-like from scratch, or a timm model's first `vision_depth` blocks.

    The authors leave out CLIP's last block, so their depth is 11 of 12. Raises OSError, with the
    remedy, where the weights can be had neither from a hub nor from disk.
    """
    if params.vision_encoder == SCRATCH:
        return VisionEncoder(scratch_transformer(params))
    source = create_transformer(params, load_weights)
    source.blocks = source.blocks[: params.vision_depth]
    encoder = VisionEncoder(source)
    check_size(params, encoder)
    return encoder


def scratch_transformer(params: ModelParams) -> VisionTransformer:
    """CLIP's layout at any size: LayerNorm before the blocks, QuickGELU, patches embedded without bias.

    Positions start as large as what they are added to. At the usual 0.02 the first LayerNorm all but removes them, and
    a run of minutes never learns where in the image it looks.
    """
    transformer = VisionTransformer(
        img_size=params.image_px, patch_size=params.patch_px, embed_dim=params.vision_width, depth=params.vision_depth,
        num_heads=params.vision_heads, num_classes=0, global_pool="", pre_norm=True, act_layer=QuickGELU, norm_layer=nn.LayerNorm,
    )  # fmt: skip
    initialise(transformer.blocks, params.vision_width)
    nn.init.normal_(transformer.pos_embed)
    return transformer


def create_transformer(params: ModelParams, load_weights: bool) -> VisionTransformer:
    try:
        native = timm.create_model(params.vision_encoder, pretrained=load_weights, num_classes=0)
    except Exception as error:
        raise OSError(
            f"params.yaml: vision_encoder = {params.vision_encoder!r} cannot be loaded ({error}); "
            "give a timm model name that a hub or the local cache holds, local-dir:<folder>, or 'scratch'"
        ) from error
    sized = timm.create_model(params.vision_encoder.removesuffix(".openai"), img_size=params.image_px, num_classes=0)
    state = native.state_dict()
    state["pos_embed"] = resize_positions(state["pos_embed"], sized.patch_embed.num_patches)
    sized.load_state_dict(state)
    return sized


def check_size(params: ModelParams, encoder: VisionEncoder) -> None:
    found = (encoder.width, len(encoder.blocks), encoder.patch_embed.patch_size[0])
    wanted = (params.vision_width, params.vision_depth, params.patch_px)
    if found != wanted:
        raise ValueError(f"{params.vision_encoder} has (width, depth, patch_px) {found}, params.yaml says {wanted}")
