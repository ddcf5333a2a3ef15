"""A TIFF's pages: which one is the picture, and how deep its samples are."""

import io
from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeGuard

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from m3ae.prepare.unusable import UnusableImage

NEW_SUBFILE_TYPE, OLD_SUBFILE_TYPE, BITS_PER_SAMPLE, PHOTOMETRIC, SAMPLES, PLANES, SAMPLE_FORMAT = 254, 255, 258, 262, 277, 284, 339
IS_REDUCED, IS_MASK = 1, 4  # bits of NewSubfileType
OLD_REDUCED = 2
WHITE_IS_ZERO = 0
UNSIGNED, SIGNED = 1, 2
APART = 2  # each channel is a plane of its own
BIG = 43  # what a file of over 4 GiB has in the place of TIFF's 42
MOST_PAGES = 1000  # a file whose pages are in a ring, or of nothing else, has an end

NATIVE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}

Tags = ImageFileDirectory_v2


def is_tiff(image: Image.Image) -> TypeGuard[TiffImageFile]:
    return image.format == "TIFF"


def pages(content: bytes) -> Iterator[Tags]:
    """Yield the tags of each page."""
    file = io.BytesIO(content)
    header = file.read(8)
    tags = Tags(header + (file.read(8) if header[2] == BIG else b""))
    seen: set[int] = set()
    while tags.next and tags.next not in seen:
        seen.add(tags.next)
        file.seek(tags.next)
        tags.load(file)
        yield tags


def full_page(content: bytes) -> int:
    """Return the number of the page that is the picture: previews and masks are none.

    Raises `UnusableImage` where there are several; where all are previews, the first one is it.
    """
    full = [number for number, tags in enumerate(islice(pages(content), MOST_PAGES)) if not is_beside(tags)]
    if len(full) > 1:
        raise UnusableImage("several pages")
    return full[0] if full else 0


def is_beside(tags: Tags) -> bool:
    """Return whether a page is marked as a smaller copy of another one, or as its mask."""
    kind = tags.get(NEW_SUBFILE_TYPE, 0)
    return bool(kind & (IS_REDUCED | IS_MASK)) or tags.get(OLD_SUBFILE_TYPE) == OLD_REDUCED


def in_native_order(image: TiffImageFile) -> None:
    """Set right how Pillow reads compressed deep samples: libtiff has put them in this machine's order, and Pillow does it again."""
    tiles: list[Any] = image.tile
    image.tile = [
        tile._replace(args=(NATIVE.get(tile.args[0], tile.args[0]), *tile.args[1:])) if tile.codec_name == "libtiff" else tile
        for tile in tiles
    ]


def depth(tags: Tags) -> int:
    """Return the bits of the deepest sample of a pixel."""
    return max(tags.get(BITS_PER_SAMPLE, (1,)))


def sample_format(tags: Tags) -> int:
    return tags.get(SAMPLE_FORMAT, (UNSIGNED,))[0]


def is_deep_colour(content: bytes) -> bool:
    """Return whether a file is a TIFF of several samples a pixel of more than 8 bits, whether Pillow knows its like or not."""
    if content[:4] not in (b"II*\0", b"MM\0*", b"II+\0"):
        return False
    tags = next(pages(content), None)
    return tags is not None and depth(tags) > 8 and tags.get(SAMPLES, 1) > 1
