"""Image-text retrieval: which of several texts belongs to the image? Paper, section 3.

Shapes: B images, C texts an image, L text tokens, H fusion width.
"""

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from m3ae.batches.choices import ChoiceBatch
from m3ae.model.config import ModelConfig
from m3ae.model.fusion import Fusion, Read
from m3ae.model.init import initialise
from m3ae.model.params import ModelParams
from m3ae.objectives.base import Loss, Objective, View
from m3ae.objectives.tallies import tally


class Retrieval(Objective):
    """Cross-entropy over an image's choices, of which the first is its own text."""

    views = (View.TEXT, View.IMAGE)
    tally_names = ("loss", "accuracy")

    def __init__(self, params: ModelParams):
        super().__init__()
        self.head = nn.Linear(2 * params.fusion_width, 1)
        initialise(self.head, params.fusion_width)

    @torch.no_grad()
    def start_from(self, weight: Tensor, bias: Tensor) -> None:
        """Copy the matching head's "match" row, (2H,) and (). That head itself is frozen, so it is no part of this one."""
        self.head.weight.copy_(weight[None])
        self.head.bias.copy_(bias[None])

    @classmethod
    def of(cls, config: ModelConfig) -> Self:
        return cls(config.model)

    def forward(self, fusion: Fusion, features: dict[View, Tensor], batch: ChoiceBatch) -> Loss:
        num_images = len(batch.images)
        images = features[View.IMAGE].repeat_interleave(len(batch.text_ids) // num_images, dim=0)  # (B * C, 1 + N, H)
        scores = self.scores(fusion, features[View.TEXT], batch.text_mask, images).view(num_images, -1)
        own = scores.new_zeros(num_images, dtype=torch.long)
        losses = cross_entropy(scores, own, reduction="none")
        return Loss(losses.mean(), torch.stack([tally(losses), tally(scores.argmax(dim=1) == own)]))

    def scores(self, fusion: Fusion, text: Tensor, text_mask: Tensor, image: Tensor) -> Tensor:
        """Return how well each text suits the image beside it: one logit a pair, (B * C,) in training."""
        fused = fusion(text, text_mask.bool(), image, read=Read.POOLED)
        return self.head(fusion.pooled(fused)).float().squeeze(-1)
