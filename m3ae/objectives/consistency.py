"""Consistency: a pair whose halves are spoilt, or of which one is missing, is still that pair. Our reading of Robust-MMR, arXiv 2602.17689.

What a pair is compared with, its clean features, is computed without dropout and without gradient, for all pairs of a step.
Shapes: B pairs, A pairs of the step, L text tokens, N patches, H fusion width.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from m3ae.batches.pairs import PairBatch
from m3ae.model.fusion import Fusion, Read
from m3ae.objectives.base import Beside, Loss, Objective, View
from m3ae.objectives.contrast import centred, info_nce
from m3ae.objectives.tallies import tally

SPOILT, WITHOUT = 0, 1  # the showings beside a batch: its halves spoilt; no word of a text and no patch of an image
Form = Literal["infonce", "cosine"]


class FindsItsPair(Objective):
    """Compares vectors with the clean pairs of the step, in one of two forms."""

    key_views = (View.TEXT, View.IMAGE)

    def __init__(self, form: Form, temperature: float):
        super().__init__()
        self.form, self.temperature = form, temperature

    def compare(self, anchors: Tensor, keys: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        """Return what `compare` does, as the parameters say."""
        return compare(anchors, keys, own, self.form, self.temperature)


class Consistency(FindsItsPair):
    """Does a spoilt pair look as its clean self: the mean of its tokens, that of its patches, and the fused pair?"""

    views = (Beside(SPOILT, View.TEXT), Beside(SPOILT, View.IMAGE))
    tally_names = ("loss", "accuracy", "spread")
    name = "consistency"

    def forward(self, fusion: Fusion, features: dict[View | Beside, Tensor], batch: PairBatch) -> Loss:
        """Return the mean loss of the three vectors; accuracy counts the fused one, `spread` is its deviation, 0 once all pairs are one."""
        assert batch.beside is not None  # the recipe sees to it
        text, image = (features[view] for view in self.views)
        vectors = self.vectors(fusion, text, image, batch.beside[SPOILT].text_mask)
        keys, own = compared_with(batch, self.name)
        found = [self.compare(*part, own) for part in zip(parts(vectors), parts(keys), strict=True)]
        losses = torch.stack([losses for losses, _ in found]).mean(dim=0)
        return Loss(losses.mean(), torch.stack([tally(losses), tally(found[-1][1]), tally(parts(keys)[-1].std(dim=0))]))

    def keys(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Tensor:
        return self.vectors(fusion, features[View.TEXT], features[View.IMAGE], batch.text_mask)

    def vectors(self, fusion: Fusion, text: Tensor, image: Tensor, text_mask: Tensor) -> Tensor:
        """Return the mean token, the mean patch and the fused pair, side by side (B, 4H)."""
        there = text_mask.unsqueeze(-1)
        mean_token = (text * there).sum(dim=1) / there.sum(dim=1)
        return torch.cat([mean_token.float(), image.mean(dim=1).float(), fused_pair(fusion, text, text_mask, image)], dim=-1)


class Resilience(FindsItsPair):
    """Can a pair be told from the others of a step by either half alone?"""

    views = (View.TEXT, View.IMAGE, Beside(WITHOUT, View.TEXT), Beside(WITHOUT, View.IMAGE))
    tally_names = ("loss", "accuracy_without_text", "accuracy_without_image")
    name = "resilience"

    def forward(self, fusion: Fusion, features: dict[View | Beside, Tensor], batch: PairBatch) -> Loss:
        text, image, no_text, no_image = (features[view] for view in self.views)
        keys, own = compared_with(batch, self.name)
        halves = (fused_pair(fusion, no_text, batch.text_mask, image), fused_pair(fusion, text, batch.text_mask, no_image))
        (without_text, by_image), (without_image, by_text) = (self.compare(half, keys, own) for half in halves)
        losses = (without_text + without_image) / 2
        return Loss(losses.mean(), torch.stack([tally(losses), tally(by_image), tally(by_text)]))

    def keys(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Tensor:
        return fused_pair(fusion, features[View.TEXT], batch.text_mask, features[View.IMAGE])


def fused_pair(fusion: Fusion, text: Tensor, text_mask: Tensor, image: Tensor) -> Tensor:
    """Return the pair's feature (B, 2H), float32."""
    return fusion.pooled(fusion(text, text_mask.bool(), image, read=Read.POOLED)).float()


def compared_with(batch: PairBatch, name: str) -> tuple[Tensor, Tensor]:
    """Return the keys of all pairs of the step (A, ...), and the numbers among them of the batch's own pairs (B,)."""
    assert batch.step is not None  # the learner sees to it
    return batch.step.of[name], batch.step.own(len(batch.text_ids), batch.text_ids.device)


def parts(vectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Split what `Consistency.vectors` has joined."""
    token, patch, pair = vectors.split([vectors.shape[1] // 4, vectors.shape[1] // 4, vectors.shape[1] // 2], dim=1)
    return token, patch, pair


def compare(anchors: Tensor, keys: Tensor, own: Tensor, form: Form, temperature: float) -> tuple[Tensor, Tensor]:
    """Return each anchor's loss (B,), and whether its own key is the most similar (B,; bool); the cosine form looks at its own alone."""
    losses, found = info_nce(centred(anchors, keys), centred(keys, keys), own, temperature)
    return (1 - cosine_similarity(anchors, keys[own]) if form == "cosine" else losses), found
