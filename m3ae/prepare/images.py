"""An image file -> pixels of the stored size, or the reason why the model cannot use it: the one way, of `prepare` and of a model folder.

Rules: the EXIF orientation is applied; what is transparent shows black, a radiograph's background; samples deeper than 8 bits are
windowed (deep.py, dicom.py); colour stays only where the channels differ. A TIFF's page is the one that is no preview.

Memory: one image takes a worker, and the process that decompresses DICOM frames for it, at most 14 bytes a pixel of `max_pixels`, and
64 MiB (1.3 GB at the default): a file is read whole, of at most `MOST_BYTES_A_PIXEL` and `BESIDE`, what is decoded is converted in bands,
and what takes twice the memory counts twice.

Shapes: H, W stored size in px, C channels (1 or 3).
"""

import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from m3ae.prepare import dicom, formats, jpeg, tiff
from m3ae.prepare.deep import eight_bit, is_deep_colour
from m3ae.prepare.orientation import UPRIGHT, orientation
from m3ae.prepare.params import DicomWindow
from m3ae.prepare.unusable import DECODER_ERRORS, TOO_LARGE, UnusableImage, reason_of, refuse_size
from m3ae.releases.places import OUTSIDE, is_allowed

MAX_ASPECT = 2  # the longer side is cut, about its centre, to this many times the shorter one
MOST_BYTES_A_PIXEL = 4  # of a file: four samples of 8 bits, or one of 32
BESIDE = 2**24  # bytes: profiles, previews
PIXELS_AT_ONCE = 2**20  # converted together, so that no second copy of a large image is made
HEAVY = ("JPEG2000", "WEBP")  # whose decoders hold samples of 32 bits, or two canvases
JPEGS = ("JPEG", "MPO")  # an MPO is a photograph with its own previews


def load(
    path: Path,
    release: Path,
    max_pixels: int,
    content: bytes | None = None,
    dicom_window: DicomWindow = "voi",
    image_folders: tuple[Path, ...] = (),
) -> Image.Image:
    """Return the image at `path`, or the one whose file's bytes `content` are: decoded, upright, in mode "L" or "RGB".

    `dicom_window`: DICOM files show by their own window ("voi"), or all of their range ("full").
    Raises `UnusableImage`; never returns another image.

    # Differs: the authors' code shows a random other image in the place of one that it cannot read. There is no way back to that:
    # it teaches a text beside a stranger's image, and nobody is told.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on odd metadata; what cannot be decoded raises
        try:
            if content is None:
                refuse_path(path, release, image_folders)
                content = read_file(path, max_pixels)
            return decoded(content, max_pixels, dicom_window)
        except Image.DecompressionBombError:
            raise UnusableImage(TOO_LARGE) from None
        except DECODER_ERRORS as error:
            raise UnusableImage(reason_of(error)) from None


def refuse_path(path: Path, release: Path, image_folders: tuple[Path, ...]) -> None:
    """Raise `UnusableImage` where the path leaves the release or no file is there.

    A name that no file can have is an error of the file system: an unreadable image.
    """
    if not is_allowed(path, release, image_folders):
        raise UnusableImage(OUTSIDE)
    refuse_no_file(path)


def refuse_no_file(path: Path) -> None:
    """Raise `UnusableImage` where there is nothing to read; a pipe, a socket or a device is never opened."""
    if not path.exists() or path.is_dir():
        raise UnusableImage("missing image")
    if not path.is_file():
        raise UnusableImage("pipe, socket or device")


def read_file(path: Path, max_pixels: int) -> bytes:
    """Return the bytes of a file that is no larger than an image may be."""
    if path.stat().st_size > MOST_BYTES_A_PIXEL * max_pixels + BESIDE:
        raise UnusableImage(TOO_LARGE)
    return path.read_bytes()


def decoded(content: bytes, max_pixels: int, dicom_window: DicomWindow) -> Image.Image:
    """Return the image that a file's bytes are, upright, in mode "L" or "RGB"."""
    if formats.is_dicom(content):
        return grey_or_colour(dicom.decoded(content, max_pixels, dicom_window))
    with opened(content) as image:
        if image.format == "TIFF":
            image.seek(tiff.full_page(content))
        refuse_shape(image, content, max_pixels)
        return shown(image, content)


def opened(content: bytes) -> Image.Image:
    """Open one of the formats that are read. Raises `UnusableImage` that names what the file is instead."""
    try:
        return Image.open(io.BytesIO(content), formats=formats.READ)
    except UnidentifiedImageError:
        raise UnusableImage("deep colour image" if tiff.is_deep_colour(content) else formats.reason_for(content)) from None


def refuse_shape(image: Image.Image, content: bytes, max_pixels: int) -> None:
    """Raise `UnusableImage` for what the header tells, before anything is decoded: too large, too small, or animated.

    What takes twice the memory counts twice.
    """
    is_heavy = image.format in HEAVY or is_deep_colour(image, content)
    refuse_size(image.size, max_pixels // 2 if is_heavy else max_pixels)
    if getattr(image, "n_frames", 1) > 1 and image.format not in ("MPO", "TIFF"):
        raise UnusableImage("animated image")


def shown(image: Image.Image, content: bytes | None) -> Image.Image:
    """Return an opened image upright, in mode "L" or "RGB". `content`: its file's bytes, None where only its pixels are at hand."""
    pixels = jpeg.decoded(image, content) if content is not None and image.format in JPEGS else eight_bit(image, content)
    return grey_or_colour(pixels if orientation(pixels) == UPRIGHT else ImageOps.exif_transpose(pixels))


def grey_or_colour(image: Image.Image) -> Image.Image:
    """Return the image in mode "L" where the channels agree, "RGB" elsewhere; what is transparent is black."""
    if image.mode in ("1", "L") and not image.has_transparency_data:
        return image.convert("L")
    colour = image if image.mode == "RGB" and not image.has_transparency_data else opaque_colour(image)
    return colour.getchannel(0) if all(is_grey(colour.crop(band)) for band in bands(colour)) else colour


def bands(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Yield boxes (left, top, right, bottom) of whole rows that make up the image."""
    rows = max(1, PIXELS_AT_ONCE // image.width)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def is_grey(image: Image.Image) -> bool:
    red, green, blue = (channel.tobytes() for channel in image.split())  # in half the time of numpy, which would take every third byte
    return red == green == blue


def opaque_colour(image: Image.Image) -> Image.Image:
    """Return the image in mode "RGB" on black."""
    colour = Image.new("RGB", image.size)
    for band in bands(image):
        part = image.crop(band)
        if part.has_transparency_data:
            part = (part.convert("LA") if part.mode == "La" else part).convert("RGBA")
            part = Image.alpha_composite(Image.new("RGBA", part.size, "black"), part)
        colour.paste(part.convert("RGB"), band)
    return colour


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
