"""The vision encoder that params.yaml names: from scratch, a timm vision transformer with a class token, or a timm Swin."""

from typing import Any

import timm
import torch
from timm.models import resolve_model_input_args
from timm.models.swin_transformer import SwinTransformer
from timm.models.swin_transformer_v2 import SwinTransformerV2
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from m3ae.model.described import vision_only
from m3ae.model.params import SCRATCH, ModelParams
from m3ae.model.swin import NEEDS_PATCHES, SwinEncoder
from m3ae.model.vision import VisionEncoder, resize_positions, scratch_transformer

REMEDY = (
    "give the name of a timm vision transformer with a class token or of a Swin, one whose weights a hub or the local cache holds; "
    "local-dir:<folder>; or 'scratch'"
)


def build_vision_encoder(params: ModelParams, described: dict[str, Any] | None, load_weights: bool) -> VisionEncoder | SwinEncoder:
    """Build the vision encoder that `params` names, or that `described` (see `architecture`) rebuilds without its published weights.

    Of a vision transformer the first `vision_depth` blocks are used; the authors leave out CLIP's last one.
    Raises `OSError`, with the remedy, where it cannot be had, and `ValueError` where its sizes are not those of `params`.
    """
    if params.vision_encoder == SCRATCH:
        return VisionEncoder(scratch_transformer(params))
    try:
        encoder = wrapped(created(params, described, load_weights), params.vision_depth)
    except Exception as error:  # timm's own, of many kinds
        raise OSError(f"vision_encoder = {params.vision_encoder!r} cannot be used ({error}); {REMEDY}") from error
    check_size(params, encoder)
    return encoder


def architecture(name: str) -> dict[str, Any] | None:
    """Return timm's name and arguments of a named encoder: all that it takes to build it again where no hub can be asked."""
    if name == SCRATCH:
        return None
    return vision_only(resolve_model_input_args(name))


def created(params: ModelParams, described: dict[str, Any] | None, load_weights: bool) -> nn.Module:
    """Create timm's model at the image size of `params`; positions are resized as the authors do it, which is not timm's way."""
    if not load_weights:
        described = described or architecture(params.vision_encoder)
        assert described is not None  # one from scratch is not built here
        return timm.create_model(**{**described, "img_size": params.image_px, "num_classes": 0}, pretrained=False)
    sized = timm.create_model(params.vision_encoder, pretrained=True, img_size=params.image_px, num_classes=0)
    if isinstance(sized, VisionTransformer) and sized.pos_embed is not None:
        native: Any = timm.create_model(params.vision_encoder, pretrained=True, num_classes=0).pos_embed
        num_patches = sized.patch_embed.num_patches
        sized.pos_embed.data = resize_positions(native.data, num_patches, sized.pos_embed.shape[1] - num_patches)
    return sized


def wrapped(transformer: nn.Module, depth: int) -> VisionEncoder | SwinEncoder:
    """Wrap timm's model as one of our encoders, a vision transformer cut to `depth` blocks. Raises `TypeError` where it is neither."""
    if isinstance(transformer, SwinTransformer | SwinTransformerV2):
        return SwinEncoder(transformer)
    if not isinstance(transformer, VisionTransformer):
        raise TypeError(f"it is a {type(transformer).__name__}")
    if transformer.cls_token is None or transformer.pos_embed is None:
        raise TypeError("it has no class token, or no learned positions")
    transformer.blocks = transformer.blocks[:depth]
    return VisionEncoder(transformer)


def check_size(params: ModelParams, encoder: VisionEncoder | SwinEncoder) -> None:
    names = ("vision_width", "vision_depth", "vision_heads", "patch_px")
    found = dict(zip(names, (encoder.width, encoder.depth, encoder.heads, encoder.patch_px), strict=True))
    wrong = [f"{name} {getattr(params, name)} (it has {found[name]})" for name in names if getattr(params, name) != found[name]]
    if wrong:
        raise ValueError(f"{params.vision_encoder} does not have the sizes that are given: {', '.join(wrong)}")


def check_vision_encoder(params: ModelParams, reconstructs_pixels: bool) -> None:
    """Raise `OSError` or `ValueError` where the named encoder will not do; its weights are not loaded."""
    if params.vision_encoder.endswith(".openai") and "quickgelu" not in params.vision_encoder:
        # timm loads these weights under GELU without a warning
        raise ValueError(
            f"vision_encoder = {params.vision_encoder!r}: OpenAI's weights were trained with QuickGELU; "
            "name the same model with `quickgelu`"
        )
    with torch.device("meta"):
        encoder = build_vision_encoder(params, None, load_weights=False)
    if reconstructs_pixels and not encoder.has_class_token:
        raise ValueError(
            f"vision_encoder = {params.vision_encoder!r} cannot reconstruct pixels: {NEEDS_PATCHES}; "
            "give objectives.mim: 0, or a vision transformer"
        )
