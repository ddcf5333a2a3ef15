"""Shard rows -> typed batches. Everything random is a function of (seed, number of the micro-batch), so that
a resumed run, and one on another number of processes, sees the same batches.

Shapes: B pairs, L text tokens, N patches, K kept patches, S image side in px, C choices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.utils.data import Dataset

from m3ae.images import Crop, to_tensor
from m3ae.left_out import NOTHING, LeftOut
from m3ae.masking import hidden_words, hide, num_kept, other_images, patch_order
from m3ae.model.params import Negatives, Words
from m3ae.shards import Shards
from m3ae.tokenizer import Tokenizer


class PairBatch(NamedTuple):
    """What pre-training reads."""

    text_ids: Tensor  # (B, L)
    text_mask: Tensor  # (B, L); 1 = a token, 0 = padding
    shown_ids: Tensor  # (B, L): the text with words hidden
    word_labels: Tensor  # (B, L): the hidden words' ids, NO_LABEL elsewhere
    images: Tensor  # (B, 3, S, S)
    patch_order: Tensor  # (B, N): kept patches first
    kept: Tensor  # (B, K)
    other_image: Tensor  # (B,): another image of the batch; its number in `images` followed by `false_images`
    is_own: Tensor  # (B,): 1 = matching shows the pair's own image, 0 = the other one
    false_images: Tensor | None = None  # (F, 3, S, S): images from outside the batch

    def with_other_images(self) -> "PairBatch":
        """The same texts, each beside another pair's image."""
        return self._replace(images=self.images[self.other_image])


class TaskBatch(NamedTuple):
    """What question answering and classification read."""

    text_ids: Tensor  # (B, L)
    text_mask: Tensor  # (B, L)
    images: Tensor  # (B, 3, S, S)
    targets: Tensor  # (B, answers): 1 where an answer counts as right


class ChoiceBatch(NamedTuple):
    """What retrieval reads: each image with its own text (choice 0) and others."""

    text_ids: Tensor  # (B * C, L)
    text_mask: Tensor  # (B * C, L)
    images: Tensor  # (B, 3, S, S)


def generator_for(*numbers: int) -> Generator:
    """A generator whose state depends on `numbers` alone."""
    return Generator().manual_seed(seed_for(*numbers))


def seed_for(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def name_of(shards: Shards, row: int) -> str:
    """Release and id, for messages."""
    return f"{shards.folder.name} {shards.row(row)['id']}"


class Order:
    """Which samples form the k-th micro-batch: epochs shuffled by (seed, epoch), laid end to end."""

    def __init__(self, num_samples: int, size: int, seed: int):
        self.num_samples, self.size, self.seed = num_samples, size, seed

    def __call__(self, number: int) -> list[int]:
        return [self.sample(place) for place in range(number * self.size, (number + 1) * self.size)]

    def sample(self, place: int) -> int:
        epoch, within = divmod(place, self.num_samples)
        return int(self.permutation(epoch)[within])

    def permutation(self, epoch: int) -> Tensor:
        if getattr(self, "_epoch", None) != epoch:
            self._epoch, self._permutation = epoch, torch.randperm(self.num_samples, generator=generator_for(self.seed, epoch))
        return self._permutation


class InOrder:
    """Which samples form the k-th batch of an evaluation: each once, in the order of the shards."""

    def __init__(self, num_samples: int, size: int):
        self.num_samples, self.size = num_samples, size

    def __len__(self) -> int:
        return -(-self.num_samples // self.size)

    def __call__(self, number: int) -> list[int]:
        return list(range(self.num_samples)[number * self.size : (number + 1) * self.size])


@dataclass(frozen=True)
class PairSample:
    shards: Shards
    row: int
    text: int  # which of the row's texts


class PairBatches(Dataset):
    """Micro-batch number -> `PairBatch`. A row with several texts is several samples, as in the authors' code."""

    def __init__(self, releases: Sequence[Shards], tokenizer: Tokenizer, view: "PairView", order_seed: int, left_out: LeftOut = NOTHING):
        self.samples = [PairSample(shards, row, text) for shards in releases
                        for row in shards.rows_without(left_out.get(shards.folder.name, frozenset()))
                        for text in range(shards.num_texts(row))]  # fmt: skip
        self.tokenizer, self.view = tokenizer, view
        self.order: Order | InOrder = Order(len(self.samples), view.size, order_seed)

    def in_order(self) -> "PairBatches":
        self.order = InOrder(len(self.samples), self.view.size)
        return self

    def __getitem__(self, number: int) -> PairBatch:
        return self.batch([self.samples[place] for place in self.order(number)], generator_for(self.view.seed, number))

    def names(self, number: int) -> list[str]:
        samples = [self.samples[place] for place in self.order(number)]
        return [name_of(sample.shards, sample.row) for sample in samples]

    def spread(self, num_pairs: int) -> PairBatch:
        """A batch of pairs from all over the split, for pictures."""
        step = max(1, len(self.samples) // num_pairs)
        return self.batch(self.samples[::step][:num_pairs], generator_for(self.view.seed))

    def batch(self, samples: Sequence[PairSample], generator: Generator) -> PairBatch:
        rows = [sample.shards.row(sample.row) for sample in samples]
        texts = [row["texts"][sample.text] for row, sample in zip(rows, samples, strict=True)]
        tokens = self.tokenizer(texts, self.view.text_tokens, self.view.pad_to)
        words = tokens.words if self.view.words == "whole" else self.tokenizer.pieces(tokens.ids)
        hidden = hidden_words(words, self.view.text_mask_ratio, generator)
        order = patch_order(len(rows), self.view.num_patches, generator)
        batch = PairBatch(
            tokens.ids, tokens.mask,
            *hide(tokens.ids, hidden, self.tokenizer.mask_id, self.tokenizer.ordinary_ids, generator),
            self.images(samples), order, order[:, : num_kept(self.view.num_patches, self.view.mask_ratio)],
            *other_images([row["image_id"] for row in rows], generator),
        )  # fmt: skip
        return batch if self.view.negatives == "batch" else self.with_false_images(batch, generator)

    def images(self, samples: Sequence[PairSample]) -> Tensor:
        """(B, 3, S, S)."""
        return torch.stack([to_tensor(sample.shards.pixels(sample.row), self.view.image_px) for sample in samples])

    def with_false_images(self, batch: PairBatch, generator: Generator) -> PairBatch:
        """Negatives as the authors draw them: the image of any pair of the split, which may by chance be the same image again."""
        num_pairs = len(batch.is_own)
        swapped = torch.randperm(num_pairs, generator=generator)[: num_pairs // 2]
        drawn = torch.randint(len(self.samples), (num_pairs // 2,), generator=generator).tolist()
        return batch._replace(
            is_own=torch.ones(num_pairs, dtype=torch.long).index_fill(0, swapped, 0),
            other_image=batch.other_image.index_copy(0, swapped, num_pairs + torch.arange(num_pairs // 2)),
            false_images=self.images([self.samples[place] for place in drawn]) if drawn else None,
        )


@dataclass(frozen=True)
class PairView:
    """How pairs are shown: sizes, shares to hide, and the seed of what is random."""

    size: int  # pairs in a micro-batch
    image_px: int
    num_patches: int
    text_tokens: int
    pad_to: int  # texts are as long as the longest, rounded up to a multiple of it
    mask_ratio: float
    text_mask_ratio: float
    seed: int
    words: Words
    negatives: Negatives


class TaskBatches(Dataset):
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

    def target(self, row: dict) -> Tensor:
        """1 at every right answer; an answer that the list lacks cannot be scored."""
        target = torch.zeros(len(self.places))
        target[[self.places[answer] for answer in row["answers"] if answer in self.places]] = 1.0
        return target


class ChoiceBatches(Dataset):
    """Batch number -> `ChoiceBatch`: each image with its own text and `num_others` texts of other images."""

    def __init__(self, shards: Shards, tokenizer: Tokenizer, num_others: int, order: Order | InOrder, crop: Crop, text_tokens: int):
        self.shards, self.tokenizer, self.num_others = shards, tokenizer, num_others
        self.order, self.crop, self.text_tokens = order, crop, text_tokens
        self.texts = [shards.row(row)["texts"][0] for row in range(len(shards))]

    def __getitem__(self, number: int) -> ChoiceBatch:
        places = self.order(number)
        generator = generator_for(self.crop.seed, number)
        images = torch.stack([self.crop(self.shards.pixels(place), generator) for place in places])
        tokens = self.tokenizer([text for place in places for text in self.choices(place, generator)], self.text_tokens)
        return ChoiceBatch(tokens.ids, tokens.mask, images)

    def names(self, number: int) -> list[str]:
        return [name_of(self.shards, place) for place in self.order(number)]

    def choices(self, place: int, generator: Generator) -> list[str]:
        """The row's own text, then others that read differently (drawn anew while they do not, up to a limit)."""
        own, others = self.texts[place], []
        for _ in range(20 * self.num_others):
            drawn = self.texts[int(torch.randint(len(self.texts), (1,), generator=generator))]
            if drawn != own:
                others.append(drawn)
            if len(others) == self.num_others:
                return [own, *others]
        raise ValueError("retrieval needs at least two different texts in the training split")
