"""JPEGs that were damaged in the middle are dropped, sound ones of every kind are kept as Pillow decodes them."""

import io
import itertools
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from m3ae.prepare.images import UnusableImage, load
from m3ae.prepare.params import PILLOW_LIMIT
from tests.shared import SHARED, needs_releases

NAMELESS, LIMIT = Path("image.jpg"), 10**6


def picture(mode: str = "L", side: int = 200) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (side, side + 40, 3), np.uint8)
    return Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2)).convert(mode)


def jpeg(image: Image.Image, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def data_begin(content: bytes) -> int:
    scan = content.index(b"\xff\xda") + 2
    return scan + int.from_bytes(content[scan : scan + 2], "big")


def second_half_lost(content: bytes) -> bytes:
    begin = data_begin(content)
    return content[: begin + (len(content) - begin) // 2] + content[-2:]


def with_a_hole(content: bytes) -> bytes:
    middle = (data_begin(content) + len(content)) // 2
    return content[:middle] + bytes(800) + content[middle + 800 :]


def without_a_block(content: bytes) -> bytes:
    middle = (data_begin(content) + len(content)) // 2
    return content[:middle] + content[middle + 512 :]


def never_finished(content: bytes) -> bytes:
    middle = (data_begin(content) + len(content)) // 2
    return content[:middle] + bytes(len(content) - middle)


def flipped(content: bytes) -> bytes:
    draw, damaged = random.Random(0), bytearray(content)
    for _ in range(200):
        damaged[draw.randrange(data_begin(content), len(content) - 2)] ^= 1 << draw.randrange(8)
    return bytes(damaged)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a transfer in text mode": lambda content: content.replace(b"\n", b"\r\n"),
    "its second half lost, its end there": second_half_lost,
    "a hole of zeros": with_a_hole,
    "a block missing": without_a_block,
    "zeros to the end": never_finished,
    "flipped bits": flipped,
}
KINDS = {
    "grey": jpeg(picture()),
    "colour": jpeg(picture("RGB"), quality=90),
    "progressive": jpeg(picture("RGB"), progressive=True),
    "ink": jpeg(picture("CMYK")),
    "with restarts": jpeg(picture("RGB"), restart_marker_blocks=20),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_jpeg_damaged_in_the_middle_is_dropped(kind, damage):
    content = DAMAGES[damage](KINDS[kind])
    assert content != KINDS[kind]
    with pytest.raises(UnusableImage, match="^(truncated|unreadable) image$"):
        load(NAMELESS, Path(), LIMIT, content)


def test_pillow_alone_takes_most_of_the_damaged_ones():
    """Otherwise there would be no need of another decoder."""
    taken = 0
    for content, damage in itertools.product(KINDS.values(), DAMAGES.values()):
        try:
            with Image.open(io.BytesIO(damage(content))) as image:
                image.load()
            taken += 1
        except OSError:
            pass
    assert taken > len(KINDS) * len(DAMAGES) / 2


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("size", [(2, 2), (7, 5), (33, 65), (161, 130)])
def test_a_sound_jpeg_of_every_kind_is_kept_bit_for_bit(mode, size):
    image = picture(mode).resize(size)
    for quality, subsampling, progressive, restart in itertools.product((20, 95), (0, 1, 2), (False, True), (0, 3)):
        options = {} if mode == "L" else {"subsampling": subsampling}
        content = jpeg(image, quality=quality, progressive=progressive, restart_marker_blocks=restart, **options)
        with Image.open(io.BytesIO(content)) as expected:
            kept = load(NAMELESS, Path(), LIMIT, content).convert("RGB")
            assert np.array_equal(np.asarray(kept), np.asarray(expected.convert("RGB")))


def test_what_follows_the_end_and_odd_headers_are_no_damage():
    content = KINDS["colour"]
    newer = content.replace(b"JFIF\0\x01", b"JFIF\0\x07", 1)  # a revision that no library knows
    for sound in (content + bytes(1000), content + b"a camera's film", newer):
        assert np.array_equal(np.asarray(load(NAMELESS, Path(), LIMIT, sound)), np.asarray(load(NAMELESS, Path(), LIMIT, content)))


@needs_releases
def test_no_real_jpeg_is_taken_for_damaged():
    paths = sorted(path for folder in ("releases", "real") for path in (SHARED / folder).rglob("*.jpg"))[::20]
    assert len(paths) > 300
    for path in paths:
        load(path, path.parent, PILLOW_LIMIT)
