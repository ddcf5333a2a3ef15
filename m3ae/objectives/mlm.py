"""Masked language modelling: what are the masked tokens, given the rest of the text and the whole image? Paper, section 2.2.

Shapes: B pairs, L text tokens, M masked tokens or a few more, V vocabulary.
"""

from typing import Any, Self

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from m3ae.batches.masking import NO_LABEL
from m3ae.batches.pairs import PairBatch
from m3ae.method import Decoder
from m3ae.model.config import ModelConfig
from m3ae.model.decoders import WordDecoder
from m3ae.model.fusion import Fusion, Read
from m3ae.model.init import initialise
from m3ae.model.params import ModelParams
from m3ae.objectives.base import Loss, Objective, View
from m3ae.objectives.tallies import tally


class MaskedLanguageModelling(Objective):
    """Cross-entropy over the masked tokens; `layer` is the number of fusion layers read through (-1: all)."""

    views = (View.MASKED_TEXT, View.IMAGE)
    tally_names = ("loss", "accuracy")

    def __init__(self, layer: int, decoder: Decoder, params: ModelParams, vocabulary: int):
        super().__init__()
        self.layer = layer
        self.decoder = WordDecoder(decoder, params, vocabulary)
        initialise(self.decoder, params.fusion_width)

    @classmethod
    def of(cls, config: ModelConfig) -> Self:
        method: Any = config.method  # there is one where this objective is
        return cls(method.mlm_layer, method.mlm_decoder, config.model, config.vocabulary)

    def forward(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Loss:
        logits, labels = self.logits(fusion, features, batch), batch.word_labels
        losses = cross_entropy(logits, labels, reduction="none", ignore_index=NO_LABEL)  # 0 where nothing is asked for
        num_asked = (labels != NO_LABEL).sum()
        tallies = torch.stack([tally(losses, num_asked), tally(logits.argmax(dim=-1) == labels, num_asked)])
        return Loss(losses.sum() / batch.num_asked, tallies)

    def logits(self, fusion: Fusion, features: dict[View, Tensor], batch: PairBatch) -> Tensor:
        """Return the logits of the masked tokens alone (M, V), then of a few that nobody asked for."""
        fused = fusion(features[View.MASKED_TEXT], batch.text_mask.bool(), features[View.IMAGE], self.layer, Read.TEXT)
        return self.decoder(fused.text, batch.word_places).float()
