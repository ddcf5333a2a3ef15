"""Masks that texts guide: what a text's marked tokens speak of is hidden, so that it is reconstructed from the text.

A guide that has learned nothing hides what is salient, or nothing in particular. So masks are random for a while, and whenever texts do
not suit their own images better than other ones: then scores say nothing of this text.
"""

from dataclasses import dataclass

import torch

from m3ae.batches.guided import guided_order
from m3ae.batches.pairs import PairBatch
from m3ae.objectives.image_text_contrast import Half, Halves, everyone_of, is_open, margins, scores


@dataclass(frozen=True)
class TextGuide:
    """Hides patches by their similarity to the marked tokens, of clean pairs, as `TokenContrast` has found it for the whole step."""

    guided: float  # this and the next one as in `guided_order`
    hints: float
    warm_up: float  # share of the training's steps in which masks are random

    def __call__(self, batch: PairBatch) -> PairBatch:
        """Return the batch with as many patches hidden; nothing here waits for a GPU."""
        assert batch.step is not None  # the learner sees to it
        everyone, own = everyone_of(batch)
        halves = Halves(*(Half(*(part[own] for part in half)) for half in everyone))
        num_kept = batch.kept.shape[1]
        order = guided_order(batch.patch_order, scores(halves), num_kept, self.guided, self.hints)
        is_used = is_open(margins(everyone)) & (batch.step.done >= self.warm_up)
        order = torch.where(is_used, order, batch.patch_order)
        return batch._replace(patch_order=order, kept=order[:, :num_kept])
