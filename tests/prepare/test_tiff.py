"""The picture among a TIFF's pages, and samples deeper than 8 bits: right, or dropped by name."""

import io
import itertools
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from m3ae.prepare.images import UnusableImage, load

NAMELESS, LIMIT = Path("image.tif"), 10**6
HEIGHT, WIDTH = 48, 64
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]
LEVELS = (np.sin(COLUMNS / 9) + np.cos(ROWS / 7) + COLUMNS / 64 + 2) / 5  # 0 to 1


def read(content: bytes) -> np.ndarray:
    return np.asarray(load(NAMELESS, Path(), LIMIT, content)).astype(float)


def reason(content: bytes) -> str:
    with pytest.raises(UnusableImage) as error:
        load(NAMELESS, Path(), LIMIT, content)
    return str(error.value)


def correlation(content: bytes) -> float:
    pixels = read(content)
    return float(np.corrcoef((pixels if pixels.ndim == 2 else pixels[..., 0]).ravel(), LEVELS.ravel())[0, 1])


def paged(*pages: tuple[Image.Image, dict[int, int]]) -> bytes:
    file = io.BytesIO()
    first, *others = (image for image, _ in pages)
    for (_, tags), image in zip(pages, (first, *others), strict=True):
        image.encoderinfo = {"tiffinfo": tags}
    first.save(file, "TIFF", save_all=True, append_images=others, tiffinfo=pages[0][1])
    return file.getvalue()


PICTURE = Image.fromarray((LEVELS * 255).astype(np.uint8))
PREVIEW = PICTURE.resize((16, 12)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
REDUCED, MASK, OLD_REDUCED = {254: 1}, {254: 4}, {255: 2}


@pytest.mark.parametrize(
    "pages",
    [
        [(PICTURE, {}), (PREVIEW, REDUCED)],
        [(PREVIEW, REDUCED), (PICTURE, {})],
        [(PREVIEW, REDUCED), (PICTURE, {254: 0}), (PREVIEW, REDUCED)],
        [(PICTURE, {}), (PICTURE, MASK)],
        [(PICTURE, {}), (PREVIEW, OLD_REDUCED)],
        [(PICTURE, {254: 2})],
        [(PICTURE, REDUCED)],
    ],
)
def test_previews_and_masks_are_no_pages(pages):
    content = paged(*pages)
    assert np.array_equal(read(content), np.asarray(PICTURE))


@pytest.mark.parametrize("pages", [[(PICTURE, {}), (PICTURE, {})], [(PREVIEW, REDUCED), (PICTURE, {}), (PICTURE, {254: 2})]])
def test_several_full_pages_have_a_reason_of_their_own(pages):
    assert reason(paged(*pages)) == "several pages"


def test_pages_in_a_ring_have_an_end():
    content = bytearray(paged((PICTURE, {})))
    begin = int.from_bytes(content[4:8], "little")
    entries = int.from_bytes(content[begin : begin + 2], "little")
    content[begin + 2 + 12 * entries :][:4] = content[4:8]
    end = begin + 2 + 12 * entries
    content[end : end + 4] = begin.to_bytes(4, "little")
    assert np.array_equal(read(bytes(content)), np.asarray(PICTURE))


def written(bits: int, channels: int, planes: int, order: str, kind: int = 1, data: bytes = b"", deflated: bool = False) -> bytes:
    """A TIFF as Pillow cannot write it, of one strip or a strip a plane: `data`, or packed samples of `bits` each."""
    strips = channels if planes == 2 else 1
    data = data or packed(bits, channels, planes, order)
    parts = [data[number * len(data) // strips :][: len(data) // strips] for number in range(strips)]
    parts = [zlib.compress(part) for part in parts] if deflated else parts
    values = {256: [WIDTH], 257: [HEIGHT], 258: [bits] * channels, 259: [8 if deflated else 1], 262: [{1: 1, 3: 2, 4: 5}[channels]]}
    values |= {273: [0] * strips, 277: [channels], 278: [HEIGHT], 279: [len(part) for part in parts], 284: [planes], 339: [kind]}
    lists = {tag: 4 * len(numbers) for tag, numbers in values.items() if len(numbers) > 1}
    after = 8 + 2 + 12 * len(values) + 4
    values[273] = [after + sum(lists.values()) + sum(map(len, parts[:number])) for number in range(strips)]
    head, beyond = struct.pack(f"{order}2sHIH", b"II" if order == "<" else b"MM", 42, 8, len(values)), b""
    for tag, numbers in values.items():
        value = numbers[0] if len(numbers) == 1 else after + len(beyond)
        head += struct.pack(f"{order}HHII", tag, 4, len(numbers), value)
        beyond += struct.pack(f"{order}{len(numbers)}I", *numbers) if len(numbers) > 1 else b""
    return head + bytes(4) + beyond + b"".join(parts)


def packed(bits: int, channels: int, planes: int, order: str) -> bytes:
    samples = np.repeat((LEVELS * (2**bits - 1)).astype(np.uint64)[..., None], channels, axis=2)
    samples[..., 3:] = 0  # of inks, black
    samples = np.moveaxis(samples, -1, 0) if planes == 2 else samples
    if bits % 8 == 0:
        whole = samples.astype(">u8").reshape(-1, 1).view(np.uint8)[:, 8 - bits // 8 :]
        return (whole if order == ">" else whole[:, ::-1]).tobytes()
    digits = (samples.reshape(-1, 1) >> np.arange(bits - 1, -1, -1, dtype=np.uint64)) & np.uint64(1)
    return np.packbits(digits.astype(np.uint8)).tobytes()


DEPTHS = list(itertools.product((8, 10, 12, 14, 16, 24, 32), (1, 3, 4), (1, 2), "<>"))


@pytest.mark.parametrize(("bits", "channels", "planes", "order"), DEPTHS)
def test_deep_samples_are_right_or_dropped(bits, channels, planes, order):
    content = written(bits, channels, planes, order)
    try:
        sign = -1 if channels == 4 else 1  # ink
        assert correlation(content) * sign > 0.999
    except UnusableImage as error:
        assert str(error) in ("deep colour image", "unreadable image") and bits > 8
        assert channels == 1 or str(error) == "deep colour image"


def test_what_is_common_among_deep_samples_is_read_and_planes_of_colour_are_not():
    for bits, channels, planes in ((16, 1, 1), (16, 3, 1), (12, 1, 1), (8, 3, 2), (8, 4, 2)):
        assert len(np.unique(read(written(bits, channels, planes, "<")))) > 200
    assert reason(written(16, 3, 2, "<")) == reason(written(16, 3, 2, ">", deflated=True)) == "deep colour image"


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", ["i1", "u2", "i2", "i4", "f4"])
def test_grey_of_every_kind_and_order_is_right(kind, order, deflated):
    dtype = np.dtype(order + kind)
    samples = (LEVELS * 4000 if kind == "u2" else (LEVELS - 0.5) * (250 if kind == "i1" else 4000)).astype(dtype)
    sample_format = {"u": 1, "i": 2, "f": 3}[dtype.kind]
    content = written(8 * dtype.itemsize, 1, 1, order, sample_format, samples.tobytes(), deflated)
    assert correlation(content) > 0.999


def test_unsigned_words_of_32_bits_keep_their_order():
    assert correlation(written(32, 1, 1, "<")) > 0.999  # half of them are more than Pillow's mode holds


@pytest.mark.parametrize("prefix", [b"P6\n64 48\n4095\n", b"P6\n64 48\n65535\n"])
def test_the_deep_colours_of_a_portable_pixmap_use_the_whole_range(prefix):
    samples = np.repeat((LEVELS * 4095).astype(">u2")[..., None], 3, axis=2)
    pixels = read(prefix + samples.tobytes())
    assert len(np.unique(pixels)) > 200 and correlation(prefix + samples.tobytes()) > 0.995
