"""Robust-MMR, our reading of arXiv 2602.17689, of which we know the abstract alone: robustness as a part of masked modelling.

Inputs are spoilt and targets clean: masked words and patches are read from spoilt halves, matching sees clean ones. Where a half is spoilt,
less of it is hidden, so that what is lost stays bounded. A spoilt pair has to find its clean self among those of the step, and so does a
pair of which one half is missing. Which halves of a micro-batch are spoilt, and how severely, is drawn for all of its pairs: they keep
equally many patches, as an encoder needs it. By which operator is drawn for each pair. docs/recipes.md has what is known and what is not.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from m3ae.batches.cut import Part
from m3ae.batches.masking import hidden_words, num_kept
from m3ae.batches.order import generator_for, seed_for
from m3ae.batches.pairs import PairBatch, PairBatches
from m3ae.model.config import ModelConfig
from m3ae.objectives.base import Objective
from m3ae.objectives.consistency import SPOILT, Consistency, Resilience
from m3ae.recipes.base import PretrainingRecipe
from m3ae.recipes.params import Half, RobustMMRParams
from m3ae.recipes.spoiling import clean_texts, spoilt_images, spoilt_texts, with_texts, without

SPOILING = 2  # tells these draws from those of a micro-batch's masks
LEAST, MOST = 0.05, 0.95  # shares of a half that are hidden, whatever is added or taken off


class Severity(NamedTuple):
    """Of a micro-batch: 0 = clean, else 1 to 5."""

    image: int
    text: int


class RobustMMR(PretrainingRecipe):
    reads = {"mlm": SPOILT, "mim": SPOILT}  # noqa: RUF012  # nobody changes it
    params: RobustMMRParams

    def weights(self) -> dict[str, float]:
        given = {"consistency": self.params.consistency, "resilience": self.params.resilience}
        return {name: weight for name, weight in given.items() if weight > 0}

    def objectives(self) -> dict[str, Callable[[ModelConfig], Objective]]:
        settings = (self.params.form, self.params.temperature)
        every: dict[str, Callable[[ModelConfig], Objective]] = {
            "consistency": lambda _config: Consistency(*settings),
            "resilience": lambda _config: Resilience(*settings),
        }
        return {name: every[name] for name in self.weights()}

    def beside(self, batches: PairBatches, part: Part, plain: PairBatch, number: int) -> tuple[PairBatch, ...]:
        """Return the pairs spoilt and, where somebody reads them, without their words and patches."""
        if not self.params.is_on:
            return ()
        draw = np.random.default_rng(seed_for(batches.view.seed, number, SPOILING))
        spoilt = self.spoilt(batches, part, plain, self.severity(draw), draw)
        return (spoilt, without(plain, batches.tokenizer)) if self.params.resilience > 0 else (spoilt,)

    def severity(self, draw: np.random.Generator) -> Severity:
        shares, kind = self.params.spoilt, draw.random()
        severity = int(draw.integers(1, self.params.most_severe + 1))
        if kind < shares.image:
            return Severity(severity, 0)
        if kind < shares.image + shares.text:
            return Severity(0, severity)
        return Severity(severity, severity) if kind < shares.image + shares.text + shares.both else Severity(0, 0)

    def spoilt(self, batches: PairBatches, part: Part, plain: PairBatch, severity: Severity, draw: np.random.Generator) -> PairBatch:
        """Return the pairs as masked modelling reads them, in the order of patches that M3AE has drawn."""
        view, generator = batches.view, generator_for(int(draw.integers(2**63)))
        image_ratio = self.hidden_share(view.method.mask_ratio, "image", severity.image, severity.text)
        text_ratio = self.hidden_share(view.method.text_mask_ratio, "text", severity.text, severity.image)
        images = spoilt_images(batches, part, severity.image, draw) if severity.image else plain.images
        tokens, words = spoilt_texts(batches, part, severity.text, draw) if severity.text else clean_texts(batches, part)
        kept = min(max(1, num_kept(view.num_patches, image_ratio)), view.num_patches - 1)
        shown = plain._replace(images=images, kept=plain.patch_order[:, :kept])
        return with_texts(batches, shown, tokens, hidden_words(words, text_ratio, generator), text_ratio, part.weight, generator)

    def hidden_share(self, ratio: float, half: Half, own: int, other: int) -> float:
        """Return how much of a half is hidden: less than `ratio` at its `own` severity, more beside an `other` half that is spoilt."""
        if not (own or other):
            return ratio
        less, more = self.params.less_hidden.of(half), self.params.more_hidden.of(half)
        return float(np.clip(ratio - less * own / self.params.most_severe if own else ratio + more, LEAST, MOST))
