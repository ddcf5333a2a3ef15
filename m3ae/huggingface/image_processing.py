"""The image half of a model folder's processor. Shapes: B images, S image side in px."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import BatchFeature
from transformers.image_processing_utils import BaseImageProcessor

from m3ae.batches.images import to_tensor
from m3ae.prepare.at_hand import AtHand, loaded
from m3ae.prepare.images import resized
from m3ae.prepare.params import PILLOW_LIMIT, DicomWindow
from m3ae.prepare.unusable import UnusableImage


def pixel_values(images: AtHand | Sequence[AtHand], image_px: int, stored_px: int, dicom_window: DicomWindow) -> Tensor:
    """Return what the encoder reads of one or several images (B, 3, S, S): stored and read as in training.

    Raises `UnusableImage` that names which image cannot be used, and why.
    """
    several = images if isinstance(images, list | tuple) else [images]
    tensors = []
    for number, image in enumerate(several):
        try:
            picture = loaded(image, PILLOW_LIMIT, dicom_window)
        except UnusableImage as error:
            raise UnusableImage(f"image {number}: {error}") from None
        tensors.append(to_tensor(resized(picture, stored_px), image_px))
    return torch.stack(tensors)


class M3AEImageProcessor(BaseImageProcessor):
    """One or several images, as paths, PIL images or NumPy arrays -> pixel_values (B, 3, S, S)."""

    model_input_names = ["pixel_values"]
    size: dict[str, int]
    stored_px: int | None
    dicom_window: DicomWindow

    def __init__(
        self, size: dict[str, int] | None = None, stored_px: int | None = None, dicom_window: DicomWindow = "voi", **described: Any
    ):
        own: dict[str, Any] = {"size": size, "stored_px": stored_px, "dicom_window": dicom_window}
        super().__init__(**own, **described)

    # It takes paths, and none of the tensors that the base class takes.
    def __call__(self, images: AtHand | Sequence[AtHand], **_others: Any) -> BatchFeature:  # type: ignore[override]
        image_px = self.size["height"]
        return BatchFeature({"pixel_values": pixel_values(images, image_px, self.stored_px or image_px, self.dicom_window)})
