"""JPEGs by libjpeg-turbo, with its remarks on damage: Pillow throws them away, and shows noise or a grey half.

The pixels are Pillow's, bit for bit, in two thirds of its time. Header remarks (an unknown revision or colour transform) are no damage.
"""

import re

import simplejpeg
from PIL import Image

from m3ae.prepare.orientation import lying, orientation
from m3ae.prepare.unusable import TRUNCATED, UNREADABLE, UnusableImage

DAMAGE = re.compile("corrupt|premature|inconsistent", re.IGNORECASE)
COLOUR_SPACES = {"L": "GRAY", "RGB": "RGB"}


def decoded(image: Image.Image, content: bytes) -> Image.Image:
    """Return the pixels of a JPEG that Pillow opened; itself where that is what Pillow decodes better.

    Raises `UnusableImage` where data are lost or make no sense.
    """
    try:
        if image.mode in COLOUR_SPACES:
            pixels = simplejpeg.decode_jpeg(content, COLOUR_SPACES[image.mode], strict=True)
            return lying(pixels[..., 0] if image.mode == "L" else pixels, orientation(image))
        simplejpeg.decode_jpeg(content, image.mode, min_height=1, min_width=1, min_factor=8, strict=True)  # ink: Adobe's is inverted
    except ValueError as error:
        if DAMAGE.search(str(error)):
            raise UnusableImage(TRUNCATED if "premature" in str(error).lower() else UNREADABLE) from None
    return image
