"""What stands for a text or an image before the two are fused.

Shapes: B pairs, T tokens or patches, H fusion width.
"""

import torch
from torch import Tensor


def mean_of(tokens: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the mean of the tokens (B, T, H) that are there, float32 (B, H); `mask` (B, T) is 1 where one is, None = all are."""
    if mask is None:
        return tokens.mean(dim=1).float()
    there = mask.unsqueeze(-1)
    return ((tokens * there).sum(dim=1) / there.sum(dim=1)).float()


def largest_of(text: Tensor, text_mask: Tensor, image: Tensor) -> Tensor:
    """Return the largest value of each feature over a text's tokens, then over an image's patches (B, 2, H), float32."""
    there = text_mask.unsqueeze(-1).bool()
    return torch.stack([text.masked_fill(~there, -torch.inf).amax(dim=1), image.amax(dim=1)], dim=1).float()
