"""The strip that shows what masked image modelling has learned."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from m3ae.batches.images import to_pixels
from m3ae.batches.pairs import PairBatch
from m3ae.objectives.learner import Learner
from m3ae.objectives.mim import MaskedImageModelling, painted, patches, unpatched

GAP_PX, HIDDEN_GREY = 4, 0.0


@torch.no_grad()
def reconstruction_strip(learner: Learner, batch: PairBatch, patch_px: int, path: Path) -> None:
    """Write a PNG, a column an image: original, what the encoder sees and, where pixels were learned, the reconstruction.

    A reconstructed patch is painted with the true patch's mean and deviation, for those are no part of the target.
    """
    learner.eval()
    rows = [batch.images, kept_only(batch.images, batch, patch_px, torch.full_like(batch.images, HIDDEN_GREY))]
    if "mim" in learner.objectives:
        objective: MaskedImageModelling = learner.objectives["mim"]
        features = learner.encode(batch, set(objective.views))
        predicted = painted(objective.reconstruct(learner.backbone.fusion, features, batch), batch.images, patch_px)
        rows.append(kept_only(batch.images, batch, patch_px, predicted))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grid([to_pixels(row) for row in rows])).save(path)


def kept_only(images: Tensor, batch: PairBatch, patch_px: int, elsewhere: Tensor) -> Tensor:
    """Return `images` where patches were kept and `elsewhere` where they were masked, (B, 3, S, S)."""
    kept = torch.zeros(batch.patch_order.shape, dtype=torch.bool, device=images.device).scatter(1, batch.kept, True)
    return unpatched(torch.where(kept[..., None], patches(images, patch_px), patches(elsewhere, patch_px)), patch_px)


def grid(rows: list[np.ndarray]) -> np.ndarray:
    """Lay out rows of (B, S, S, 3) pixels as one picture (height, width, 3) with white gaps."""
    padded = [np.pad(row, ((0, 0), (GAP_PX, 0), (GAP_PX, 0), (0, 0)), constant_values=255) for row in rows]
    return np.concatenate([np.concatenate(list(row), axis=1) for row in padded], axis=0)
