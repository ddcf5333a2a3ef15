"""How a picture lies: what EXIF says of it goes along to pixels that Pillow did not decode."""

import numpy as np
from PIL import ExifTags, Image

UPRIGHT = 1


def orientation(image: Image.Image) -> int:
    """Return EXIF's number, 1 to 8; a TIFF is upright once it is loaded, and says so."""
    return image.getexif().get(ExifTags.Base.Orientation, UPRIGHT)


def lying(pixels: np.ndarray, turn: int) -> Image.Image:
    """Return pixels, uint8 (H, W) or (H, W, 3), as an image that is still to be turned upright."""
    image = Image.fromarray(pixels)
    image.getexif()[ExifTags.Base.Orientation] = turn
    return image
