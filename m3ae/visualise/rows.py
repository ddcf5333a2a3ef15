"""Which rows are shown, and their pixels as the model's processor takes them."""

import numpy as np
from PIL import Image


def spread(num_rows: int, num_shown: int) -> list[int]:
    """Return the numbers of `num_shown` rows, or of all where there are fewer, at even distances: nobody chose them for their looks."""
    shown = min(num_rows, num_shown)
    return [place * num_rows // shown for place in range(shown)]


def as_image(pixels: np.ndarray) -> Image.Image:
    """Return stored pixels, uint8 (H, W, 1 or 3), as an image."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
