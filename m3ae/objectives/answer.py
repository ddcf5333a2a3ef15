"""Downstream heads on the pair's feature: question answering and classification. Paper, section 3.

Shapes: B pairs, H fusion width, A answers or classes.
"""

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from m3ae.batches.tasks import TaskBatch
from m3ae.model.config import ModelConfig
from m3ae.model.fusion import Fusion, Read
from m3ae.model.init import initialise
from m3ae.model.params import ModelParams
from m3ae.objectives.base import Loss, Objective, View
from m3ae.objectives.tallies import tally


class Labels(Objective):
    """One logit an answer; the score is the target's value at the answer that is believed most."""

    views = (View.TEXT, View.IMAGE)
    tally_names = ("loss", "score")

    def __init__(self, params: ModelParams, num_answers: int):
        super().__init__()
        width = 2 * params.fusion_width
        self.head = nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width), nn.GELU(), nn.Linear(width, num_answers))
        initialise(self.head, params.fusion_width)

    @classmethod
    def of(cls, config: ModelConfig) -> Self:
        return cls(config.model, config.num_labels)

    def forward(self, fusion: Fusion, features: dict[View, Tensor], batch: TaskBatch) -> Loss:
        logits = self.logits(fusion, features, batch)
        losses = self.losses(logits, batch.targets)
        score = batch.targets.gather(1, logits.argmax(dim=1, keepdim=True))
        return Loss(losses.mean(), torch.stack([tally(losses), tally(score)]))

    def logits(self, fusion: Fusion, features: dict[View, Tensor], batch: TaskBatch) -> Tensor:
        """Return the logit of each answer (B, A)."""
        fused = fusion(features[View.TEXT], batch.text_mask.bool(), features[View.IMAGE], read=Read.POOLED)
        return self.head(fusion.pooled(fused)).float()

    def losses(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return each pair's loss (B,)."""
        raise NotImplementedError

    def probabilities(self, logits: Tensor) -> Tensor:
        raise NotImplementedError

    def best(self, logits: Tensor, number: int) -> list[list[tuple[int, float]]]:
        """Return for each pair the most probable answers, the best first: which one, and how probable it is."""
        scores, places = self.probabilities(logits).sort(dim=1, descending=True, stable=True)
        pairs = zip(places[:, :number].tolist(), scores[:, :number].tolist(), strict=True)
        return [list(zip(*pair, strict=True)) for pair in pairs]


class QuestionAnswering(Labels):
    """Binary cross-entropy summed over the answers: several may be right."""

    def losses(self, logits: Tensor, targets: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=1)

    def probabilities(self, logits: Tensor) -> Tensor:
        return logits.sigmoid()


class Classification(Labels):
    """Cross-entropy over the classes: exactly one is right."""

    def losses(self, logits: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(logits, targets.argmax(dim=1), reduction="none")

    def probabilities(self, logits: Tensor) -> Tensor:
        return logits.softmax(dim=1)
