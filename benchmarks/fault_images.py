"""The family of damaged image files, of every format that is read: decoded within a worker's memory, or dropped under a reason."""

import io
import random
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.fault_bytes import Change, cut, flip, hole, lost, noise
from benchmarks.fault_family import ACCOUNTED, SAME, Family
from benchmarks.fault_releases import PARAMS
from m3ae.prepare.rows import StoredImage, stored

LOADED = [
    import_module(name) for name in ("cv2", "pydicom.pixels", "gdcm") if find_spec(name.partition(".")[0])
]  # their size is no image's
SMALLER = PARAMS.model_copy(update={"max_pixels": 2**21})
BUDGET = 14 * SMALLER.max_pixels + 2**26  # bytes, as m3ae/prepare/images.py promises
DAMAGED = "damaged"
MOST_IN_REASON = 100  # characters
SIZES = (0, 1, 2**10, 1400, 2**11, 2**15, 2**16 - 1, 2**20, 2**24, 2**31 - 1, 2**32 - 1)
GREY = (np.add.outer(np.arange(40), np.arange(56)) * 2).astype(np.uint8)
COLOUR = np.dstack([GREY, 255 - GREY, GREY // 2])
DEEP = GREY.astype(np.uint16) * 200


def saved(pixels: np.ndarray | Image.Image, kind: str, mode: str = "", **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    (image.convert(mode) if mode else image).save(file, kind, **options)
    return file.getvalue()


def by_opencv(pixels: np.ndarray, suffix: str) -> bytes:
    import cv2

    return cv2.imencode(suffix, pixels)[1].tobytes()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(COLOUR, "JPEG", exif=exif)


def made() -> dict[str, bytes]:
    """Return sound files: name -> content."""
    files = {f"png-{mode}": saved(COLOUR, "PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")}
    files |= {"png-16": saved(DEEP, "PNG"), "png-rgb-16": by_opencv(COLOUR.astype(np.uint16) * 200, ".png")}
    files |= {f"jpeg-{mode}": saved(COLOUR, "JPEG", mode) for mode in ("L", "RGB", "CMYK")}
    files |= {"jpeg-progressive": saved(COLOUR, "JPEG", progressive=True, restart_marker_rows=1), "jpeg-exif": turned()}
    files |= {"mpo": saved(COLOUR, "MPO", save_all=True, append_images=[Image.fromarray(COLOUR)])}
    compressions = (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
    files |= {f"tiff-{name}": saved(COLOUR, "TIFF", compression=name) for name in compressions}
    files |= {f"tiff-{name}": saved(GREY, "TIFF", "1", compression=name) for name in ("group3", "group4", "tiff_ccitt")}
    files |= {"tiff-16": saved(DEEP, "TIFF", compression="tiff_lzw"), "tiff-f": saved(DEEP.astype(np.float32), "TIFF")}
    files |= {"tiff-i": saved(DEEP.astype(np.int32), "TIFF"), "tiff-rgb-16": by_opencv(COLOUR.astype(np.uint16), ".tiff")}
    files |= {"tiff-big": saved(GREY, "TIFF", big_tiff=True), "gif": saved(COLOUR, "GIF"), "bmp": saved(COLOUR, "BMP")}
    files |= {
        "bmp-p": saved(COLOUR, "BMP", "P"),
        "webp": saved(COLOUR, "WEBP"),
        "webp-lossless": saved(COLOUR, "WEBP", "RGBA", lossless=True),
    }
    files |= {"jp2": saved(COLOUR, "JPEG2000"), "jp2-16": saved(DEEP, "JPEG2000"), "j2k": saved(GREY, "JPEG2000", no_jp2=True)}
    files |= {"ppm": saved(COLOUR, "PPM"), "pgm": saved(GREY, "PPM"), "pbm": saved(GREY, "PPM", "1"), "pgm-16": by_opencv(DEEP, ".pgm")}
    return files | (dicoms() if find_spec("pydicom") else {})


def dicoms() -> dict[str, bytes]:
    from pydicom import uid

    plain = {"8": GREY, "16": DEEP, "rgb": COLOUR}
    files = {f"dicom-{name}": dicom(pixels, uid.ExplicitVRLittleEndian) for name, pixels in plain.items()}
    files |= {"dicom-implicit": dicom(DEEP, uid.ImplicitVRLittleEndian), "dicom-rle": dicom(DEEP, uid.RLELossless)}
    files |= {"dicom-jpeg": dicom(GREY, uid.JPEGBaseline8Bit, saved(GREY, "JPEG"))}
    return files | {"dicom-jp2": dicom(DEEP, uid.JPEG2000Lossless, saved(DEEP, "JPEG2000", no_jp2=True))}


def dicom(pixels: np.ndarray, syntax: Any, encapsulated: bytes = b"") -> bytes:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import ExplicitVRLittleEndian, RLELossless, SecondaryCaptureImageStorage

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == RLELossless else syntax
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
    data = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    data.SOPClassUID, data.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
    data.Rows, data.Columns, data.SamplesPerPixel = *pixels.shape[:2], pixels.ndim == 3 and 3 or 1
    data.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 8 * pixels.itemsize
    data.HighBit, data.PixelRepresentation, data.PlanarConfiguration = data.BitsStored - 1, 0, 0
    data.WindowCenter, data.WindowWidth, data.RescaleSlope, data.RescaleIntercept = 90, 150, 1, -10
    data.PixelData = encapsulate([encapsulated]) if encapsulated else pixels.tobytes()
    if syntax == RLELossless:
        data.compress(RLELossless)
    file = io.BytesIO()
    data.save_as(file, enforce_file_format=True)
    return file.getvalue()


def make_images(folder: Path) -> None:
    folder.mkdir()
    for name, content in made().items():
        (folder / name).write_bytes(content)


def read_image(folder: Path) -> Any:
    """Return what is stored of the damaged file, and the memory that it took; of sound ones, the images of all.

    Raises AssertionError where a sound one is dropped.
    """
    if (folder / DAMAGED).exists():
        before = reset_peak()
        found = stored(folder / DAMAGED, folder, SMALLER)
        return found, peak() - before
    images = {path.name: stored(path, folder, SMALLER) for path in folder.iterdir()}
    assert not (lost := {name: image for name, image in images.items() if isinstance(image, str)}), lost
    return set(images.values())


def judged(sound: set[StoredImage], found: tuple[StoredImage | str, int]) -> str:
    image, taken = found
    if taken > BUDGET:
        return f"more memory than a worker's budget of {BUDGET:,} bytes"
    if isinstance(image, str):
        return ACCOUNTED if len(image) <= MOST_IN_REASON and image.isprintable() else "a reason that quotes the file"
    if len(image.data) != image.height * image.width * image.channels or min(image.height, image.width) != SMALLER.image_px:
        return "an image of another size than is stored"
    return SAME if image in sound else ACCOUNTED


def reset_peak() -> int:
    """Begin to measure the most memory that this process holds; return what it holds now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return status("VmRSS")


def peak() -> int:
    return status("VmHWM")


def status(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def damage_image(whole: Path, damaged: Path, rng: random.Random, number: int) -> str:
    """Damage one of the files in one to three ways."""
    files = sorted(whole.iterdir())
    path = damaged / DAMAGED
    damaged.mkdir()
    path.write_bytes((source := files[number % len(files)]).read_bytes())
    said = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        change = rng.choice(CHANGES)
        said.append(change.__name__ + (change(path, path.read_bytes(), rng) if path.stat().st_size else ""))
    if rng.random() < 0.1:
        other = rng.choice(files)
        path.write_bytes(path.read_bytes()[: rng.randrange(1, 400)] + other.read_bytes()[rng.randrange(100) :])
        said.append(f"the rest of {other.name}")
    return f"{source.name}: {', '.join(said)}"


def resize(path: Path, content: bytes, rng: random.Random) -> str:
    """Write a size over what may be one, near the file's beginning or end, in either order of bytes."""
    width, order = rng.choice((1, 2, 4)), rng.choice(("little", "big"))
    value = rng.choice(SIZES) % 256**width
    place = rng.choice((rng.randrange(min(300, len(content))), rng.randrange(len(content)), max(0, len(content) - rng.randrange(1, 300))))
    path.write_bytes(content[:place] + value.to_bytes(width, order) + content[place + width :])
    return f" {value} at {place}"


CHANGES: tuple[Change, ...] = (flip, flip, flip, flip, cut, hole, lost, noise, resize, resize, resize)

FAMILIES = {"images": Family("image files, damaged", 11_000, make_images, read_image, damage_image, judged)}
