"""Questions, or figures to classify, as fine-tuning reads them. Paper, section 3.

Shapes: B pairs, L text tokens, A answers or classes, S image side in px.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from m3ae.batches.images import Crop
from m3ae.batches.numbered import Batches
from m3ae.batches.order import InOrder, Order, generator_for, name_of
from m3ae.batches.tokenizer import Tokenizer
from m3ae.shards.read import Shards


class TaskBatch(NamedTuple):
    """What question answering and classification read."""

    text_ids: Tensor  # (B, L)
    text_mask: Tensor  # (B, L)
    images: Tensor  # (B, 3, S, S)
    targets: Tensor  # (B, answers): 1 where an answer counts as right


class TaskBatches(Batches[TaskBatch]):
    """Batch number -> `TaskBatch` of a question-answering or classification split."""

    def __init__(self, shards: Shards, tokenizer: Tokenizer, answers: Sequence[str], order: Order | InOrder, crop: Crop, text_tokens: int):
        self.shards, self.tokenizer, self.order, self.crop, self.text_tokens = shards, tokenizer, order, crop, text_tokens
        self.places = {answer: place for place, answer in enumerate(answers)}

    def __getitem__(self, number: int) -> TaskBatch:
        places = self.order(number)
        rows = [self.shards.row(place) for place in places]
        tokens = self.tokenizer([row["texts"][0] for row in rows], self.text_tokens)
        generator = generator_for(self.crop.seed, number)
        images = [self.crop(self.shards.pixels(place), generator) for place in places]
        return TaskBatch(tokens.ids, tokens.mask, torch.stack(images), torch.stack([self.target(row) for row in rows]))

    def names(self, number: int) -> list[str]:
        return [name_of(self.shards, place) for place in self.order(number)]

    def target(self, row: dict[str, Any]) -> Tensor:
        """Return a row's target (A,), 1 at every right answer; an answer that the list lacks cannot be scored."""
        target = torch.zeros(len(self.places))
        target[[self.places[answer] for answer in row["answers"] if answer in self.places]] = 1.0
        return target
