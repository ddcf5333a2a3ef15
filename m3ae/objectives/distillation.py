"""Distillation: either half looks as the encoders of an earlier stage, which are frozen, see it. arXiv 2408.02245, our reading.

The paper hides patches from the student; here both read whole halves: a maximum over few patches is not that over all, and whole images and
texts are encoded for matching anyway.
Shapes: B pairs, H fusion width.
"""

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from m3ae.batches.pairs import PairBatch
from m3ae.model.fusion import Fusion
from m3ae.objectives.base import Loss, Objective, View
from m3ae.objectives.contrast import centred
from m3ae.objectives.halves import largest_of, mean_of
from m3ae.objectives.tallies import tally


class Distillation(Objective):
    """Smooth L1 distance of each feature's maximum over a half's tokens, summed over both halves."""

    views = (View.TEXT, View.IMAGE)
    tally_names = ("loss", "text_loss", "image_loss", "accuracy")

    def forward(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Loss:
        """Return the loss; `accuracy` is what distillation has to keep: texts that find their image in the micro-batch, without fusion."""
        assert batch.taught is not None  # the recipe sees to it
        text, image = (features[view] for view in self.views)
        losses = smooth_l1_loss(largest_of(text, batch.text_mask, image), batch.taught.float(), reduction="none").mean(dim=2)  # (B, 2)
        texts, images = (centred(half, half) for half in (mean_of(text, batch.text_mask), mean_of(image)))
        found = (texts @ images.T).argmax(dim=1) == torch.arange(len(text), device=text.device)
        total = losses.sum(dim=1)
        return Loss(total.mean(), torch.stack([tally(part) for part in (total, losses[:, 0], losses[:, 1], found)]))
