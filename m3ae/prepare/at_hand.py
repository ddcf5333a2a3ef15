"""An image as a caller has it -> what `load` makes of its file: a path, an image of Pillow's, or an array of samples.

Shapes: H, W size in px.
"""

import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from m3ae.prepare.deep import windowed
from m3ae.prepare.images import grey_or_colour, load, read_file, refuse_no_file, shown
from m3ae.prepare.params import DicomWindow
from m3ae.prepare.unusable import DECODER_ERRORS, UnusableImage, reason_of, refuse_size

AtHand = str | os.PathLike[str] | Image.Image | np.ndarray
CHANNELS = (1, 3, 4)


def loaded(image: AtHand, max_pixels: int, dicom_window: DicomWindow) -> Image.Image:
    """Return the image as `load` does, in mode "L" or "RGB".

    An image that Pillow has opened and not decoded is read from its file once more, for Pillow loses what `load` keeps of deep colour
    and damage; of a decoded one the pixels that are there are shown. An array is (H, W) or (H, W, 1, 3 or 4): grey, colour, with opacity;
    of 8 bits, of truth values, or of deeper samples, which are windowed. Raises `UnusableImage`, `TypeError` for anything else.
    """
    if isinstance(image, str | os.PathLike):
        return from_path(Path(image), max_pixels, dicom_window)
    if isinstance(image, np.ndarray):
        return from_array(image, max_pixels)
    if not isinstance(image, Image.Image):
        raise TypeError(f"{type(image).__name__}: a path, a PIL image or a NumPy array expected")
    if (content := file_of(image)) is not None:
        return load(Path(), Path(), max_pixels, content, dicom_window)
    return from_pixels(image, max_pixels)


def from_path(path: Path, max_pixels: int, dicom_window: DicomWindow) -> Image.Image:
    refuse_no_file(path)
    return load(path, path.parent, max_pixels, read_file(path, max_pixels), dicom_window)


def file_of(image: Image.Image) -> bytes | None:
    """Return the bytes of an undecoded image's file; None where it is decoded, or stands at a later page."""
    if not isinstance(image, ImageFile.ImageFile) or image.fp is None or image.tell():
        return None
    place = image.fp.tell()
    image.fp.seek(0)
    content = image.fp.read()
    image.fp.seek(place)
    return content


def from_pixels(image: Image.Image, max_pixels: int) -> Image.Image:
    refuse_size(image.size, max_pixels)
    try:
        return shown(image, None)
    except DECODER_ERRORS as error:
        raise UnusableImage(reason_of(error)) from None


def from_array(samples: np.ndarray, max_pixels: int) -> Image.Image:
    if samples.ndim not in (2, 3) or samples.ndim == 3 and samples.shape[2] not in CHANNELS:
        raise UnusableImage(f"array of shape {samples.shape}; (height, width) or (height, width, 1, 3 or 4) expected")
    refuse_size(samples.shape[:2], max_pixels)
    samples = samples[..., 0] if samples.shape[2:] == (1,) else samples
    if samples.dtype == bool:
        samples = samples * np.uint8(255)
    return grey_or_colour(Image.fromarray(np.ascontiguousarray(samples) if samples.dtype == np.uint8 else windowed(samples)))
