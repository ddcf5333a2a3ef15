"""Ways to spoil an image, each in five severities: MedMNIST-C's operators with its levels for chest X-rays (medmnistc-api, registry).

Its library draws from numpy's global state; here every draw comes from a generator that the caller makes for the image.
A shard does not tell an image's modality, so the levels for CT, MR and ultrasound are not used.

Shapes: H, W stored size in px, C channels (1 or 3).
"""

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

LEVELS_AT_PX = 224  # side of the image that lengths in px are given for
Draw = np.random.Generator


class ImageOperator(NamedTuple):
    """`apply` takes values in 0..1, float64 (H, W, C), a level and a generator; what leaves 0..1 is clipped afterwards."""

    levels: tuple[float, ...]  # of severity 1 to 5
    apply: Callable[[np.ndarray, float, Draw], np.ndarray]


def perturbed(pixels: np.ndarray, name: str, severity: int, draw: Draw) -> np.ndarray:
    """Return pixels, uint8 (H, W, C), as the operator `name` leaves them at a severity of 1 to 5."""
    operator = IMAGE_OPERATORS[name]
    values = operator.apply(pixels / 255.0, operator.levels[severity - 1], draw)
    return np.round(values.clip(0, 1) * 255).astype(np.uint8)


def gaussian_noise(image: np.ndarray, deviation: float, draw: Draw) -> np.ndarray:
    return image + draw.normal(0, deviation, image.shape)


def speckle_noise(image: np.ndarray, deviation: float, draw: Draw) -> np.ndarray:
    return image * (1 + draw.normal(0, deviation, image.shape))


def impulse_noise(image: np.ndarray, share: float, draw: Draw) -> np.ndarray:
    """Make a share of the pixels black or white."""
    hit, white = draw.random((2, *image.shape[:2], 1))
    return np.where(hit < share, white < 0.5, image)


def shot_noise(image: np.ndarray, photons: float, draw: Draw) -> np.ndarray:
    """Count photons, so many where the image is white."""
    return draw.poisson(image * photons) / photons


def gaussian_blur(image: np.ndarray, kernel: float, _draw: Draw) -> np.ndarray:
    """Blur as torchvision does by a kernel of so many px, with both its size and its deviation scaled to the image."""
    scale = min(image.shape[:2]) / LEVELS_AT_PX
    deviation = 0.3 * ((kernel - 1) / 2 - 1) + 0.8
    radius = max(1, round(scale * (kernel - 1) / 2))
    return gaussian_filter(image, (scale * deviation, scale * deviation, 0), mode="mirror", radius=(radius, radius, 0))


def pixelation(image: np.ndarray, scale: float, _draw: Draw) -> np.ndarray:
    height, width = image.shape[:2]
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = as_picture(image).resize(small, Image.Resampling.BOX).resize((width, height), Image.Resampling.BOX)
    return np.asarray(picture).reshape(image.shape) / 255.0


def jpeg(image: np.ndarray, quality: float, _draw: Draw) -> np.ndarray:
    file = io.BytesIO()
    as_picture(image).save(file, "JPEG", quality=int(quality))
    with Image.open(file) as picture:
        return np.asarray(picture).reshape(image.shape) / 255.0


def brightness(image: np.ndarray, factor: float, _draw: Draw) -> np.ndarray:
    return image * factor


def contrast(image: np.ndarray, factor: float, _draw: Draw) -> np.ndarray:
    """Stretch or shrink the distances from the image's mean."""
    return image.mean() + (image - image.mean()) * factor


def gamma(image: np.ndarray, exponent: float, _draw: Draw) -> np.ndarray:
    """Raise the values to a power; above 1 darkens."""
    return image**exponent


def as_picture(image: np.ndarray) -> Image.Image:
    levels = np.round(image * 255).astype(np.uint8)
    return Image.fromarray(levels[..., 0] if image.shape[2] == 1 else levels)


UP, DOWN = (1.1, 1.2, 1.3, 1.4, 1.6), (0.9, 0.8, 0.7, 0.6, 0.4)
IMAGE_OPERATORS = {
    "gaussian_noise": ImageOperator((0.04, 0.08, 0.12, 0.18, 0.26), gaussian_noise),
    "speckle_noise": ImageOperator((0.05, 0.15, 0.20, 0.35, 0.45), speckle_noise),
    "impulse_noise": ImageOperator((0.01, 0.03, 0.06, 0.09, 0.17), impulse_noise),
    "shot_noise": ImageOperator((60, 25, 18, 10, 5), shot_noise),
    "gaussian_blur": ImageOperator((3, 5, 7, 9, 11), gaussian_blur),
    "pixelation": ImageOperator((0.30, 0.25, 0.20, 0.15, 0.10), pixelation),
    "jpeg": ImageOperator((50, 30, 15, 10, 7), jpeg),
    "brightness_up": ImageOperator((1.1, 1.2, 1.3, 1.4, 1.5), brightness),
    "brightness_down": ImageOperator((0.9, 0.8, 0.7, 0.6, 0.5), brightness),
    "contrast_up": ImageOperator(UP, contrast),
    "contrast_down": ImageOperator(DOWN, contrast),
    "gamma_up": ImageOperator(UP, gamma),
    "gamma_down": ImageOperator(DOWN, gamma),
}
