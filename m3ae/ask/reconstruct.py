"""What a pre-trained model makes of the patches of an image that are hidden from it.

Shapes: R mask ratios, N patches, K kept patches, S image side in px.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from m3ae.ask.opened import AskError, Opened
from m3ae.batches.images import to_pixels
from m3ae.batches.masking import NO_LABEL, num_kept, patch_order
from m3ae.batches.pairs import PairBatch
from m3ae.objectives.mim import MaskedImageModelling, painted
from m3ae.pretrain.pictures import kept_only

HIDDEN_LEVEL = 128


class Reconstruction(NamedTuple):
    """One row of the picture; pixels are uint8 (S, S, 3)."""

    mask_ratio: float
    original: np.ndarray
    seen: np.ndarray  # what the encoder was shown
    reconstructed: np.ndarray  # the hidden patches as predicted, painted with the true patches' mean and deviation
    error: float  # mean absolute difference over the hidden patches, in grey levels from 0 to 255
    loss: float  # MIM's: mean squared error over the hidden patches' normalised pixels


def require_pixels(model: Opened) -> None:
    """Raise `AskError` where a model was not trained to reconstruct pixels."""
    model.require(("pretrain",), "reconstruct images")
    if "mim" not in model.config.objectives:
        raise AskError(f"{model.folder}: this model was pre-trained with objectives.mim: 0 and cannot reconstruct; give another model")


@torch.no_grad()
def reconstruct(model: Opened, image: Any, text: str, mask_ratios: Sequence[float], seed: int) -> list[Reconstruction]:
    """Return a reconstruction for each share of patches to hide; with one seed, what a smaller share hides a larger one hides too."""
    require_pixels(model)
    pixels, tokens = model.images([image]), model.texts([text])
    sizes = model.config.model
    objective: MaskedImageModelling = model.learner.objectives["mim"]
    order = patch_order(1, sizes.num_patches, torch.Generator().manual_seed(seed)).to(model.device)
    found = []
    for ratio in mask_ratios:
        kept = num_kept(sizes.num_patches, ratio)
        if not 0 < kept < sizes.num_patches:
            raise AskError(f"mask ratio {ratio:g}: hides {sizes.num_patches - kept} of {sizes.num_patches} patches; give another one")
        batch = shown(tokens.ids, tokens.mask, pixels, order, kept)
        features = model.learner.encode(batch, set(objective.views))
        fusion = model.learner.backbone.fusion
        predicted = painted(objective.reconstruct(fusion, features, batch), pixels, sizes.patch_px)
        found.append(compared(ratio, batch, predicted, sizes.patch_px, objective(fusion, features, batch).value.item()))
    return found


def shown(ids: Tensor, mask: Tensor, pixels: Tensor, order: Tensor, kept: int) -> PairBatch:
    """Return a batch of one pair, none of whose words is masked, that shows the first `kept` patches of `order`."""
    nothing = torch.zeros(1, dtype=torch.long, device=ids.device)
    return PairBatch(ids, mask, ids, nothing, nothing + NO_LABEL, nothing.sum(), pixels, order, order[:, :kept], nothing, nothing + 1)


def compared(ratio: float, batch: PairBatch, predicted: Tensor, patch_px: int, loss: float) -> Reconstruction:
    """Return the picture's row; what is hidden is grey, and a grey image's reconstruction is shown without the colours predicted for it."""
    images = batch.images
    original, reconstructed = (to_pixels(row)[0] for row in (images, kept_only(images, batch, patch_px, predicted)))
    if (original == original[..., :1]).all():
        reconstructed = np.repeat(reconstructed.mean(axis=-1, keepdims=True).round().astype(np.uint8), 3, axis=-1)
    is_hidden = kept_only(torch.zeros_like(images), batch, patch_px, torch.ones_like(images))[0, 0].bool().cpu().numpy()
    seen = np.where(is_hidden[..., None], HIDDEN_LEVEL, original).astype(np.uint8)
    error = float(np.abs(reconstructed.astype(float) - original)[is_hidden].mean())
    return Reconstruction(ratio, original, seen, reconstructed, error, loss)
