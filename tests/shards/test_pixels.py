import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from m3ae.shards.pixels import decoded, encoded


def picture(channels: int) -> np.ndarray:
    """A slope with some grain, (37, 50, channels), channels alike in no pixel."""
    levels = np.add.outer(np.arange(37) * 3, np.arange(50) * 2)[..., None] + 20 * np.arange(channels)
    return (levels + np.random.default_rng(0).integers(0, 9, levels.shape)).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("encoding", ["raw", "zstd", "png"])
def test_these_encodings_keep_every_pixel(encoding, channels):
    pixels = picture(channels)
    data = encoded(pixels, encoding)
    assert np.array_equal(decoded(pa.py_buffer(data), encoding, pixels.shape), pixels)
    assert encoding == "raw" or len(data) < pixels.size


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_close(channels):
    pixels = picture(channels)
    changed = decoded(pa.py_buffer(encoded(pixels, "jpeg")), "jpeg", pixels.shape).astype(int) - pixels
    assert np.abs(changed).max() < 12


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_any_program_reads_the_colours_of_a_png_or_jpeg(kind):
    with Image.open(io.BytesIO(encoded(picture(3), kind))) as image:
        assert np.abs(np.asarray(image).astype(int) - picture(3)).max() < 12


def test_an_unknown_encoding_is_refused():
    with pytest.raises(ValueError, match="raw, zstd, png or jpeg"):
        encoded(picture(1), "webp")
