"""What one worker takes at most, whatever the form of an honest large image: bytes a pixel of `max_pixels`, measured in processes."""

import io
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from m3ae.prepare.images import UnusableImage, load
from tests.prepare.dicoms import dicom

MOST, BESIDE = 14, 2**26  # bytes a pixel, and what bands and percentiles take of any image; images.py and the README say so
SIDE = 2000
MEASURE = """
import sys
from pathlib import Path

import cv2, pydicom.pixels, simplejpeg
from PIL import Image

from m3ae.prepare.images import load

Image.init()
path, max_pixels = Path(sys.argv[1]), int(sys.argv[2])


def memory(name):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(name))


before = memory("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # the highest is counted anew
load(path, path.parent, max_pixels)
print(memory("VmHWM") - before)
"""
COLOUR = np.dstack([np.add.outer(np.arange(SIDE), np.arange(SIDE)) // step % 256 for step in (3, 5, 7, 11)]).astype(np.uint8)
TURNED = Image.Exif()
TURNED[0x0112] = 6


def pillow(pixels: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(file, kind, **options)
    return file.getvalue()


def deep(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.uint16) * 16


FORMS = {  # what makes the file, and how many times its pixels count
    "PNG with opacity, turned": (lambda: pillow(COLOUR, "PNG", compress_level=1, exif=TURNED), 1),
    "progressive JPEG, turned": (lambda: pillow(COLOUR[..., :3], "JPEG", progressive=True, subsampling=0, exif=TURNED), 1),
    "JPEG of inks, turned": (lambda: pillow(Image.fromarray(COLOUR[..., :3]).convert("CMYK"), "JPEG", exif=TURNED), 1),
    "BMP": (lambda: pillow(COLOUR[..., :3], "BMP"), 1),
    "TIFF with opacity": (lambda: pillow(COLOUR, "TIFF"), 1),
    "TIFF of numbers, turned": (lambda: pillow(COLOUR[..., 0].astype(np.float32), "TIFF", exif=TURNED), 1),
    "deep grey": (lambda: cv2.imencode(".png", deep(COLOUR[..., 0]))[1].tobytes(), 1),
    "DICOM": (lambda: dicom(deep(COLOUR[..., 0]), WindowCenter=1000, WindowWidth=2000), 1),
    "WebP": (lambda: pillow(COLOUR, "WEBP", lossless=True, quality=0, method=0), 2),
    "JPEG 2000": (lambda: pillow(COLOUR, "JPEG2000"), 2),
    "deep colour with opacity": (lambda: cv2.imencode(".png", deep(COLOUR))[1].tobytes(), 2),
    "DICOM of deep colour": (lambda: dicom(deep(COLOUR[..., :3]), "RGB"), 2),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_memory_of_one_large_image_is_bounded(tmp_path, form):
    make, times = FORMS[form]
    (tmp_path / "image").write_bytes(make())
    most = times * SIDE * SIDE
    measured = subprocess.run([sys.executable, "-c", MEASURE, tmp_path / "image", str(most)], capture_output=True, check=True, text=True)
    assert int(measured.stdout) < MOST * most + BESIDE


@pytest.mark.parametrize("form", FORMS)
def test_a_pixel_more_is_an_image_too_large(form):
    make, times = FORMS[form]
    with pytest.raises(UnusableImage, match="image too large"):
        load(Path("image"), Path(), times * SIDE * SIDE - 1, make())
