"""Samples deeper than 8 bits -> 8 bits: windowed from their 0.5th to their 99.5th percentile, all channels as one.

A decode by Pillow is trusted where it keeps every bit: in the modes of `DEEP_MODES`, and where the file's samples have at most 8 bits.
Of deeper colour it keeps the upper byte, 15 of 4,095 levels, or takes bytes for samples; there OpenCV reads, and what OpenCV does not
read rightly is dropped by name. Shapes: H, W size in px.
"""

import math
import re
from typing import Any

import numpy as np
from PIL import Image, ImageMode

from m3ae.prepare import tiff
from m3ae.prepare.orientation import lying, orientation
from m3ae.prepare.unusable import UnusableImage

WINDOW_PERCENTILES = (0.5, 99.5)
SAMPLED_PX = 2**20  # the percentiles of a larger image are those of every n-th row and column
ROWS_AT_ONCE = 64  # windowed together: no copy of a deep image is made but one of 8 bits
DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
DEEP_PNG = re.compile(r";16B")  # how Pillow reads a PNG's samples of 16 bits where its mode has 8
COMPONENTS = re.compile(rb"\xff\x4f\xff\x51.{36}", re.DOTALL)  # JPEG 2000: how many follow, then three bytes each, the first one its depth
OPAQUE = 2**16 - 1


def eight_bit(image: Image.Image, content: bytes | None) -> Image.Image:
    """Return the image itself, or what a window shows of one whose samples are deeper. `content`: its file's, None where it has none."""
    is_grey = is_deep_grey(image)
    if not is_grey and not is_deep_colour(image, content):
        return image
    if tiff.is_tiff(image):
        tiff.in_native_order(image)
    image.load()  # raises where the file is cut, which OpenCV does not
    turn = orientation(image)
    samples = grey_samples(image) if is_grey else colour_samples(image, content)
    window = windowed(samples, is_grey and is_negative(image))
    del samples
    return lying(window, turn)


def is_deep_grey(image: Image.Image) -> bool:
    return image.mode in DEEP_MODES or is_signed_byte(image)


def is_signed_byte(image: Image.Image) -> bool:
    return tiff.is_tiff(image) and image.mode == "L" and tiff.sample_format(image.tag_v2) == tiff.SIGNED


def grey_samples(image: Image.Image) -> np.ndarray:
    """Return the samples (H, W) as the file has them, 0 where a PNG's key says transparent; Pillow takes all of 32 bits for signed."""
    samples = array_of(image)
    if is_signed_byte(image):
        return samples.view(np.int8)
    if image.mode == "I" and tiff.is_tiff(image) and (tiff.depth(image.tag_v2), tiff.sample_format(image.tag_v2)) == (32, tiff.UNSIGNED):
        return samples.view(np.uint32)
    if "transparency" in image.info:
        samples[samples == image.info["transparency"]] = 0
    return samples


def array_of(image: Image.Image) -> np.ndarray:
    """Return what `np.asarray` does, a band of rows at a time: with one copy in memory and not two."""
    samples = np.empty((image.height, image.width), ImageMode.getmode(image.mode).typestr)
    for top in range(0, image.height, ROWS_AT_ONCE):
        bottom = min(top + ROWS_AT_ONCE, image.height)
        samples[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return samples


def is_negative(image: Image.Image) -> bool:
    """Return whether the least sample is white; where samples have 8 bits Pillow sees to it."""
    return tiff.is_tiff(image) and image.tag_v2.get(tiff.PHOTOMETRIC) == tiff.WHITE_IS_ZERO


def is_deep_colour(image: Image.Image, content: bytes | None) -> bool:
    """Return whether a file's samples of colour have more than the 8 bits that Pillow's mode has."""
    if image.mode in DEEP_MODES:
        return False
    if tiff.is_tiff(image):
        return tiff.depth(image.tag_v2) > 8
    tiles: Any = getattr(image, "tile", ())
    match image.format:
        case "PNG":
            return bool(DEEP_PNG.search(str(tiles)))
        case "PPM":
            return image.mode == "RGB" and any(tile.codec_name == "ppm" and tile.args[1] > 255 for tile in tiles)
        case "JPEG2000":
            return max(depths(content or b""), default=0) > 8
    return False


def depths(content: bytes) -> list[int]:
    """Return the bits of a JPEG 2000 file's samples, a number a channel."""
    if not (found := COMPONENTS.search(content)):
        return []
    number = int.from_bytes(content[found.end() : found.end() + 2], "big")
    return [1 + (depth & 0x7F) for depth in content[found.end() + 2 : found.end() + 2 + 3 * number : 3]]


def colour_samples(image: Image.Image, content: bytes | None) -> np.ndarray:
    """Return the samples, uint16 (H, W, 3), or (H, W, 4) with how opaque each pixel is.

    Raises `UnusableImage` where OpenCV cannot read them, or would take the planes of a TIFF for pixels.
    """
    import cv2  # few releases have such images

    is_apart = tiff.is_tiff(image) and image.tag_v2.get(tiff.PLANES) == tiff.APART
    if not content or image.mode not in ("RGB", "RGBA") or is_apart or image.tell():
        raise UnusableImage("deep colour image")
    shape, is_transparent = (image.height, image.width), image.has_transparency_data
    image.close()  # its memory is needed
    samples = decoded(content, cv2)
    if samples is None or samples.dtype != np.uint16 or samples.ndim != 3 or samples.shape[:2] != shape:
        raise UnusableImage("deep colour image")
    for top in range(0, len(samples), ROWS_AT_ONCE):
        rows = samples[top : top + ROWS_AT_ONCE]
        rows[..., :3] = rows[..., 2::-1].copy()  # OpenCV has blue first
    return samples if is_transparent else samples[..., :3]


def decoded(content: bytes, cv2: Any) -> np.ndarray | None:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # remarks on colour spaces
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None


def windowed(samples: np.ndarray, is_negative: bool = False) -> np.ndarray:
    """Return samples (H, W) or (H, W, 3 or 4) of any range as uint8 (H, W) or (H, W, 3); a constant image becomes black."""
    step = 1 + math.isqrt((samples.shape[0] * samples.shape[1] - 1) // SAMPLED_PX)
    low, high = np.percentile(light(samples[::step, ::step]), WINDOW_PERCENTILES, overwrite_input=True)[:: -1 if is_negative else 1]
    window = np.zeros((*samples.shape[:2], *(3 for _ in samples.shape[2:])), np.uint8)
    for top in range(0, len(samples) if low != high else 0, ROWS_AT_ONCE):
        scaled = (light(samples[top : top + ROWS_AT_ONCE]) - low) / (high - low)
        window[top : top + ROWS_AT_ONCE] = (scaled.clip(0, 1) * 255).round()
    return window


def light(samples: np.ndarray) -> np.ndarray:
    """Return the samples as floats: 0 for what is no number, and less for what is not opaque."""
    numbers = np.nan_to_num(samples.astype(np.float64), copy=False, posinf=0.0, neginf=0.0)
    return numbers[..., :3] * (numbers[..., 3:] / OPAQUE) if numbers.shape[2:] == (4,) else numbers
