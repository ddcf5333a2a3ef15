"""Whatever happens to a file of any form, it is an image or a counted drop: never a traceback, another program, or a wait."""

import random
import zlib
from collections import Counter
from pathlib import Path

import pytest

from m3ae.prepare.images import UnusableImage, load
from tests.prepare.test_at_hand import DICOMS, FORMS

LIMIT, TRIES = 10_000, 40
NAMED = (
    *("unreadable image", "truncated image", "image too large", "image too small", "animated image", "several pages", "deep colour image"),
    *("DICOM", "multi-frame DICOM"),
)


def flipped(content: bytearray, draw: random.Random) -> bytes:
    for _ in range(draw.choice((1, 3, 30))):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return bytes(content)


def in_its_header(content: bytearray, draw: random.Random) -> bytes:
    for _ in range(draw.choice((1, 2, 4))):
        content[draw.randrange(min(200, len(content)))] = draw.choice((0, 1, 127, 128, 255, draw.randrange(256)))
    return bytes(content)


def cut(content: bytearray, draw: random.Random) -> bytes:
    return bytes(content[: draw.randrange(len(content))])


def spliced(content: bytearray, draw: random.Random) -> bytes:
    one, other = sorted(draw.randrange(len(content)) for _ in range(2))
    return bytes(content[:one] + draw.choice((b"", bytes(other - one), draw.randbytes(other - one))) + content[other:])


DAMAGES = (flipped, in_its_header, cut, spliced)


@pytest.mark.parametrize("form", FORMS | DICOMS)
def test_a_damaged_file_is_an_image_or_a_named_drop(form, tmp_path):
    content, outcomes = (FORMS | DICOMS)[form][0](tmp_path), Counter()
    draw = random.Random(zlib.crc32(form.encode()))
    for number in range(TRIES):
        try:
            outcomes[load(Path("image"), Path(), LIMIT, DAMAGES[number % len(DAMAGES)](bytearray(content), draw)).mode] += 1
        except UnusableImage as reason:
            outcomes[str(reason)] += 1
    assert outcomes.total() == TRIES and outcomes.keys() - {"L", "RGB"}
    assert all(outcome in ("L", "RGB") or outcome.startswith(NAMED) or "; " in outcome for outcome in outcomes)
