"""Stored pixels as a small picture."""

import numpy as np
from PIL import Image, ImageOps


def thumbnail(pixels: np.ndarray, box_px: tuple[int, int]) -> Image.Image:
    """Return uint8 pixels (H, W, 1 or 3) as a picture that fills a box of (width, height) as far as its shape allows."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).convert("RGB")
    return ImageOps.contain(image, box_px)
