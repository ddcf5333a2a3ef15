"""M3AE without its heads: two encoders, two projections, the fusion. Paper, section 2.1.

Shapes: B pairs, L text tokens, K kept patches, H fusion width, S image side in px.
"""

import torch
from torch import Tensor, nn

from m3ae.model.config import Described
from m3ae.model.fusion import Fusion
from m3ae.model.init import initialise
from m3ae.model.params import ModelParams
from m3ae.model.swin import SwinEncoder
from m3ae.model.text import TextEncoder, build_text_encoder
from m3ae.model.vision import VisionEncoder
from m3ae.model.vision_by_name import build_vision_encoder

TEXT_TYPE, IMAGE_TYPE = 0, 1


class Backbone(nn.Module):
    """Encodes either half of a pair and fuses the two; every objective starts from here."""

    def __init__(self, vision: VisionEncoder | SwinEncoder, text: TextEncoder, params: ModelParams):
        super().__init__()
        width = params.fusion_width
        self.vision, self.text = vision, text
        self.text_projection = nn.Linear(text.width, width)
        self.image_projection = nn.Linear(vision.width, width)
        self.modality = nn.Embedding(2, width)
        self.fusion = Fusion(width, params.fusion_depth, params.fusion_heads, params.dropout, vision.has_class_token)
        for part in (self.text_projection, self.image_projection, self.modality, self.fusion):
            initialise(part, width)

    def encode_text(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Encode token ids (B, L) and their mask (B, L; 1 = a token) as features (B, L, H)."""
        return self.text_projection(self.text(ids, mask)) + self.type_of(ids, TEXT_TYPE)

    def encode_image(self, images: Tensor, kept: Tensor | None = None) -> Tensor:
        """Encode images (B, 3, S, S), or of each the patches that `kept` (B, K) numbers, as features (B, 1 + K, H).

        An encoder without class token gives (B, N, H).
        """
        return self.image_projection(self.vision(images, kept)) + self.type_of(images, IMAGE_TYPE)

    def type_of(self, like: Tensor, kind: int) -> Tensor:
        """Return the embedding (1, H) of a modality, on the device of `like`."""
        return self.modality(like.new_full((1,), kind, dtype=torch.long))


def build_backbone(params: ModelParams, vocabulary: int, described: Described, load_weights: bool) -> Backbone:
    """Build a new backbone. `load_weights` fetches the named encoders' published weights; without it `described` suffices."""
    vision = build_vision_encoder(params, described.vision, load_weights)
    return Backbone(vision, build_text_encoder(params, vocabulary, described.text, load_weights), params)
