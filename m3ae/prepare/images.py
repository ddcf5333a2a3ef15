"""An image file -> pixels of the stored size, or the reason why the model cannot use it.

Rules: the EXIF orientation is applied; what is transparent shows black, a radiograph's background; samples deeper than 8 bits are
windowed from their 0.5th to their 99.5th percentile, all channels as one; colour stays only where the channels differ.
Shapes: H, W stored size in px, C channels (1 or 3).
"""

import io
import math
import re
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from m3ae.prepare.params import Encoding
from m3ae.releases.places import OUTSIDE, is_allowed

MAX_ASPECT = 2  # the longer side is cut, about its centre, to this many times the shorter one
WINDOW_PERCENTILES = (0.5, 99.5)
JPEG_QUALITY = 95
SAMPLED_PX = 2**20  # the percentiles of a larger image are those of every n-th row and column
ROWS_AT_ONCE = 64  # windowed together: no copy of a deep image is made but one of 8 bits
DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
DEEP_COLOUR = re.compile(r";16[BLN]")  # how Pillow reads a file's samples of 16 bits where its mode has 8
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0  # a tag of TIFF, and its value for a negative
OPAQUE = 2**16 - 1
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
)


class UnusableImage(Exception):
    """The image cannot be shown to the model; the message is the reason under which it is counted."""


def load(path: Path, release: Path, max_pixels: int, content: bytes | None = None, image_folders: tuple[Path, ...] = ()) -> Image.Image:
    """Return the image at `path`, or the one whose file's bytes `content` are: decoded, upright, in mode "L" or "RGB".

    Raises `UnusableImage`; never returns another image.

    # Differs: the authors' code shows a random other image in the place of one that it cannot read. There is no way back to that:
    # it teaches a text beside a stranger's image, and nobody is told.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on odd metadata; what cannot be decoded raises
        try:
            if content is None:
                refuse_path(path, release, image_folders)
            with Image.open(path if content is None else io.BytesIO(content)) as image:
                refuse_shape(image, max_pixels)
                return grey_or_colour(ImageOps.exif_transpose(eight_bit(image, path, content)))
        except Image.DecompressionBombError:
            raise UnusableImage("image too large") from None
        except DECODER_ERRORS as error:
            raise UnusableImage("truncated image" if is_truncated(error) else "unreadable image") from None


def refuse_path(path: Path, release: Path, image_folders: tuple[Path, ...]) -> None:
    """Raise `UnusableImage` where the path leaves the release or no file is there.

    A name that no file can have is an error of the file system: an unreadable image.
    """
    if not is_allowed(path, release, image_folders):
        raise UnusableImage(OUTSIDE)
    if not path.is_file():
        raise UnusableImage("missing image")


def refuse_shape(image: Image.Image, max_pixels: int) -> None:
    """Raise `UnusableImage` for what the header tells, before anything is decoded: too large, too small, or animated."""
    if image.width * image.height > max_pixels:
        raise UnusableImage("image too large")
    if min(image.size) < 2:
        raise UnusableImage("image too small")
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":  # an MPO is a photograph with its own previews
        raise UnusableImage("animated image")


def is_truncated(error: Exception) -> bool:
    return isinstance(error, EOFError) or any(sign in str(error).lower() for sign in ("truncated", "unexpected end", "incomplete"))


def eight_bit(image: Image.Image, path: Path, content: bytes | None) -> Image.Image:
    """Return the image itself, or what a window shows of one whose samples are deeper."""
    if image.mode in DEEP_MODES:
        pixels = windowed(grey_samples(image), is_negative(image))
    elif DEEP_COLOUR.search(str(image.tile)):
        pixels = windowed(colour_samples(image, path.read_bytes() if content is None else content))
    else:
        return image
    window = Image.fromarray(pixels)
    window.getexif()[ExifTags.Base.Orientation] = image.getexif().get(ExifTags.Base.Orientation, 1)
    return window


def grey_samples(image: Image.Image) -> np.ndarray:
    """Return the samples (H, W) as the file has them, 0 where a PNG's key says transparent."""
    samples = np.array(image)
    if "transparency" in image.info:
        samples[samples == image.info["transparency"]] = 0
    return samples


def is_negative(image: Image.Image) -> bool:
    """Return whether the least sample is white; where samples have 8 bits Pillow sees to it."""
    return image.format == "TIFF" and image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO


def colour_samples(image: Image.Image, content: bytes) -> np.ndarray:
    """Return the samples, uint16 (H, W, 3), or (H, W, 4) with how opaque each pixel is.

    They are read by OpenCV: of each sample Pillow keeps the upper byte, 15 of 4,095. Raises `UnusableImage` where OpenCV cannot read them.
    """
    import cv2  # few releases have such images

    image.load()  # raises where the file is cut
    try:
        samples = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED) if image.mode in ("RGB", "RGBA") else None
    except cv2.error:
        samples = None
    if samples is None or samples.dtype != np.uint16 or samples.ndim != 3 or samples.shape[1::-1] != image.size:
        raise UnusableImage("deep colour image")
    colours = samples[..., 2::-1]  # from blue, green, red
    return np.dstack((colours, samples[..., 3])) if samples.shape[2] == 4 and image.has_transparency_data else colours


def windowed(samples: np.ndarray, is_negative: bool = False) -> np.ndarray:
    """Return samples (H, W) or (H, W, 3 or 4) of any range as uint8 (H, W) or (H, W, 3); a constant image becomes black."""
    step = 1 + math.isqrt((samples.shape[0] * samples.shape[1] - 1) // SAMPLED_PX)
    low, high = np.percentile(light(samples[::step, ::step]), WINDOW_PERCENTILES)[:: -1 if is_negative else 1]
    window = np.zeros((*samples.shape[:2], *(3 for _ in samples.shape[2:])), np.uint8)
    for top in range(0, len(samples) if low != high else 0, ROWS_AT_ONCE):
        scaled = (light(samples[top : top + ROWS_AT_ONCE]) - low) / (high - low)
        window[top : top + ROWS_AT_ONCE] = (scaled.clip(0, 1) * 255).round()
    return window


def light(samples: np.ndarray) -> np.ndarray:
    """Return the samples as floats: 0 for what is no number, and less for what is not opaque."""
    numbers = np.nan_to_num(samples.astype(np.float64), posinf=0.0, neginf=0.0)
    return numbers[..., :3] * (numbers[..., 3:] / OPAQUE) if numbers.shape[2:] == (4,) else numbers


def grey_or_colour(image: Image.Image) -> Image.Image:
    """Return the image in mode "L" where the channels agree, "RGB" elsewhere; what is transparent is black."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    if image.mode in ("1", "L"):
        return image.convert("L")
    image = image.convert("RGB")
    pixels = np.asarray(image)
    is_grey = np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 1], pixels[..., 2])
    return image.getchannel(0) if is_grey else image


def resized(image: Image.Image, image_px: int) -> np.ndarray:
    """Return the pixels, uint8 (H, W, C), with a shorter side of `image_px` and a longer one of at most `MAX_ASPECT` times that.

    Bicubic; smaller images grow.
    """
    short = min(image.size)
    width, height = (min(side, MAX_ASPECT * short) for side in image.size)
    left, top = (image.width - width) / 2, (image.height - height) / 2
    size = (round(width * image_px / short), round(height * image_px / short))
    small = image.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))
    return np.asarray(small).reshape(size[1], size[0], -1)


def encoded(pixels: np.ndarray, encoding: Encoding) -> bytes:
    """Return pixels, uint8 (H, W, C), as the bytes of a shard's `image` column."""
    if encoding == "raw":
        return pixels.tobytes()
    buffer = io.BytesIO()
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    if encoding == "png":
        image.save(buffer, "PNG")
    else:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()
