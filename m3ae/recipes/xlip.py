"""XLIP (later MMCLIP), our reading of arXiv 2407.19546, of which we know the abstract, a figure and a review: contrast that guides masks.

Texts and images find each other among all pairs of a step, globally and token by token. What a text's entities speak of, as the latter has
found it, is hidden of the image, in place of random patches; and entities are hidden of the text, in place of random words. Everything
else is M3AE's, MIM's loss on the hidden patches and MLM's on the hidden words included. docs/recipes.md has what is known and what is not.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Generator, Tensor

from m3ae.batches.cut import Part
from m3ae.batches.masking import NO_LABEL, NO_WORD
from m3ae.batches.order import generator_for, seed_for
from m3ae.batches.pairs import PairBatch, PairBatches
from m3ae.model.config import ModelConfig
from m3ae.objectives.base import Objective
from m3ae.objectives.guide import TextGuide
from m3ae.objectives.image_text_contrast import MARKED, GlobalContrast, TokenContrast
from m3ae.recipes.base import PretrainingRecipe
from m3ae.recipes.lexicon import Lexicon, mined_terms, read_terms
from m3ae.recipes.params import XLIPParams
from m3ae.recipes.spoiling import clean_texts, overlaps, with_texts

ENTITIES = 3  # tells these draws from those of a micro-batch's masks
MINED = "mined"
NUM_MINED = 20_000  # texts, from all over the split, that a lexicon is mined from


class XLIP(PretrainingRecipe):
    params: XLIPParams
    lexicon: Lexicon

    def weights(self) -> dict[str, float]:
        given = {GlobalContrast.name: self.params.global_contrast, TokenContrast.name: self.params.token_contrast}
        return {name: weight for name, weight in given.items() if weight > 0}

    def objectives(self) -> dict[str, Callable[[ModelConfig], Objective]]:
        settings = (self.params.width, self.params.temperature)
        every: dict[str, Callable[[ModelConfig], Objective]] = {
            GlobalContrast.name: lambda config: GlobalContrast(config.model, *settings),
            TokenContrast.name: lambda config: TokenContrast(config.model, *settings),
        }
        return {name: every[name] for name in self.weights()}

    def learn(self, training: PairBatches) -> None:
        """Read the lexicon, or mine it. Raises SystemExit where its file holds none."""
        if self.params.reads_entities:
            name = self.params.entities.lexicon
            self.lexicon = Lexicon(self.mined(training) if name == MINED else read_terms(Path(name)))

    def mined(self, training: PairBatches) -> list[tuple[str, ...]]:
        num_pairs = len(training.samples)
        places = range(0, num_pairs, -(-num_pairs // NUM_MINED))
        return mined_terms(map(training.text, places), self.params.entities.most_terms)

    def beside(self, batches: PairBatches, part: Part, plain: PairBatch, number: int) -> tuple[PairBatch, ...]:
        """Return the pairs with their entities marked, and with these masked instead of random words."""
        if not self.params.reads_entities:
            return ()
        generator = generator_for(seed_for(batches.view.seed, number, ENTITIES))
        tokens, words = clean_texts(batches, part)
        found = self.entities(batches, part, words)
        marked = torch.stack([some.any(dim=0) if len(some) else row != NO_WORD for some, row in zip(found, words, strict=True)])
        chosen = torch.stack([self.chosen(some, generator) for some in found])
        hidden = torch.where(chosen.any(dim=1, keepdim=True), chosen, hidden_by_m3ae(plain))
        shown = plain._replace(marked=marked)
        return (with_texts(batches, shown, tokens, hidden, batches.view.method.text_mask_ratio, part.weight, generator),)

    def entities(self, batches: PairBatches, part: Part, words: Tensor) -> list[Tensor]:
        """Return of each text which tokens each entity has (entities, L; bool), of the `words` (B, L) that may be masked."""
        texts = [batches.text(place) for place in part.samples]
        characters = batches.tokenizer.spans(texts, batches.view.text_tokens, batches.view.pad_to)
        return [self.entities_of(*one) for one in zip(texts, characters, words, strict=True)]

    def entities_of(self, text: str, characters: Tensor, words: Tensor) -> Tensor:
        """Return the tokens of each entity (entities, L; bool), whole words; one that is cut off has none and is left out."""
        none = torch.zeros(0, len(words), dtype=torch.bool)
        spans = (words[overlaps(characters, [span]) & (words != NO_WORD)] for span in self.lexicon.spans(text))
        return torch.cat([none, *(torch.isin(words, numbers)[None] for numbers in spans if len(numbers))])

    def chosen(self, entities: Tensor, generator: Generator) -> Tensor:
        """Return the tokens (L; bool) of the entities that are masked; each of them is by the share that params.yaml says."""
        return entities[torch.rand(len(entities), generator=generator) < self.params.entities.masked].any(dim=0)

    def redrawn(self, batch: PairBatch) -> PairBatch:
        """Return a micro-batch with entities masked, and with patches hidden that they speak of."""
        if batch.beside is None:
            return batch
        if self.params.entities.masked > 0:
            texts = batch.beside[MARKED]
            parts = {name: getattr(texts, name) for name in ("masked_ids", "word_places", "word_labels", "num_asked")}
            batch = batch._replace(**parts)
        masks = self.params.guided_masks
        return TextGuide(masks.share, masks.hints, masks.warm_up)(batch) if masks.share > 0 else batch


def hidden_by_m3ae(plain: PairBatch) -> Tensor:
    """Return which tokens (B, L; bool) M3AE masks."""
    hidden = torch.zeros(plain.text_ids.numel(), dtype=torch.bool)
    hidden[plain.word_places[plain.word_labels != NO_LABEL]] = True
    return hidden.view_as(plain.text_ids)
