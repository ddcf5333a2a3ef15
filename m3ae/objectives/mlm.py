"""Masked language modelling: which words are hidden, given the rest of the text and the whole image? Paper, section 2.2.

Shapes: B pairs, L text tokens, M hidden tokens, V vocabulary.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from m3ae.batches import PairBatch
from m3ae.masking import NO_LABEL
from m3ae.metrics import tally
from m3ae.model.decoders import WordDecoder
from m3ae.model.fusion import Fusion, Read
from m3ae.model.initial import initialise
from m3ae.model.params import Decoder, ModelParams
from m3ae.objectives.base import Loss, Objective, View


class MaskedWords(Objective):
    """Cross-entropy over the hidden tokens; `layer` is the number of fusion layers read through (-1: all)."""

    views = (View.SHOWN_TEXT, View.IMAGE)
    tally_names = ("loss", "accuracy")

    def __init__(self, layer: int, decoder: Decoder, params: ModelParams, vocabulary: int):
        super().__init__()
        self.layer = layer
        self.decoder = WordDecoder(decoder, params, vocabulary)
        initialise(self.decoder, params.fusion_width)

    def forward(self, fusion: Fusion, seen: dict[View, Tensor], batch: PairBatch) -> Loss:
        logits = self.logits(fusion, seen, batch)
        labels = batch.word_labels[batch.word_labels != NO_LABEL]  # (M,)
        losses = cross_entropy(logits, labels, reduction="none")
        return Loss(losses.mean(), torch.stack([tally(losses), tally(logits.argmax(dim=-1) == labels)]))

    def logits(self, fusion: Fusion, seen: dict[View, Tensor], batch: PairBatch) -> Tensor:
        """Of the hidden tokens alone (M, V)."""
        fused = fusion(seen[View.SHOWN_TEXT], batch.text_mask.bool(), seen[View.IMAGE], self.layer, Read.TEXT)
        return self.decoder(fused.text, batch.word_labels != NO_LABEL).float()
