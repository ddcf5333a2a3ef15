"""An image file -> pixels of the stored size, or the reason why the model cannot use it.

Rules: the EXIF orientation is applied; what is transparent shows black, a radiograph's background; samples deeper than
8 bits are windowed from their 0.5th to their 99.5th percentile; colour stays only where the channels differ.
Shapes: H, W stored size in px, C channels (1 or 3).
"""

import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from m3ae.prepare.params import Encoding

MAX_ASPECT = 2  # the longer side is cut, about its centre, to this many times the shorter one
WINDOW_PERCENTILES = (0.5, 99.5)
JPEG_QUALITY = 95
DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
DECODER_ERRORS = (OSError, SyntaxError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError, RuntimeError, EOFError,
                  struct.error, zlib.error)  # fmt: skip


class UnusableImage(Exception):
    """The image cannot be shown to the model; the message is the reason under which it is counted."""


def load(path: Path, release: Path, max_pixels: int, content: bytes | None = None) -> Image.Image:
    """The image at `path`, or whose file's bytes `content` are: decoded, upright, in mode "L" or "RGB".

    Raises `UnusableImage`; never returns another image.

    # Differs: the authors' code shows a random other image in the place of one that it cannot read. There is no way back to that:
    # it teaches a text beside a stranger's image, and nobody is told.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on odd metadata; what cannot be decoded raises
        try:
            if content is None:
                refuse_path(path, release)
            with Image.open(path if content is None else io.BytesIO(content)) as image:
                refuse_shape(image, max_pixels)
                return eight_bit(ImageOps.exif_transpose(image))
        except Image.DecompressionBombError:
            raise UnusableImage("image too large") from None
        except DECODER_ERRORS as error:
            raise UnusableImage("truncated image" if is_truncated(error) else "unreadable image") from None


def refuse_path(path: Path, release: Path) -> None:
    """What the name tells. A name that no file can have is an error of the file system: an unreadable image."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(release)):
        raise UnusableImage("path leaves the release")
    if not path.is_file():
        raise UnusableImage("missing image")


def refuse_shape(image: Image.Image, max_pixels: int) -> None:
    """What the header tells, before anything is decoded."""
    if image.width * image.height > max_pixels:
        raise UnusableImage("image too large")
    if min(image.size) < 2:
        raise UnusableImage("image too small")
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":  # an MPO is a photograph with its own previews
        raise UnusableImage("animated image")


def is_truncated(error: Exception) -> bool:
    return isinstance(error, EOFError) or any(sign in str(error).lower() for sign in ("truncated", "unexpected end", "incomplete"))


def eight_bit(image: Image.Image) -> Image.Image:
    """Mode "L" where the channels agree, "RGB" elsewhere."""
    if image.mode in DEEP_MODES:
        return windowed(np.asarray(image, dtype=np.float64))
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    image = image.convert("RGB")
    pixels = np.asarray(image)
    is_grey = np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 1], pixels[..., 2])
    return image.getchannel(0) if is_grey else image


def windowed(values: np.ndarray) -> Image.Image:
    """(H, W) of any range -> 8 bits; a constant image becomes black."""
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    low, high = np.percentile(values, WINDOW_PERCENTILES)
    scaled = (values - low) / (high - low) if high > low else np.zeros_like(values)
    return Image.fromarray((scaled.clip(0, 1) * 255).round().astype(np.uint8))


def resized(image: Image.Image, image_px: int) -> np.ndarray:
    """uint8 (H, W, C): shorter side `image_px` (bicubic; smaller images grow), longer side at most `MAX_ASPECT` times that."""
    short = min(image.size)
    width, height = (min(side, MAX_ASPECT * short) for side in image.size)
    left, top = (image.width - width) / 2, (image.height - height) / 2
    size = (round(width * image_px / short), round(height * image_px / short))
    small = image.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))
    return np.asarray(small).reshape(size[1], size[0], -1)


def encoded(pixels: np.ndarray, encoding: Encoding) -> bytes:
    """uint8 (H, W, C) -> the bytes of a shard's `image` column."""
    if encoding == "raw":
        return pixels.tobytes()
    buffer = io.BytesIO()
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    if encoding == "png":
        image.save(buffer, "PNG")
    else:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()
