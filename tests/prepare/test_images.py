"""Images become pixels of one size, or a reason."""

import os
import socket
import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from m3ae.prepare.deep import windowed
from m3ae.prepare.images import BESIDE, MOST_BYTES_A_PIXEL, UnusableImage, load, resized

LIMIT = 10_000
GRADIENT = np.arange(64 * 48, dtype=np.uint32).reshape(48, 64)


def saved(path: Path, image: Image.Image, **options) -> Path:
    image.save(path, **options)
    return path


def grey(width: int = 64, height: int = 48) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width), np.uint8))


def reason(path: Path) -> str:
    with pytest.raises(UnusableImage) as error:
        load(path, path.parent, LIMIT)
    return str(error.value)


def test_equal_channels_become_one_and_colour_stays(tmp_path):
    assert load(saved(tmp_path / "a.png", grey().convert("RGB")), tmp_path, LIMIT).mode == "L"
    assert load(saved(tmp_path / "b.png", Image.new("RGB", (8, 8), "red")), tmp_path, LIMIT).mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16", "F"])
def test_every_mode_becomes_grey_or_colour(tmp_path, mode):
    image = Image.fromarray(GRADIENT.astype(np.uint16)) if mode == "I;16" else grey().convert(mode)
    name = "a.tiff" if mode in ("CMYK", "F") else "a.png"
    assert load(saved(tmp_path / name, image), tmp_path, LIMIT).mode in ("L", "RGB")


def test_deep_pixels_use_the_whole_range(tmp_path):
    deep = saved(tmp_path / "a.png", Image.fromarray((GRADIENT + 20_000).astype(np.uint16)))
    pixels = np.asarray(load(deep, tmp_path, LIMIT))
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert abs(float(pixels.mean()) - 127.5) < 1


def test_a_constant_deep_image_is_black(tmp_path):
    flat = saved(tmp_path / "a.png", Image.fromarray(np.full((8, 8), 900, np.uint16)))
    assert np.asarray(load(flat, tmp_path, LIMIT)).max() == 0


TWELVE_BITS = (GRADIENT % 4096).astype(np.uint16)  # 0 to 3,071, as scanners leave them in samples of 16 bits


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def deep_png(path: Path, samples: np.ndarray, *others: bytes) -> Path:
    """A PNG of 16-bit samples, (H, W) or (H, W, channels), which Pillow cannot write."""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[samples.size // samples[..., :1].size if samples.ndim == 3 else 1]
    header = struct.pack(">IIBBBBB", *samples.shape[1::-1], 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    parts = (chunk(b"IHDR", header), *others, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return path


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_deep_colour_and_deep_grey_with_opacity_use_the_whole_range_as_deep_grey_does(tmp_path, channels):
    opaque = np.full((*TWELVE_BITS.shape, 1), 65_535, np.uint16)
    samples = np.repeat(TWELVE_BITS[..., None], 1 if channels == 2 else 3, axis=2)
    samples = samples if channels == 3 else np.dstack((samples, opaque))
    image = load(deep_png(tmp_path / "a.png", samples), tmp_path, LIMIT)
    grey = load(deep_png(tmp_path / "b.png", TWELVE_BITS), tmp_path, LIMIT)
    assert np.abs(np.asarray(image, int) - np.asarray(grey, int)).max() <= 1  # more samples, other percentiles
    assert (image.mode, image.getextrema()) == ("L", (0, 255))


def test_the_colours_of_a_deep_image_share_one_window_and_keep_their_order(tmp_path):
    samples = np.zeros((8, 8, 3), np.uint16)
    samples[..., 0], samples[..., 1] = 4000, 1000
    content = deep_png(tmp_path / "a.png", samples).read_bytes()
    for image in (load(tmp_path / "a.png", tmp_path, LIMIT), load(tmp_path / "none.png", tmp_path, LIMIT, content)):
        assert image.mode == "RGB" and image.getpixel((3, 3)) == (255, 64, 0)


def test_what_is_transparent_in_a_deep_image_shows_black(tmp_path):
    samples = np.dstack([TWELVE_BITS] * 3 + [np.full_like(TWELVE_BITS, 65_535)])
    samples[:, 32:] = (4095, 4095, 4095, 0)
    key = chunk(b"tRNS", struct.pack(">H", 4095))
    grey_with_a_key = np.where(np.arange(64) < 32, TWELVE_BITS, 4095)
    for path in (deep_png(tmp_path / "a.png", samples), deep_png(tmp_path / "b.png", grey_with_a_key, key)):
        pixels = np.asarray(load(path, tmp_path, LIMIT))
        assert pixels[:, 32:].max() == 0 and pixels[:, :32].max() == 255


def turned_tiff(path: Path, samples: np.ndarray, orientation: int) -> Path:
    """A TIFF of 16-bit colour, (H, W, 3), which Pillow cannot write."""
    height, width = samples.shape[:2]
    after = 8 + 2 + 9 * 12 + 4  # the header, the list of tags
    tags = {256: width, 257: height, 258: after, 259: 1, 262: 2, 273: after + 6, 274: orientation, 277: 3, 279: samples.nbytes}
    entries = b"".join(struct.pack("<HHII", tag, *((3, 3, value) if tag == 258 else (4, 1, value))) for tag, value in tags.items())
    depths = struct.pack("<HHH", 16, 16, 16)
    path.write_bytes(struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4) + depths + samples.astype("<u2").tobytes())
    return path


@pytest.mark.parametrize("name", ["a.tiff", "a.png"])
def test_the_orientation_of_a_deep_colour_image_is_applied_once(tmp_path, name):
    samples = np.zeros((48, 64, 3), np.uint16)
    samples[:24, :, 0] = 4000  # the upper half is red
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter: what was above is to the right
    if name == "a.png":
        path = deep_png(tmp_path / name, samples, chunk(b"eXIf", exif.tobytes()[6:]))
    else:
        path = turned_tiff(tmp_path / name, samples, 6)
    pixels = np.asarray(load(path, tmp_path, LIMIT))
    assert pixels.shape == (64, 48, 3) and pixels[:, 24:, 0].min() == 255 and pixels[:, :24].max() == 0


def test_half_a_deep_colour_file_is_a_truncated_image_and_one_that_opencv_cannot_read_has_its_own_reason(tmp_path, monkeypatch):
    path = deep_png(tmp_path / "a.png", np.random.default_rng(0).integers(0, 4096, (48, 64, 3)).astype(np.uint16))
    monkeypatch.setattr(cv2, "imdecode", lambda *_: None)
    assert reason(path) == "deep colour image"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert reason(path) == "truncated image"


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_a_deep_negative_is_turned(tmp_path, kind):
    samples = (GRADIENT // 16).astype(kind)  # 0 to 191
    negative = saved(tmp_path / "a.tiff", Image.fromarray(samples), tiffinfo={262: 0})
    with Image.open(negative) as image:
        assert image.tag_v2[262] == 0
    pixels = np.asarray(load(negative, tmp_path, LIMIT))
    assert pixels[0, 0] == 255 and pixels[-1, -1] == 0


def test_the_window_of_a_large_image_is_that_of_some_of_its_rows_and_columns_and_memory_stays_flat():
    samples = np.random.default_rng(0).integers(0, 4096, (2048, 2048)).astype(np.uint16)
    exact = np.percentile(samples, (0.5, 99.5))
    expected = ((samples - exact[0]) / (exact[1] - exact[0])).clip(0, 1) * 255
    tracemalloc.start()
    window = windowed(samples)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.abs(window - expected).max() < 1.5
    assert most < 4 * samples.nbytes


def test_what_is_transparent_shows_black(tmp_path):
    clear = saved(tmp_path / "a.png", Image.new("RGBA", (8, 8), (255, 255, 255, 0)))
    assert np.asarray(load(clear, tmp_path, LIMIT)).max() == 0
    key = saved(tmp_path / "b.png", Image.fromarray(np.array([[255, 254], [1, 255]], np.uint8)), transparency=255)
    assert np.asarray(load(key, tmp_path, LIMIT)).tolist() == [[0, 254], [1, 0]]


def test_the_orientation_of_a_photograph_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert load(saved(tmp_path / "a.jpg", grey(64, 48), exif=exif), tmp_path, LIMIT).size == (48, 64)


def test_a_missing_file_and_a_folder_are_missing_images(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    assert reason(tmp_path / "a.jpg") == reason(tmp_path / "folder.jpg") == "missing image"


@pytest.mark.parametrize("name", ["a\0b.jpg", "a" * 300 + ".jpg"])
def test_a_name_that_no_file_can_have_is_an_unreadable_image(tmp_path, name):
    assert reason(tmp_path / name) == "unreadable image"


def test_the_first_bytes_of_an_image_and_nothing_after_them_are_unreadable(tmp_path):
    for name, content in {"a.png": b"\x89PNG\r\n\x1a\n", "a.gif": b"GIF89a", "a.bmp": b"BM"}.items():
        (tmp_path / name).write_bytes(content + bytes(range(128, 200)))
        assert reason(tmp_path / name) in ("unreadable image", "truncated image")


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a.png")  # who opens it waits for ever
    assert reason(tmp_path / "a.png") == "pipe, socket or device"


def test_a_socket_and_a_link_to_a_device_are_not_opened(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "a.png"))
        assert reason(tmp_path / "a.png") == "pipe, socket or device"
    with pytest.raises(UnusableImage, match="pipe, socket or device"):
        load(Path("/dev/zero"), Path("/dev"), LIMIT)


def test_a_file_larger_than_any_image_of_so_many_pixels_is_not_read(tmp_path):
    path = saved(tmp_path / "a.png", grey())
    os.truncate(path, MOST_BYTES_A_PIXEL * LIMIT + BESIDE + 1)
    assert reason(path) == "image too large"


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.gif"])
def test_half_a_file_is_a_truncated_image(tmp_path, name):
    path = saved(tmp_path / name, grey())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert reason(path) == "truncated image"


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_more_than_one_frame_is_an_animation(tmp_path, name):
    assert reason(saved(tmp_path / name, grey(), save_all=True, append_images=[grey(64, 48).rotate(90)])) == "animated image"


def test_more_pixels_than_allowed_are_refused_before_decoding(tmp_path):
    path = saved(tmp_path / "a.png", Image.new("L", (200, 100)))
    path.write_bytes(path.read_bytes()[:45])  # little more than the header is there
    assert reason(path) == "image too large"


def test_a_bomb_of_pixels_is_an_image_too_large(tmp_path):
    header = saved(tmp_path / "a.png", Image.new("L", (8, 8))).read_bytes()
    size = b"IHDR" + struct.pack(">II", 30_000, 30_000) + header[24:29]
    (tmp_path / "a.png").write_bytes(header[:12] + size + struct.pack(">I", zlib.crc32(size)) + header[33:])
    assert reason(tmp_path / "a.png") == "image too large"


def test_a_line_of_pixels_is_too_small(tmp_path):
    assert reason(saved(tmp_path / "a.png", Image.new("L", (50, 1)))) == "image too small"


def test_a_path_that_leaves_the_release_is_not_followed(tmp_path):
    release = tmp_path / "release"
    release.mkdir()
    saved(tmp_path / "secret.png", grey())
    (release / "link.png").symlink_to(tmp_path / "secret.png")
    for path in (release / "../secret.png", release / "link.png"):
        with pytest.raises(UnusableImage, match="path leaves the release"):
            load(path, release, LIMIT)


SHAPES = {(64, 48): (32, 43, 1), (20, 10): (32, 64, 1), (10, 60): (64, 32, 1), (300, 2): (32, 64, 1)}


@pytest.mark.parametrize(("size", "shape"), SHAPES.items())
def test_the_shorter_side_is_the_stored_size_and_the_longer_at_most_twice_that(size, shape):
    assert resized(grey(*size), 32).shape == shape


def test_what_is_beyond_twice_the_shorter_side_is_cut_about_the_centre():
    wide = np.zeros((10, 60), np.uint8)
    wide[:, 20:40] = 200
    assert (resized(Image.fromarray(wide), 10) == 200).all()
