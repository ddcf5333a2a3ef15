"""A DICOM file -> 8-bit pixels. Of its fields only those that say how pixels are shown are read: no name, date or number of a patient.

Needs pydicom, and GDCM for what is compressed: `pip install m3ae-dvc[dicom]`. Shapes: H, W size in px.
"""

import logging
import re
import struct
from typing import Any

import numpy as np
from PIL import Image

from m3ae.prepare.deep import ROWS_AT_ONCE, windowed
from m3ae.prepare.dicom_fields import DATA, GROUPS, read
from m3ae.prepare.dicom_frames import COMPRESSED, decompressed
from m3ae.prepare.params import DicomWindow
from m3ae.prepare.unusable import DECODER_ERRORS, UnusableImage, reason_of, refuse_size

INSTALL = "DICOM; pip install m3ae-dvc[dicom] reads it"
DEFLATED = b"1.2.840.10008.1.2.1.99"  # a transfer syntax: all of the file is compressed, to any size
IN_GROUPS = ("PixelValueTransformationSequence", "FrameVOILUTSequence")  # where a newer file keeps what others have at their top
J2K = re.compile(rb"\xff\x4f\xff\x51.{4}(.{34})", re.DOTALL)  # JPEG 2000: where the image ends and begins, its tiles, its channels
SIZED = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}  # JPEG's and JPEG-LS's markers before a size
BEYOND = 1e30  # on either side of every window


def decoded(content: bytes, max_pixels: int, window: DicomWindow) -> Image.Image:
    """Return the image in mode "L" or "RGB", as its own window shows it (`window` "voi"), or all of its range ("full").

    Samples of 8 bits without a window stay as they are. Raises `UnusableImage`, whose message holds nothing that the file says.
    """
    try:
        import pydicom.errors
    except ImportError:
        raise UnusableImage(INSTALL) from None
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # its remarks quote the file
    if DEFLATED in content[: 2**16]:
        raise UnusableImage("DICOM, deflated; write it in another transfer syntax")
    try:
        data = read(content)
        refuse(data, max_pixels)
        return Image.fromarray(shown(data, samples_of(data, content), window))
    except (*DECODER_ERRORS, pydicom.errors.BytesLengthException, pydicom.errors.InvalidDicomError) as error:
        raise UnusableImage(f"DICOM, {reason_of(error)}") from None


def refuse(data: Any, max_pixels: int) -> None:
    """Raise `UnusableImage` for what the fields tell, before anything is decoded."""
    from pydicom.uid import JPEG2000TransferSyntaxes

    if not any(name in data for name in DATA) or not data.get("Rows") or not data.get("Columns"):
        raise UnusableImage("DICOM without an image")
    if int(data.get("NumberOfFrames") or 1) > 1:
        raise UnusableImage("multi-frame DICOM; export its frames as PNG")
    # As in images.py, twice the memory counts twice.
    is_heavy = data.get("SamplesPerPixel", 1) > 1 or data.file_meta.get("TransferSyntaxUID") in JPEG2000TransferSyntaxes
    refuse_size((data.Columns, data.Rows), max_pixels // 2 if is_heavy else max_pixels)


def shown(data: Any, samples: np.ndarray, window: DicomWindow) -> np.ndarray:
    """Return the pixels, uint8 (H, W) or (H, W, 3)."""
    from pydicom.pixels import apply_color_lut

    if data.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(samples, data)
        return colours.astype(np.uint8) if colours.max() < 256 else (colours >> 8).astype(np.uint8)
    if samples.ndim == 3:
        return samples if samples.dtype == np.uint8 else windowed(samples)
    raise_to_top(data)
    is_negative = data.PhotometricInterpretation == "MONOCHROME1"
    if window == "voi" and has_window(data):
        return turned(as_its_window_shows(data, samples), is_negative)
    if is_plain(data):
        return turned((samples * (255 // (2**data.BitsStored - 1))).astype(np.uint8), is_negative)
    return windowed(rescaled(data, samples), is_negative)


def samples_of(data: Any, content: bytes) -> np.ndarray:
    """Return the samples (H, W) or (H, W, 3) as stored. Raises `UnusableImage` where nothing at hand decompresses them."""
    from pydicom import uid

    if "TransferSyntaxUID" not in data.file_meta:  # files without a header
        data.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian if data.original_encoding[0] else uid.ExplicitVRLittleEndian
    says_its_shape = {*uid.JPEGTransferSyntaxes, *uid.JPEGLSTransferSyntaxes, *uid.JPEG2000TransferSyntaxes}
    try:
        if data.file_meta.TransferSyntaxUID not in says_its_shape:
            return data.pixel_array
        refuse_other_shape(data)
        return decompressed(content)
    except NotImplementedError:
        raise UnusableImage(COMPRESSED) from None


def refuse_other_shape(data: Any) -> None:
    """Raise `UnusableImage` where a compressed frame says another shape than the file: decoders ask for memory by what it says."""
    from pydicom.encaps import get_frame

    if own_shape(get_frame(data.PixelData, 0, number_of_frames=1)) != (data.Columns, data.Rows, data.SamplesPerPixel):
        raise UnusableImage("DICOM whose frame says another size")


def own_shape(frame: bytes) -> tuple[int, int, int]:
    """Return the width, height and number of channels that a JPEG, JPEG-LS or JPEG 2000 says. Raises one of `DECODER_ERRORS`."""
    if found := J2K.search(frame):
        right, bottom, left, top, channels = struct.unpack(">IIII16xH", found[1])
        return right - left, bottom - top, channels
    place = 2
    while frame[place] == 0xFF:
        if frame[place + 1] in SIZED:
            height, width, channels = struct.unpack(">HHB", frame[place + 5 : place + 10])
            return width, height, channels
        place += 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
    raise ValueError("no size before the image")


def raise_to_top(data: Any) -> None:
    """Copy what the functional groups of a newer file say of its only frame to where older ones have it."""
    for group in (item for name in GROUPS for item in data.get(name) or ()):
        for item in (item for name in IN_GROUPS for item in group.get(name) or ()):
            data.update(item)


def has_window(data: Any) -> bool:
    return bool(data.get("VOILUTSequence")) or None not in (data.get("WindowCenter"), data.get("WindowWidth"))


def is_plain(data: Any) -> bool:
    """Return whether the samples are grey levels of at most 8 bits as they stand."""
    is_rescaled = data.get("ModalityLUTSequence") or (data.get("RescaleSlope", 1), data.get("RescaleIntercept", 0)) != (1, 0)
    return data.get("BitsStored", 32) in (1, 2, 4, 8) and not data.PixelRepresentation and not is_rescaled


def rescaled(data: Any, samples: np.ndarray) -> np.ndarray:
    """Return the samples in the modality's unit, of CT in Hounsfield's; what no field rescales stays as it is."""
    from pydicom.pixels import apply_modality_lut

    return apply_modality_lut(samples, data)


def as_its_window_shows(data: Any, samples: np.ndarray) -> np.ndarray:
    """Return the pixels, uint8 (H, W), under the first of the file's windows or tables."""
    from pydicom.pixels import apply_voi_lut

    ends = apply_voi_lut(all_that_it_tells_apart(data), data)
    low, high = float(ends.min()), float(ends.max())
    pixels = np.zeros(samples.shape, np.uint8)
    for top in range(0, len(samples) if low != high else 0, ROWS_AT_ONCE):
        values = apply_voi_lut(rescaled(data, samples[top : top + ROWS_AT_ONCE]), data)
        pixels[top : top + ROWS_AT_ONCE] = ((values - low) / (high - low)).clip(0, 1) * 255 + 0.5
    return pixels


def all_that_it_tells_apart(data: Any) -> np.ndarray:
    """Return samples whose darkest and brightest are those of every image: all entries of a table, or both sides of a window."""
    if not data.get("VOILUTSequence"):
        return np.array([-BEYOND, BEYOND])
    entries, first, _ = data.VOILUTSequence[0].LUTDescriptor
    return first + np.arange(entries or 2**16)


def turned(pixels: np.ndarray, is_negative: bool) -> np.ndarray:
    return 255 - pixels if is_negative else pixels
