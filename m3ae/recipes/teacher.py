"""Encoders as an earlier stage has left them. They are no part of a learner: nothing trains, partitions, saves or exports them.

Shapes: B pairs, H fusion width.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from m3ae.batches.pairs import PairBatch
from m3ae.model.backbone import Backbone
from m3ae.objectives.halves import largest_of


class Teacher:
    """What they make of each half of a pair, without dropout and without gradient; every process has all of them."""

    def __init__(self, backbone: Backbone, dtype: torch.dtype):
        """Keep a copy of the backbone's encoders as they are now."""
        self.encoders = deepcopy(backbone).to(dtype).eval().requires_grad_(False)
        self.encoders.fusion = nn.Identity()  # type: ignore[assignment]  # nobody reads it

    @torch.no_grad()
    def __call__(self, batch: PairBatch) -> Tensor:
        """Return the largest value of each feature over the tokens of a text, and over the patches of an image (B, 2, H)."""
        encoders = self.encoders.to(batch.images.device)
        return largest_of(encoders.encode_text(batch.text_ids, batch.text_mask), batch.text_mask, encoders.encode_image(batch.images))
