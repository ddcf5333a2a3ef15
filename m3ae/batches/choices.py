"""Images with their own text and others', as fine-tuning for retrieval reads them. Paper, section 3.

Shapes: B images, C choices, L text tokens, S image side in px.
"""

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from m3ae.batches.images import Crop
from m3ae.batches.numbered import Batches
from m3ae.batches.order import InOrder, Order, generator_for, name_of
from m3ae.batches.tokenizer import Tokenizer
from m3ae.shards.read import Shards, first_texts


class ChoiceBatch(NamedTuple):
    """What retrieval reads: each image with its own text (choice 0) and others."""

    text_ids: Tensor  # (B * C, L)
    text_mask: Tensor  # (B * C, L)
    images: Tensor  # (B, 3, S, S)


class ChoiceBatches(Batches[ChoiceBatch]):
    """Batch number -> `ChoiceBatch`: each image with its own text and `num_others` texts of other images."""

    def __init__(self, shards: Shards, tokenizer: Tokenizer, num_others: int, order: Order | InOrder, crop: Crop, text_tokens: int):
        self.shards, self.tokenizer, self.num_others = shards, tokenizer, num_others
        self.order, self.crop, self.text_tokens = order, crop, text_tokens
        self.texts = first_texts(shards)

    def __getitem__(self, number: int) -> ChoiceBatch:
        places = self.order(number)
        generator = generator_for(self.crop.seed, number)
        images = torch.stack([self.crop(self.shards.pixels(place), generator) for place in places])
        tokens = self.tokenizer([text for place in places for text in self.choices(place, generator)], self.text_tokens)
        return ChoiceBatch(tokens.ids, tokens.mask, images)

    def names(self, number: int) -> list[str]:
        return [name_of(self.shards, place) for place in self.order(number)]

    def choices(self, place: int, generator: Generator) -> list[str]:
        """Return the row's own text, then `num_others` drawn from the split that read differently.

        Raises `ValueError` where 20 * `num_others` draws find too few of them.
        """
        own, others = self.texts[place], []
        for _ in range(20 * self.num_others):
            drawn = self.texts[int(torch.randint(len(self.texts), (1,), generator=generator))]
            if drawn != own:
                others.append(drawn)
            if len(others) == self.num_others:
                return [own, *others]
        raise ValueError("retrieval needs at least two different texts in the training split")
