"""Images become pixels of one size, or a reason."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from m3ae.prepare.images import UnusableImage, encoded, load, resized

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


def test_what_is_transparent_shows_black(tmp_path):
    clear = saved(tmp_path / "a.png", Image.new("RGBA", (8, 8), (255, 255, 255, 0)))
    assert np.asarray(load(clear, tmp_path, LIMIT)).max() == 0


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


def test_bytes_that_are_no_image_are_unreadable(tmp_path):
    for name, content in {"empty.jpg": b"", "page.jpg": b"<html>404</html>"}.items():
        (tmp_path / name).write_bytes(content)
        assert reason(tmp_path / name) == "unreadable image"


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


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_png_and_raw_keep_every_pixel_and_jpeg_is_close(mode):
    pixels = resized(Image.linear_gradient("L").convert(mode), 32)
    assert encoded(pixels, "raw") == pixels.tobytes()
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded(pixels, "png")))).reshape(pixels.shape), pixels)
    assert np.abs(np.asarray(Image.open(io.BytesIO(encoded(pixels, "jpeg")))).reshape(pixels.shape).astype(int) - pixels).max() < 12
