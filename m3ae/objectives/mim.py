"""Masked image modelling: which pixels were left out, given the rest of the image and the text? Paper, section 2.2.

Shapes: B pairs, N patches, K kept patches, S image side in px, P patch side in px.
"""

from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from m3ae.batches.pairs import PairBatch
from m3ae.method import Decoder
from m3ae.model.config import ModelConfig
from m3ae.model.decoders import PixelDecoder
from m3ae.model.fusion import Fusion, Read
from m3ae.model.init import initialise, std
from m3ae.model.params import ModelParams
from m3ae.objectives.base import Beside, Features, Loss, Objective, View
from m3ae.objectives.tallies import tally

VARIANCE_FLOOR = 1e-6


class MaskedImageModelling(Objective):
    """Squared error against each masked patch's normalised pixels; `layer` counts the fusion layers read through (-1: all)."""

    views: ClassVar[tuple[View | Beside, ...]] = (View.TEXT, View.KEPT_IMAGE)
    tally_names: ClassVar[tuple[str, ...]] = ("loss", "loss_predicting_zero")

    def __init__(self, layer: int, decoder: Decoder, params: ModelParams):
        super().__init__()
        self.layer, self.patch_px = layer, params.patch_px
        self.decoder = PixelDecoder(decoder, params, params.num_patches)
        initialise(self.decoder, params.decoder_width)
        torch.nn.init.normal_(self.decoder.mask_token, std=std(params.decoder_width))

    @classmethod
    def of(cls, config: ModelConfig) -> Self:
        method: Any = config.method  # there is one where this objective is
        return cls(method.mim_layer, method.mim_decoder, config.model)

    def forward(self, fusion: Fusion, features: Features, batch: PairBatch) -> Loss:
        return self.compared(self.reconstruct(fusion, features, batch), batch)

    def compared(self, predicted: Tensor, batch: PairBatch) -> Loss:
        """Return the loss of the pixels that are predicted of all patches (B, N, P² * 3)."""
        images = batch.images if batch.targets is None else batch.targets
        target = normalised(patches(images, self.patch_px))
        hidden = batch.patch_order[:, batch.kept.shape[1] :]  # (B, N - K)
        errors = chosen((predicted - target).square().mean(dim=-1), hidden)
        zero_errors = chosen(target.square().mean(dim=-1), hidden)
        return Loss(errors.mean(), torch.stack([tally(errors), tally(zero_errors)]))

    def reconstruct(self, fusion: Fusion, features: Features, batch: PairBatch) -> Tensor:
        """Return the predicted normalised pixels of all patches (B, N, P² * 3)."""
        return self.decoder(self.fused(fusion, features, batch), batch.patch_order).float()

    def fused(self, fusion: Fusion, features: Features, batch: PairBatch) -> Tensor:
        """Return what the decoder reads of the kept patches (B, 1 + K, H)."""
        return fusion(features[View.TEXT], batch.text_mask.bool(), features[View.KEPT_IMAGE], self.layer, Read.IMAGE).image


def chosen(errors: Tensor, places: Tensor) -> Tensor:
    return errors.gather(1, places)


def patches(images: Tensor, patch_px: int) -> Tensor:
    """Split images (B, 3, S, S) into patches (B, N, P² * 3), a patch's pixels laid out rows, columns, channels."""
    batch, channels, side, _ = images.shape
    num = side // patch_px
    grid = images.float().reshape(batch, channels, num, patch_px, num, patch_px)
    return grid.permute(0, 2, 4, 3, 5, 1).reshape(batch, num * num, -1)


def unpatched(tokens: Tensor, patch_px: int) -> Tensor:
    """Join patches (B, N, P² * 3) into images (B, 3, S, S): the inverse of `patches`."""
    num = int(tokens.shape[1] ** 0.5)
    grid = tokens.reshape(len(tokens), num, num, patch_px, patch_px, 3)
    return grid.permute(0, 5, 1, 3, 2, 4).reshape(len(tokens), 3, num * patch_px, num * patch_px)


def normalised(tokens: Tensor) -> Tensor:
    """Return each patch shifted and scaled to mean 0 and (unbiased) variance 1."""
    variance, mean = torch.var_mean(tokens, dim=-1, keepdim=True)
    return (tokens - mean) / (variance + VARIANCE_FLOOR).sqrt()


def painted(predicted: Tensor, images: Tensor, patch_px: int) -> Tensor:
    """Paint predicted normalised pixels (B, N, P² * 3) as images (B, 3, S, S), with the mean and deviation of the true patches."""
    variance, mean = torch.var_mean(patches(images, patch_px), dim=-1, keepdim=True)
    return unpatched(predicted * (variance + VARIANCE_FLOOR).sqrt() + mean, patch_px)
