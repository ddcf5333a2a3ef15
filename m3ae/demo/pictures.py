"""Arrays as pictures of the page. Shapes: S image side in px."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from m3ae.ask.attend import Attention, WordMap
from m3ae.ask.heat import HEAT, limits
from m3ae.report.examples import encoded

SHOWN_PX = 288


def overlaid(attention: Attention) -> Iterator[tuple[WordMap, np.ndarray]]:
    """Yield each word with the image under its map, uint8 (SHOWN_PX, SHOWN_PX, 3): one colour scale for all, as `m3ae attend` draws it."""
    even, highest = limits(word.weights for word in attention.words)
    image = Image.fromarray(attention.image).resize((SHOWN_PX, SHOWN_PX), Image.Resampling.BICUBIC)
    for word in attention.words:
        levels = Image.fromarray(word.weights.astype(np.float32)).resize((SHOWN_PX, SHOWN_PX), Image.Resampling.BILINEAR)
        heat = HEAT(((np.asarray(levels) - even) / (highest - even)).clip(0, 1), bytes=True)
        yield word, np.asarray(Image.alpha_composite(image.convert("RGBA"), Image.fromarray(heat)).convert("RGB"))


def as_address(pixels: np.ndarray) -> str:
    """Return uint8 pixels (S, S, 3) as a PNG in an address, so that no file is kept for the browser to fetch."""
    return encoded(Image.fromarray(pixels))
