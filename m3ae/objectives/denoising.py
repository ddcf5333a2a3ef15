"""Masked image modelling of noisy images, whose visible patches say what the noise was. arXiv 2408.02245; after CAN, arXiv 2210.16870.

One pass and one decoder do both: hidden patches predict clean pixels, visible ones the noise. The decoder is told how strong it is.
Shapes: B pairs, N patches, K kept patches, H fusion width, S image side in px, P patch side in px.
"""

from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from m3ae.batches.pairs import PairBatch
from m3ae.model.config import ModelConfig
from m3ae.model.decoders import sine_cosine
from m3ae.model.fusion import Fusion
from m3ae.model.init import initialise
from m3ae.model.vision import take
from m3ae.objectives.base import Beside, Features, Loss, View
from m3ae.objectives.mim import MaskedImageModelling, patches
from m3ae.objectives.tallies import tally

NOISY = 0  # the showing beside a batch
NOISY_IMAGE = Beside(NOISY, View.KEPT_IMAGE)
LEVELS = 1000.0  # the strongest noise, as positions are counted; levels of 0 to 1 would all be encoded alike


class NoiseLevel(nn.Module):
    """Noise levels (B,), 1 = the strongest -> what the decoder is told (B, H): nothing where there is no noise, as of clean images."""

    def __init__(self, width: int):
        super().__init__()
        self.width = width
        self.spread, self.mix = nn.Linear(width, width), nn.Sequential(nn.GELU(), nn.Linear(width, width))
        initialise(self, width)

    def forward(self, levels: Tensor) -> Tensor:
        encoded = sine_cosine(LEVELS * torch.cat([levels, levels.new_zeros(1)]), self.width)
        mixed = self.mix(self.spread(encoded.to(self.spread.weight.dtype)))
        return mixed[:-1] - mixed[-1:]


class DenoisingMIM(MaskedImageModelling):
    """M3AE's objective and, `weight` times, the squared error of the noise that visible patches predict.

    # Differs: the noise's patches are not normalised, whatever the pixels' are: all would have the same deviation, which is what is told.
    """

    views = (View.TEXT, NOISY_IMAGE)
    in_evaluation = (View.TEXT, View.KEPT_IMAGE, NOISY_IMAGE)
    tally_names = (*MaskedImageModelling.tally_names, "noise_loss", "noise_loss_predicting_zero", "noise_cosine")
    weight: float
    level: Any  # a `NoiseLevel`, whose own kind torch's type would forget

    @classmethod
    def weighing(cls, weight: float, config: ModelConfig) -> Self:
        """Return a newly drawn one."""
        made = cls.of(config)
        made.weight, made.level = weight, NoiseLevel(config.model.fusion_width)
        return made

    def forward(self, fusion: Fusion, features: Features, batch: PairBatch) -> Loss:
        """Return both losses of noisy images in training; in evaluation pixels are predicted of clean images, as by plain M3AE."""
        assert batch.beside is not None  # the recipe sees to it
        noisy = batch.beside[NOISY]
        seen = {View.TEXT: features[View.TEXT], View.KEPT_IMAGE: features[NOISY_IMAGE]}
        predicted = self.reconstruct(fusion, seen, noisy)
        pixels = self.compared(predicted, noisy) if self.training else super().forward(fusion, features, batch)
        loss, tallies = self.noise_found(predicted, noisy)
        return Loss(pixels.value + self.weight * loss, torch.cat([pixels.tallies, tallies]))

    def fused(self, fusion: Fusion, features: Features, batch: PairBatch) -> Tensor:
        """Return what the decoder reads, the level of the noise included."""
        fused = super().fused(fusion, features, batch)
        return fused if batch.noise_level is None else fused + self.level(batch.noise_level).to(fused.dtype)[:, None]

    def noise_found(self, predicted: Tensor, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Return the loss of the noise in visible patches, and its tallies; `noise_cosine` is 1 where noise was found to the pixel."""
        assert batch.noise is not None  # the recipe sees to it
        noise = take(patches(batch.noise, self.patch_px), batch.kept)
        found = take(predicted, batch.kept)
        errors = (found - noise).square().mean(dim=-1)
        cosines = cosine_similarity(found.flatten(1), noise.flatten(1), dim=1)
        return errors.mean(), torch.stack([tally(errors), tally(noise.square().mean(dim=-1)), tally(cosines)])
