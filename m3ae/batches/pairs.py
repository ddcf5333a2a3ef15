"""Pairs of texts and images as pre-training reads them, words and patches masked. Paper, section 2.2.

Shapes: B pairs, L text tokens, M hidden ones or a few more, N patches, K kept patches, S image side in px.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from m3ae.batches.cut import Part, among, couples, cut
from m3ae.batches.excluded import NOTHING, Excluded
from m3ae.batches.images import shown, stacked
from m3ae.batches.masking import asked, hidden_words, hide, num_kept, of_one_shape, other_images, patch_order, shown_images
from m3ae.batches.numbered import Batches
from m3ae.batches.order import InOrder, Order, generator_for, name_of
from m3ae.batches.samples import PairSample, Samples
from m3ae.batches.token_cache import TokenCache
from m3ae.batches.tokenizer import Tokenizer, Tokens
from m3ae.method import Method
from m3ae.shards.read import Shards

COUPLES = 1  # tells the draw of a step's couples from that of its masks


class StepKeys(NamedTuple):
    """What is known of all pairs of a step, in the order of its micro-batches, without gradient."""

    start: int  # the number among them of this micro-batch's first pair
    of: dict[str, Tensor]  # by objective: what it compares its pairs with (pairs of the step, ...)

    def own(self, num_pairs: int, device: torch.device) -> Tensor:
        """Return the numbers (B,) of this micro-batch's pairs."""
        return torch.arange(self.start, self.start + num_pairs, device=device)


class PairBatch(NamedTuple):
    """What pre-training reads."""

    text_ids: Tensor  # (B, L)
    text_mask: Tensor  # (B, L); 1 = a token, 0 = padding
    masked_ids: Tensor  # (B, L): the text with words masked
    word_places: Tensor  # (M,): which tokens of the flattened texts are masked
    word_labels: Tensor  # (M,): what they are; NO_LABEL where none is asked for
    num_asked: Tensor  # (): by what the sum of their losses is divided: how many they are, or would be in a micro-batch of mean length
    images: Tensor  # (B, 3, S, S); before `PairBatches.shown` as stored, uint8 (B, 1 or 3, stored side, stored side)
    patch_order: Tensor  # (B, N): kept patches first
    kept: Tensor  # (B, K)
    other_image: Tensor  # (B,): the image that ITM may show instead; its number in `images` followed by `negatives`
    matches: Tensor  # (B,): 1 = ITM shows the pair's own image, 0 = the other one
    negatives: Tensor | None = None  # (F, 3, S, S), likewise: images from outside the batch
    targets: Tensor | None = None  # (B, 3, S, S): the images to be reconstructed, where `images` are these spoilt
    noise: Tensor | None = None  # (B, 3, S, S): what is added to the images as the encoder reads them
    noise_level: Tensor | None = None  # (B,): its standard deviation, as a share of the largest one
    beside: "tuple[PairBatch, ...] | None" = None  # the same pairs as a recipe shows them beside
    taught: Tensor | None = None  # (B, 2, H): what frozen encoders make of each half, text first
    step: StepKeys | None = None

    def with_other_images(self) -> "PairBatch":
        """Return the same texts, each beside another pair's image."""
        return self._replace(images=self.images[self.other_image])


class PairBatches(Batches[PairBatch]):
    """Micro-batch number -> `PairBatch`. A row with several texts is several samples, as in the authors' code.

    # Differs: the pairs of a step may be sorted by length before they are cut into micro-batches, as they are at `scale: paper`. Which
    # pairs a step has, and whose image stands beside whose text, do not depend on it; docs/method.md says what does.
    """

    def __init__(self, releases: Sequence[Shards], tokenizer: Tokenizer, view: "PairView", order_seed: int, excluded: Excluded = NOTHING):
        self.samples = Samples(releases, excluded)
        self.tokenizer, self.view = tokenizer, view
        self.tokens = TokenCache(tokenizer, len(self.samples), view.text_tokens, view.pad_to)
        self.order: Order | InOrder = Order(len(self.samples), view.size * view.num_a_step, order_seed)  # of steps
        self.latest: tuple[int, list[Part]] | None = None  # a step, and its cut

    def in_order(self) -> "PairBatches":
        """Switch to reading every sample once, in the order of the shards; return the data set itself."""
        self.view, self.latest = replace(self.view, num_a_step=1), None
        self.order = InOrder(len(self.samples), self.view.size)
        return self

    def __getitem__(self, number: int) -> PairBatch:
        return self.with_beside(self.part(number), generator_for(self.view.seed, number), number)

    def names(self, number: int) -> list[str]:
        samples = [self.samples[place] for place in self.part(number).samples]
        return [name_of(sample.shards, sample.row) for sample in samples]

    def part(self, number: int) -> Part:
        """Return which samples a micro-batch has; the latest step's cut is kept, for its other micro-batches."""
        step, turn = divmod(number, self.view.num_a_step)
        if self.latest is None or self.latest[0] != step:
            self.latest = step, self.parts(step)
        return self.latest[1][turn]

    def parts(self, step: int) -> list[Part]:
        """Cut a step into its micro-batches; one of a single micro-batch is left as it is."""
        samples = self.order(step)
        if self.view.num_a_step == 1:
            return [Part(samples, None, 1.0)]
        in_couples = self.view.method.negatives == "batch"
        other = couples(len(samples), generator_for(self.view.seed, step, COUPLES)) if in_couples else torch.arange(len(samples))
        lengths = self.tokens.lengths_of(samples, self.text)
        mean = lengths.sum() / self.view.num_a_step
        return [
            Part([samples[place] for place in part], among(part, other) if in_couples else None, lengths[part].sum() / mean)
            for part in cut(lengths.tolist(), other, self.view.size)
        ]

    def spread(self, num_pairs: int) -> PairBatch:
        """Return a batch of pairs from all over the split as the encoder reads them, for pictures."""
        step = max(1, len(self.samples) // num_pairs)
        part = Part(list(range(0, len(self.samples), step)[:num_pairs]), None, 1.0)
        return self.shown(self.with_beside(part, generator_for(self.view.seed), 0))

    def shown(self, batch: PairBatch) -> PairBatch:
        """Return the batch as the learner reads it, with what a recipe adds on the device."""
        return self.view.seen(self.sized(batch))

    def sized(self, batch: PairBatch) -> PairBatch:
        """Return the batch with its images as the encoder reads them, (3, S, S) each: a device does that sooner than the loader."""
        negatives = None if batch.negatives is None else shown(batch.negatives, self.view.image_px)
        images = shown(batch.images, self.view.image_px)
        beside = batch.beside and tuple(self.sized(other)._replace(targets=images) for other in batch.beside)
        noised = images if batch.noise is None else images + batch.noise
        return batch._replace(images=noised, negatives=negatives, beside=beside)

    def with_beside(self, part: Part, generator: Generator, number: int) -> PairBatch:
        """Return a part of a step as M3AE shows it, and beside it what a recipe makes of it."""
        plain = self.batch(part.samples, generator, part.other, part.weight)
        return plain._replace(beside=self.view.beside(self, part, plain, number) or None)

    def batch(self, places: Sequence[int], generator: Generator, other: Tensor | None = None, weight: float = 1.0) -> PairBatch:
        """Return these pairs; `other` (B,) and `weight` as in `Part`."""
        method, samples = self.view.method, [self.samples[place] for place in places]
        image_ids = [sample.shards.image_id(sample.row) for sample in samples]
        tokens = self.tokens(places, self.text)
        hidden = hidden_words(self.words(tokens), method.text_mask_ratio, generator)
        order = patch_order(len(samples), self.view.num_patches, generator)
        batch = PairBatch(
            tokens.ids,
            tokens.mask,
            hide(tokens.ids, hidden, self.tokenizer.mask_id, self.tokenizer.ordinary_ids, generator),
            *self.asked(tokens.ids, hidden, method.text_mask_ratio),
            hidden.sum().clamp(min=1) / weight,
            self.levels(samples),
            order,
            order[:, : num_kept(self.view.num_patches, method.mask_ratio)],
            *(other_images(image_ids, generator) if other is None else shown_images(image_ids, other)),
        )
        return batch if method.negatives == "batch" else self.with_negatives_of_split(batch, generator)

    def asked(self, ids: Tensor, hidden: Tensor, ratio: float) -> tuple[Tensor, Tensor]:
        """Return the masked tokens' places and labels; where texts are as long as they happen to be, so are these."""
        found = asked(ids, hidden)
        return found if self.view.pad_to == 1 else of_one_shape(*found, ids.shape, ratio)

    def words(self, tokens: Tokens) -> Tensor:
        """Return the number of the word (B, L) that each token is masked with."""
        return tokens.words if self.view.method.masked_words == "whole" else self.tokenizer.wordpieces(tokens.ids)

    def text(self, place: int) -> str:
        shards, row, text = self.samples[place]
        return shards.row(row)["texts"][text]

    def levels(self, samples: Sequence[PairSample]) -> Tensor:
        """Return the samples' images as they are stored, uint8."""
        return stacked([sample.shards.pixels(sample.row) for sample in samples])

    def with_negatives_of_split(self, batch: PairBatch, generator: Generator) -> PairBatch:
        """Draw negatives as the authors do: the image of any pair of the split, which may by chance be the same image again."""
        num_pairs = len(batch.matches)
        swapped = torch.randperm(num_pairs, generator=generator)[: num_pairs // 2]
        drawn = torch.randint(len(self.samples), (num_pairs // 2,), generator=generator).tolist()
        return batch._replace(
            matches=torch.ones(num_pairs, dtype=torch.long).index_fill(0, swapped, 0),
            other_image=batch.other_image.index_copy(0, swapped, num_pairs + torch.arange(num_pairs // 2)),
            negatives=self.levels([self.samples[place] for place in drawn]) if drawn else None,
        )


Beside = Callable[[PairBatches, Part, PairBatch, int], tuple[PairBatch, ...]]


Seen = Callable[[PairBatch], PairBatch]


def nothing_beside(_batches: PairBatches, _part: Part, _plain: PairBatch, _number: int) -> tuple[PairBatch, ...]:
    return ()


def as_it_is(batch: PairBatch) -> PairBatch:
    return batch


@dataclass(frozen=True)
class PairView:
    """How pairs are shown: sizes, what the method masks, and the seed of what is random."""

    size: int  # pairs in a micro-batch
    num_a_step: int  # micro-batches that are cut from pairs sorted by length: those of a step, over all processes; 1: in the order drawn
    image_px: int
    num_patches: int
    text_tokens: int
    pad_to: int  # texts are as long as the longest, rounded up to a multiple of it
    seed: int
    method: Method
    beside: Beside = nothing_beside  # what a recipe shows beside micro-batch `number`, of its part, as M3AE shows it
    seen: Seen = as_it_is  # what a recipe adds to a batch that is on the device
