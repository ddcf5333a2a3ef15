"""An image in a caller's hands gives what its file gives to training: of every form that is read the same tensor, with difference 0."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from m3ae.batches.images import to_tensor
from m3ae.prepare.at_hand import loaded
from m3ae.prepare.images import UnusableImage, load, resized
from tests.prepare.dicoms import LEVELS, dicom, twelve_bits
from tests.prepare.test_images import chunk, deep_png, turned_tiff

LIMIT, STORED, READ = 10_000, 40, 32
EIGHT = (LEVELS * 255).astype(np.uint8)
COLOUR = np.dstack([EIGHT, EIGHT // 2, 255 - EIGHT])
TURNED = Image.Exif()
TURNED[0x0112] = 6


def pillow(image: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **options)
    return file.getvalue()


def with_opacity(image: Image.Image) -> Image.Image:
    image.putalpha(Image.fromarray(255 - EIGHT))
    return image


def deep(tmp_path: Path, samples: np.ndarray, *others: bytes) -> bytes:
    return deep_png(tmp_path / "deep.png", samples, *others).read_bytes()


def preview_first() -> bytes:
    small, full = Image.fromarray(EIGHT[::2, ::2]), Image.fromarray(COLOUR)
    small.encoderinfo, full.encoderinfo = {"tiffinfo": {254: 1}}, {"tiffinfo": {254: 0}}
    return pillow(small, "TIFF", save_all=True, append_images=[full], tiffinfo={254: 1})


GREY, RGB = Image.fromarray(EIGHT), Image.fromarray(COLOUR)
FORMS = {  # name: (what makes the file, whether an image that Pillow has decoded still holds all of it)
    "grey PNG": (lambda _: pillow(EIGHT, "PNG"), True),
    "colour PNG": (lambda _: pillow(COLOUR, "PNG"), True),
    "two colours": (lambda _: pillow(GREY.convert("1"), "PNG"), True),
    "palette": (lambda _: pillow(RGB.quantize(16), "PNG"), True),
    "palette with a key": (lambda _: pillow(RGB.quantize(16), "PNG", transparency=3), True),
    "palette with opacities": (lambda _: pillow(RGB.quantize(4), "PNG", transparency=bytes([0, 80, 200, 255])), True),
    "grey with a key": (lambda _: pillow(EIGHT, "PNG", transparency=100), True),
    "grey with opacity": (lambda _: pillow(with_opacity(GREY.copy()), "PNG"), True),
    "colour with opacity": (lambda _: pillow(with_opacity(RGB.copy()), "PNG"), True),
    "12 bits in 16": (lambda _: pillow(twelve_bits(), "PNG"), True),
    "12 bits in 16, with a key": (lambda folder: deep(folder, twelve_bits(), chunk(b"tRNS", b"\x03\xe8")), True),
    "12 bits of colour": (lambda folder: deep(folder, np.dstack([twelve_bits()] * 2 + [twelve_bits() // 2])), False),
    "12 bits of colour with opacity": (lambda folder: deep(folder, np.dstack([twelve_bits()] * 3 + [twelve_bits() * 16])), False),
    "JPEG": (lambda _: pillow(EIGHT, "JPEG"), True),
    "colour JPEG": (lambda _: pillow(COLOUR, "JPEG"), True),
    "progressive JPEG": (lambda _: pillow(COLOUR, "JPEG", progressive=True), True),
    "ink JPEG": (lambda _: pillow(RGB.convert("CMYK"), "JPEG"), True),
    "turned JPEG": (lambda _: pillow(COLOUR, "JPEG", exif=TURNED), True),
    "turned PNG": (lambda _: pillow(COLOUR, "PNG", exif=TURNED), True),
    "photograph with previews": (lambda _: pillow(COLOUR, "MPO", save_all=True, append_images=[RGB.resize((16, 12))]), True),
    "TIFF": (lambda _: pillow(COLOUR, "TIFF"), True),
    "negative TIFF": (lambda _: pillow(twelve_bits(), "TIFF", tiffinfo={262: 0}), True),
    "turned TIFF": (lambda _: pillow(COLOUR, "TIFF", exif=TURNED), True),
    "TIFF of numbers": (lambda _: pillow(LEVELS.astype(np.float32), "TIFF"), True),
    "TIFF of integers": (lambda _: pillow((LEVELS * 70_000).astype(np.int32), "TIFF"), True),
    "compressed TIFF": (lambda _: pillow(COLOUR, "TIFF", compression="tiff_lzw"), True),
    "TIFF of inks": (lambda _: pillow(RGB.convert("CMYK"), "TIFF"), True),
    "TIFF of deep colour, turned": (lambda folder: turned_tiff(folder / "a.tif", np.dstack([twelve_bits()] * 3), 6).read_bytes(), False),
    "TIFF with its preview first": (lambda _: preview_first(), False),
    "GIF": (lambda _: pillow(RGB.quantize(32), "GIF"), True),
    "GIF with a key": (lambda _: pillow(RGB.quantize(32), "GIF", transparency=2), True),
    "BMP": (lambda _: pillow(COLOUR, "BMP"), True),
    "WebP": (lambda _: pillow(COLOUR, "WEBP"), True),
    "WebP with opacity": (lambda _: pillow(with_opacity(RGB.copy()), "WEBP", lossless=True), True),
    "JPEG 2000": (lambda _: pillow(COLOUR, "JPEG2000"), True),
    "deep JPEG 2000": (lambda _: pillow(twelve_bits(), "JPEG2000"), True),
    "portable pixmap": (lambda _: pillow(COLOUR, "PPM"), True),
    "portable greymap of 12 bits": (lambda _: b"P5\n64 48\n4095\n" + twelve_bits().astype(">u2").tobytes(), True),
    "portable pixmap of 12 bits": (lambda _: b"P6\n64 48\n4095\n" + np.dstack([twelve_bits()] * 3).astype(">u2").tobytes(), False),
}
DICOMS = {
    "DICOM": (lambda _: dicom(twelve_bits(), WindowCenter=1000, WindowWidth=3000), False),
    "DICOM of colour": (lambda _: dicom(COLOUR, "RGB", 8), False),
}


@pytest.fixture
def file(request, tmp_path) -> Path:
    path = tmp_path / "image"
    path.write_bytes((FORMS | DICOMS)[request.param][0](tmp_path))
    return path


def trained(path: Path) -> torch.Tensor:
    """What training makes of a file."""
    return to_tensor(resized(load(path, path.parent, LIMIT), STORED), READ)


def inferred(image) -> torch.Tensor:
    return to_tensor(resized(loaded(image, LIMIT, "voi"), STORED), READ)


@pytest.mark.parametrize("file", FORMS | DICOMS, indirect=True)
def test_a_path_gives_the_tensor_of_training(file):
    expected = trained(file)
    assert torch.equal(inferred(file), expected) and torch.equal(inferred(str(file)), expected)
    assert expected.std() > 0.1


@pytest.mark.parametrize("file", FORMS, indirect=True)
def test_an_opened_image_gives_the_tensor_of_training(file):
    expected = trained(file)
    with Image.open(file) as image:
        assert torch.equal(inferred(image), expected)
        assert torch.equal(inferred(image), expected)  # and stays as it was
    assert torch.equal(inferred(Image.open(io.BytesIO(file.read_bytes()))), expected)


@pytest.mark.parametrize("file", [name for name, (_, holds_all) in FORMS.items() if holds_all], indirect=True)
def test_a_decoded_image_gives_the_tensor_of_training(file):
    with Image.open(file) as image:
        image.load()
        assert torch.equal(inferred(image), trained(file))


@pytest.mark.parametrize("file", ["grey PNG", "colour PNG", "colour with opacity", "12 bits in 16", "TIFF of numbers"], indirect=True)
def test_an_array_gives_the_tensor_of_training(file):
    with Image.open(file) as image:
        assert torch.equal(inferred(np.asarray(image)), trained(file))


def test_arrays_of_one_channel_of_truth_values_and_of_deep_colour():
    assert torch.equal(inferred(EIGHT[..., None]), inferred(EIGHT))
    assert torch.equal(inferred(EIGHT > 100), inferred((EIGHT > 100) * np.uint8(255)))
    assert torch.allclose(inferred(np.dstack([twelve_bits()] * 3)), inferred(twelve_bits()), atol=0.06)  # more samples, other percentiles


def test_a_decoded_deep_tiff_is_refused_for_pillow_has_lost_its_depth(tmp_path):
    with Image.open(turned_tiff(tmp_path / "a.tif", np.dstack([twelve_bits()] * 3), 1)) as image:
        image.load()
        with pytest.raises(UnusableImage, match="deep colour image"):
            loaded(image, LIMIT, "voi")


def test_a_chosen_page_is_shown():
    pages = pillow(EIGHT, "TIFF", save_all=True, append_images=[RGB])
    with Image.open(io.BytesIO(pages)) as image:
        image.seek(1)
        assert np.array_equal(np.asarray(loaded(image, LIMIT, "voi")), COLOUR)


def test_an_image_that_was_worked_on_is_shown_as_it_is():
    with Image.open(io.BytesIO(pillow(COLOUR, "PNG"))) as image:
        part = image.crop((0, 0, 30, 30))
    assert np.array_equal(np.asarray(loaded(part, LIMIT, "voi")), COLOUR[:30, :30])


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((3, 40, 40), np.uint8), r"array of shape \(3, 40, 40\)"),
        (np.zeros((1, 40), np.uint8), "image too small"),
        (np.zeros((400, 400), np.uint8), "image too large"),
        (Image.new("L", (400, 400)), "image too large"),
        (Path("/dev/null"), "pipe, socket or device"),
        ("nowhere.png", "missing image"),
    ],
)
def test_what_cannot_be_shown_says_why(image, message):
    with pytest.raises(UnusableImage, match=message):
        loaded(image, LIMIT, "voi")


def test_another_kind_of_thing_is_a_type_error():
    with pytest.raises(TypeError, match="Tensor: a path, a PIL image or a NumPy array expected"):
        loaded(torch.zeros(3, 40, 40), LIMIT, "voi")


def test_a_damaged_image_is_refused_at_inference_as_in_training():
    content = pillow(COLOUR, "JPEG")
    with Image.open(io.BytesIO(content[:-200] + content[-2:])) as image, pytest.raises(UnusableImage, match="truncated"):
        loaded(image, LIMIT, "voi")
