"""Stored pixels -> what the vision encoder reads: cropped, resized, normalised with CLIP's mean and standard deviation.

Shapes: H, W stored size in px, C channels (1 or 3), S image side in px.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor
from torchvision.transforms import RandomResizedCrop

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


def to_tensor(pixels: np.ndarray, image_px: int) -> Tensor:
    """Return pixels, uint8 (H, W, C), as the encoder reads them, float (3, S, S): centre square, resized to S (bicubic), normalised."""
    return normalised(centre(pixels), image_px)


def centre(pixels: np.ndarray) -> np.ndarray:
    """Return the largest square about the centre."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def normalised(square: np.ndarray, image_px: int) -> Tensor:
    if square.shape[:2] != (image_px, image_px):
        image = Image.fromarray(square[..., 0] if square.shape[2] == 1 else square)
        square = np.asarray(image.resize((image_px, image_px), Image.Resampling.BICUBIC)).reshape(image_px, image_px, -1)
    levels = torch.tensor(np.ascontiguousarray(square)).permute(2, 0, 1)  # (C, S, S)
    return standardised(levels.to(torch.float32, memory_format=torch.contiguous_format))


def stacked(pictures: Sequence[np.ndarray]) -> Tensor:
    """Return the squares about the centres of pictures, uint8 (H, W, C), of one shorter side: uint8 (B, C, S, S), C = 1 if all are grey."""
    squares = [centre(pixels).transpose(2, 0, 1) for pixels in pictures]
    channels, side = max(len(square) for square in squares), squares[0].shape[1]
    levels = np.empty((len(squares), channels, side, side), np.uint8)
    for place, square in enumerate(squares):
        levels[place] = square
    return torch.from_numpy(levels)


def shown(levels: Tensor, image_px: int) -> Tensor:
    """Return squares as stored, uint8 (B, C, stored side, stored side), as the encoder reads them, float (B, 3, S, S), on their device.

    Where they are made smaller, 2 in 10,000 of the 8-bit levels are one more or less than in `to_tensor`; all else is the same to the bit.
    """
    values = levels.float()
    if levels.shape[-1] != image_px:
        weights = bicubic_weights(levels.shape[-1], image_px, levels.device)
        values = rounded(weights @ rounded(values @ weights.T))  # Pillow's order, and its 8 bits in between
    return standardised(values)


def rounded(values: Tensor) -> Tensor:
    return values.add_(0.5).floor_().clamp_(0, 255)


@cache
def bicubic_weights(from_px: int, to_px: int, device: torch.device) -> Tensor:
    """Return what each of `from_px` pixels counts in each of `to_px`, float (to_px, from_px), by Pillow's bicubic rule."""
    scale = from_px / to_px
    centres = (torch.arange(to_px, dtype=torch.float64)[:, None] + 0.5) * scale
    away = (torch.arange(from_px) + 0.5 - centres).abs() / max(scale, 1.0)
    near, far = (1.5 * away - 2.5) * away * away + 1, ((-0.5 * away + 2.5) * away - 4) * away + 2
    weights = torch.where(away < 1, near, torch.where(away < 2, far, 0.0))
    return (weights / weights.sum(dim=1, keepdim=True)).float().to(device)


def standardised(levels: Tensor) -> Tensor:
    """Return 8-bit levels, float (..., 1 or 3, S, S), in three channels with CLIP's mean and standard deviation; overwrites `levels`."""
    mean, deviation = clip_statistics(levels.device)
    return (levels.div_(255) - mean).div_(deviation)


@cache
def clip_statistics(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return mean and deviation, (3, 1, 1) each; made once, for a copy to a device would wait for all that it is at."""
    mean, deviation = (torch.tensor(of, device=device)[:, None, None] for of in (CLIP_MEAN, CLIP_STD))
    return mean, deviation


def to_pixels(images: Tensor) -> np.ndarray:
    """Undo the normalisation, for pictures: float (B, 3, S, S) -> uint8 (B, S, S, 3)."""
    values = images.float().cpu() * torch.tensor(CLIP_STD)[:, None, None] + torch.tensor(CLIP_MEAN)[:, None, None]
    return (values.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()


@dataclass(frozen=True)
class Crop:
    """A random resized crop; `smallest_area` is the least share of the area that it keeps, 1 = no augmentation.

    # Differs: the crop is a square, as in validation and test. The authors use torchvision's, a rectangle of the whole image with sides
    # of up to 4:3 that is squeezed into a square, a distortion that no test image has; `crop: stretched`.
    """

    image_px: int
    smallest_area: float
    seed: int
    is_stretched: bool = False

    def __call__(self, pixels: np.ndarray, generator: Generator) -> Tensor:
        if self.smallest_area == 1:
            return to_tensor(pixels, self.image_px)
        return normalised((self.stretched if self.is_stretched else self.square)(pixels, generator), self.image_px)

    def square(self, pixels: np.ndarray, generator: Generator) -> np.ndarray:
        """Draw a square crop of at least `smallest_area` of the largest square."""
        height, width = pixels.shape[:2]
        area, across, down = torch.rand(3, generator=generator).tolist()
        side = max(1, round(min(height, width) * (self.smallest_area + (1 - self.smallest_area) * area) ** 0.5))
        top, left = round(down * (height - side)), round(across * (width - side))
        return pixels[top : top + side, left : left + side]

    def stretched(self, pixels: np.ndarray, generator: Generator) -> np.ndarray:
        """Draw a crop of at least `smallest_area` of the whole image as torchvision does, but as a function of `generator`."""
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(int(torch.randint(2**62, (1,), generator=generator)))
            image = torch.empty(1, *pixels.shape[:2])  # of which nothing but the size is read
            top, left, height, width = RandomResizedCrop.get_params(image, [self.smallest_area, 1.0], [3 / 4, 4 / 3])
        return pixels[top : top + height, left : left + width]
