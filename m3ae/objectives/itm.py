"""Image-text matching: does the text belong to the image? Paper, section 2.3.

Shapes: B pairs, H fusion width.
"""

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from m3ae.batches.pairs import PairBatch
from m3ae.model.config import ModelConfig
from m3ae.model.fusion import Fusion, Read
from m3ae.model.init import initialise
from m3ae.model.params import ModelParams
from m3ae.objectives.base import Loss, Objective, View
from m3ae.objectives.tallies import tally

MATCH = 1  # the row of the head that says "they belong together"


class ImageTextMatching(Objective):
    """Cross-entropy over match and mismatch, from the pair's feature (B, 2H)."""

    views = (View.TEXT, View.IMAGE, View.NEGATIVE_IMAGE)
    tally_names = ("loss", "accuracy")

    def __init__(self, params: ModelParams):
        super().__init__()
        self.head = nn.Linear(2 * params.fusion_width, 2)
        initialise(self.head, params.fusion_width)

    @classmethod
    def of(cls, config: ModelConfig) -> Self:
        return cls(config.model)

    def forward(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Loss:
        logits = self.logits(fusion, features, batch)
        losses = cross_entropy(logits, batch.matches, reduction="none")
        return Loss(losses.mean(), torch.stack([tally(losses), tally(logits.argmax(dim=-1) == batch.matches)]))

    def logits(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Tensor:
        """Return mismatch and match logits (B, 2), each text beside the image that the batch says; every image is encoded once."""
        own = torch.arange(len(batch.matches), device=batch.matches.device)
        images = torch.cat([features[view] for view in (View.IMAGE, View.NEGATIVE_IMAGE) if view in features])
        image = images[torch.where(batch.matches.bool(), own, batch.other_image)]
        return self.scores(fusion, features[View.TEXT], batch.text_mask, image)

    def scores(self, fusion: Fusion, text: Tensor, text_mask: Tensor, image: Tensor) -> Tensor:
        """Return mismatch and match logits (B, 2) of each text and the image beside it."""
        fused = fusion(text, text_mask.bool(), image, read=Read.POOLED)
        return self.head(fusion.pooled(fused)).float()
