"""Pairs of a micro-batch as their spoilt selves, by the operators that a model may be trained under, and without one half's content.

Shapes: B pairs, L text tokens, S stored image side in px.
"""

import numpy as np
import torch
from torch import Generator, Tensor

from m3ae.batches.cut import Part
from m3ae.batches.images import stacked
from m3ae.batches.masking import NO_WORD, hide
from m3ae.batches.pairs import PairBatch, PairBatches
from m3ae.batches.tokenizer import Tokenizer, Tokens
from m3ae.perturb import images, texts
from m3ae.perturb.families import TRAINED_IMAGES, TRAINED_TEXTS
from m3ae.perturb.shards import GREY

Draw = np.random.Generator


def spoilt_images(batches: PairBatches, part: Part, severity: int, draw: Draw) -> Tensor:
    """Return the images as they are stored, uint8 (B, 1 or 3, S, S), each spoilt by an operator of its own."""
    samples = [batches.samples[place] for place in part.samples]
    return stacked([images.perturbed(shards.pixels(row), one_of(TRAINED_IMAGES, draw), severity, draw) for shards, row, _ in samples])


def spoilt_texts(batches: PairBatches, part: Part, severity: int, draw: Draw) -> tuple[Tokens, Tensor]:
    """Return the texts, each misspelt by an operator of its own, and the words (B, L) that may be hidden of them.

    A misspelt word is none: hidden, it would be asked for as it is misspelt, and a target is to be clean.
    """
    clean = [batches.text(place) for place in part.samples]
    spoilt = [texts.perturbed(text, one_of(TRAINED_TEXTS, draw), severity, draw) for text in clean]
    length, multiple = batches.view.text_tokens, batches.view.pad_to
    tokens = batches.tokenizer(spoilt, length, multiple)
    spans = batches.tokenizer.spans(spoilt, length, multiple)
    misspelt = torch.stack([overlaps(own, changed_spans(*both)) for own, *both in zip(spans, clean, spoilt, strict=True)])
    return tokens, batches.words(tokens).masked_fill(misspelt, NO_WORD)


def clean_texts(batches: PairBatches, part: Part) -> tuple[Tokens, Tensor]:
    """Return the texts as they are, and the words (B, L) that may be hidden of them."""
    tokens = batches.tokens(part.samples, batches.text)
    return tokens, batches.words(tokens)


def with_texts(
    batches: PairBatches, batch: PairBatch, tokens: Tokens, hidden: Tensor, ratio: float, weight: float, generator: Generator
) -> PairBatch:
    """Return the pairs with these texts, of which the tokens `hidden` (B, L) are masked; `weight` as in `Part`."""
    places, labels = batches.asked(tokens.ids, hidden, ratio)
    tokenizer = batches.tokenizer
    return batch._replace(
        text_ids=tokens.ids,
        text_mask=tokens.mask,
        masked_ids=hide(tokens.ids, hidden, tokenizer.mask_id, tokenizer.ordinary_ids, generator),
        word_places=places,
        word_labels=labels,
        num_asked=hidden.sum().clamp(min=1) / weight,
    )


def without(plain: PairBatch, tokenizer: Tokenizer) -> PairBatch:
    """Return the pairs with a mask for every token but the special ones, and grey images."""
    masks = torch.full_like(plain.text_ids, tokenizer.mask_id)
    ids = torch.where(tokenizer.is_special[plain.text_ids], plain.text_ids, masks)
    return plain._replace(text_ids=ids, images=torch.full_like(plain.images, GREY))


def changed_spans(clean: str, spoilt: str) -> list[tuple[int, int]]:
    """Return where in `spoilt` the words stand that differ from those of `clean`: the first character, and the first after it.

    The operators of `TRAINED_TEXTS` keep the number of words, and leave a single blank between them.
    """
    spans, start = [], 0
    for before, after in zip(clean.split(), spoilt.split(" "), strict=True):
        if after != before:
            spans.append((start, start + len(after)))
        start += len(after) + 1
    return spans


def overlaps(tokens: Tensor, spans: list[tuple[int, int]]) -> Tensor:
    """Return which tokens, of the characters `tokens` (L, 2), have one in common with any of `spans`: (L,; bool)."""
    shared = torch.zeros(len(tokens), dtype=torch.bool)
    for start, end in spans:
        shared |= (tokens[:, 0] < end) & (tokens[:, 1] > start)
    return shared


def one_of(names: tuple[str, ...], draw: Draw) -> str:
    return names[int(draw.integers(len(names)))]
