"""Pairs of texts and images as pre-training reads them, words and patches masked. Paper, section 2.2.

Shapes: B pairs, L text tokens, M hidden ones or a few more, N patches, K kept patches, S image side in px.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from m3ae.batches.cut import couples, cut
from m3ae.batches.excluded import NOTHING, Excluded
from m3ae.batches.images import to_tensor
from m3ae.batches.masking import asked, hidden_words, hide, num_kept, other_images, patch_order
from m3ae.batches.numbered import Batches
from m3ae.batches.order import InOrder, Order, generator_for, name_of
from m3ae.batches.tokenizer import Tokenizer
from m3ae.method import Method
from m3ae.shards.read import Shards


class PairBatch(NamedTuple):
    """What pre-training reads."""

    text_ids: Tensor  # (B, L)
    text_mask: Tensor  # (B, L); 1 = a token, 0 = padding
    masked_ids: Tensor  # (B, L): the text with words masked
    word_places: Tensor  # (M,): which tokens of the flattened texts are masked
    word_labels: Tensor  # (M,): what they are; NO_LABEL where none is asked for
    num_asked: Tensor  # (): how many are, a mean over the step's micro-batches: each hidden token of a step counts alike
    images: Tensor  # (B, 3, S, S)
    patch_order: Tensor  # (B, N): kept patches first
    kept: Tensor  # (B, K)
    other_image: Tensor  # (B,): the image that ITM may show instead; its number in `images` followed by `negatives`
    matches: Tensor  # (B,): 1 = ITM shows the pair's own image, 0 = the other one
    negatives: Tensor | None = None  # (F, 3, S, S): images from outside the batch

    def with_other_images(self) -> "PairBatch":
        """Return the same texts, each beside another pair's image."""
        return self._replace(images=self.images[self.other_image])


@dataclass(frozen=True)
class PairSample:
    shards: Shards
    row: int
    text: int  # which of the row's texts


class Step(NamedTuple):
    """The texts of pairs and what is drawn for them, a row a pair."""

    text_ids: Tensor  # (B, L)
    text_mask: Tensor  # (B, L)
    masked_ids: Tensor  # (B, L)
    hidden: Tensor  # (B, L; bool)
    patch_order: Tensor  # (B, N)
    other_image: Tensor  # (B,): the number of a row
    matches: Tensor  # (B,)

    def part(self, rows: Tensor, pad_to: int) -> "Step":
        """Return these rows alone, as long as the longest of them, rounded up to a multiple of `pad_to`.

        A row whose other image is in none of them keeps its own.
        """
        longest = -(-int(self.text_mask[rows].sum(dim=1).max()) // pad_to) * pad_to
        texts = (text[rows, :longest] for text in (self.text_ids, self.text_mask, self.masked_ids, self.hidden))
        own = torch.arange(len(rows))
        number = torch.full((len(self.matches),), -1).index_copy(0, rows, own)[self.other_image[rows]]  # among these rows
        is_here = number >= 0
        other, matches = torch.where(is_here, number, own), torch.where(is_here, self.matches[rows], 1)
        return Step(*texts, self.patch_order[rows], other, matches)


class Drawn(NamedTuple):
    """A micro-batch whose images are not loaded yet."""

    batch: PairBatch
    samples: list[PairSample]
    strangers: list[PairSample]  # whose images are its negatives


class PairBatches(Batches[PairBatch]):
    """Micro-batch number -> `PairBatch`. A row with several texts is several samples, as in the authors' code.

    A step is drawn as one batch and then cut, so that its pairs, and all that is random of them, do not depend on how.
    """

    def __init__(self, releases: Sequence[Shards], tokenizer: Tokenizer, view: "PairView", order_seed: int, excluded: Excluded = NOTHING):
        self.samples = [
            PairSample(shards, row, text)
            for shards in releases
            for row in shards.rows_without(excluded.get(shards.folder.name, frozenset()))
            for text in range(shards.num_texts(row))
        ]
        self.tokenizer, self.view = tokenizer, view
        self.order: Order | InOrder = Order(len(self.samples), view.size * view.num_a_step, order_seed)  # of steps

    def in_order(self) -> "PairBatches":
        """Switch to reading every sample once, in the order of the shards; return the data set itself."""
        self.view = replace(self.view, num_a_step=1)
        self.order = InOrder(len(self.samples), self.view.size)
        return self

    def __getitem__(self, number: int) -> PairBatch:
        return self.shown(self.micro_batch(number))

    def names(self, number: int) -> list[str]:
        return [name_of(sample.shards, sample.row) for sample in self.micro_batch(number).samples]

    def micro_batch(self, number: int) -> Drawn:
        """Return what is drawn for a micro-batch; that of the latest step is kept, for its other micro-batches."""
        step, turn = divmod(number, self.view.num_a_step)
        if getattr(self, "_step", None) != step:
            generator = generator_for(self.view.seed, step)
            self._drawn = self.draw([self.samples[place] for place in self.order(step)], generator, self.view.num_a_step)
            self._step = step
        return self._drawn[turn]

    def spread(self, num_pairs: int) -> PairBatch:
        """Return a batch of pairs from all over the split, for pictures."""
        step = max(1, len(self.samples) // num_pairs)
        [drawn] = self.draw(self.samples[::step][:num_pairs], generator_for(self.view.seed), 1)
        return self.shown(drawn)

    def draw(self, samples: Sequence[PairSample], generator: Generator, num_micro_batches: int) -> list[Drawn]:
        """Draw all that is random of a step's pairs, then cut them into micro-batches."""
        method, rows = self.view.method, [sample.shards.row(sample.row) for sample in samples]
        texts = [row["texts"][sample.text] for row, sample in zip(rows, samples, strict=True)]
        tokens = self.tokenizer(texts, self.view.text_tokens, self.view.pad_to)
        words = tokens.words if method.masked_words == "whole" else self.tokenizer.wordpieces(tokens.ids)
        hidden = hidden_words(words, method.text_mask_ratio, generator)
        order = patch_order(len(rows), self.view.num_patches, generator)
        masked = hide(tokens.ids, hidden, self.tokenizer.mask_id, self.tokenizer.ordinary_ids, generator)
        other, matches = self.others([row["image_id"] for row in rows], num_micro_batches, generator)
        step = Step(tokens.ids, tokens.mask, masked, hidden, order, other, matches)
        lengths = tokens.mask.sum(dim=1).tolist()
        parts = [torch.arange(len(rows))] if num_micro_batches == 1 else cut(lengths, other, self.view.size)
        num_asked = hidden.sum().clamp(min=1) / len(parts)
        return [self.drawn(samples, step.part(part, self.view.pad_to), part, num_asked, generator) for part in parts]

    def others(self, image_ids: list[str], num_micro_batches: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Draw for each pair of a step whose image ITM shows beside its text (B,), and whether that is its own (B,; 1 = own).

        In a step of one micro-batch it may be any pair's. Where the negatives are the split's, they are drawn later.
        """
        if num_micro_batches == 1:
            return other_images(image_ids, generator)
        if self.view.method.negatives == "batch":
            return couples(image_ids, generator)
        return torch.arange(len(image_ids)), torch.ones(len(image_ids), dtype=torch.long)

    def drawn(self, samples: Sequence[PairSample], step: Step, part: Tensor, num_asked: Tensor, generator: Generator) -> Drawn:
        """Return the micro-batch that consists of the pairs `part` (B,), whose rows of the step are `step`."""
        batch = PairBatch(
            step.text_ids,
            step.text_mask,
            step.masked_ids,
            *asked(step.text_ids, step.hidden, self.view.method.text_mask_ratio),
            num_asked,
            torch.empty(0),
            step.patch_order,
            step.patch_order[:, : num_kept(self.view.num_patches, self.view.method.mask_ratio)],
            step.other_image,
            step.matches,
        )
        drawn = Drawn(batch, [samples[place] for place in part.tolist()], [])
        return drawn if self.view.method.negatives == "batch" else self.with_negatives_of_split(drawn, generator)

    def shown(self, drawn: Drawn) -> PairBatch:
        """Return the micro-batch with its images."""
        return drawn.batch._replace(images=self.images(drawn.samples), negatives=self.images(drawn.strangers) if drawn.strangers else None)

    def images(self, samples: Sequence[PairSample]) -> Tensor:
        """Return the samples' images (B, 3, S, S)."""
        return torch.stack([to_tensor(sample.shards.pixels(sample.row), self.view.image_px) for sample in samples])

    def with_negatives_of_split(self, drawn: Drawn, generator: Generator) -> Drawn:
        """Draw negatives as the authors do: the image of any pair of the split, which may by chance be the same image again."""
        batch, num_pairs = drawn.batch, len(drawn.samples)
        swapped = torch.randperm(num_pairs, generator=generator)[: num_pairs // 2]
        strangers = torch.randint(len(self.samples), (num_pairs // 2,), generator=generator).tolist()
        matches = torch.ones(num_pairs, dtype=torch.long).index_fill(0, swapped, 0)
        other = batch.other_image.index_copy(0, swapped, num_pairs + torch.arange(num_pairs // 2))
        return Drawn(batch._replace(matches=matches, other_image=other), drawn.samples, [self.samples[place] for place in strangers])


@dataclass(frozen=True)
class PairView:
    """How pairs are shown: sizes, what the method masks, and the seed of what is random."""

    size: int  # pairs in a micro-batch
    num_a_step: int  # micro-batches in a step, over all processes
    image_px: int
    num_patches: int
    text_tokens: int
    pad_to: int  # texts are as long as the longest, rounded up to a multiple of it
    seed: int
    method: Method
