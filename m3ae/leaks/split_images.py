"""One split's images as they are compared: each once, by its first row, with its hashes and, when asked for, its pixels."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import polars as pl
import pyarrow.compute as pc

from m3ae.leaks.hashes import BRIGHT, STRUCTURED, may_be_blank
from m3ae.leaks.regions import REGION_BYTES, Box, glance, perceptual_hash, regions
from m3ae.shards.format import HASH_BYTES
from m3ae.shards.read import Shards

HASHED_AT_ONCE = 4096  # images that wait for the pool
NUM_REMEMBERED = 2048  # images kept for a split: neighbours are compared with the same ones


@dataclass(frozen=True, eq=False)
class SplitImages:
    """The distinct images of a split of a release; `name` is the release's or the task's.

    Blank images show nothing, but their hashes are close to each other's: they are counted and not compared.
    """

    name: str
    release: str
    shards: Shards

    @property
    def split(self) -> str:
        return self.shards.split

    @cached_property
    def first_rows(self) -> np.ndarray:
        """Return the first row that shows each image, int64, ascending."""
        ids = pl.Series(pl.from_arrow(self.shards.column("image_id")))
        return np.sort(ids.arg_unique().to_numpy()).astype(np.int64)

    @cached_property
    def blank(self) -> np.ndarray:
        """Return the first rows of images that have one level throughout."""
        doubtful = self.first_rows[may_be_blank(self.stored_hashes(self.first_rows))]
        return np.array([row for row in doubtful.tolist() if is_blank(self.shards.pixels(row))], np.int64)

    @cached_property
    def rows(self) -> np.ndarray:
        """Return the first row of each image that is compared, int64, ascending: an image's number is its place here."""
        return np.setdiff1d(self.first_rows, self.blank, assume_unique=True)

    def values(self, column: str, numbers: Sequence[int]) -> list[str]:
        """Return, for numbers of images, what a column holds in the first row that shows each."""
        return [self.shards.value(column, row) for row in self.rows[list(numbers)].tolist()]

    def row_of(self, image_id: str) -> int:
        """Return the first row that shows the image of this id."""
        return int(pc.index(self.shards.column("image_id"), image_id).as_py())

    @cached_property
    def hashes(self) -> np.ndarray:
        """Return the hashes of the regions of the images that are compared, uint8 (images, regions, REGION_BYTES).

        Those of the whole and the centre are stored, the others are computed here.
        """
        count = len(self.rows)
        result = np.empty((count, BRIGHT + 1, REGION_BYTES), np.uint8)
        result[:, :STRUCTURED] = self.stored_hashes(self.rows).reshape(-1, STRUCTURED, REGION_BYTES)
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # pixels are worked on outside the interpreter's lock
            for start in range(0, count, HASHED_AT_ONCE):
                numbers = range(start, min(start + HASHED_AT_ONCE, count))
                result[numbers.start : numbers.stop, STRUCTURED:] = list(pool.map(self.hashes_of_parts, numbers))
        return result

    def hashes_of_parts(self, number: int) -> np.ndarray:
        image = self.glance(number)
        return np.stack([perceptual_hash(box.of(image)) for box in regions(image)[STRUCTURED:]])

    def stored_hashes(self, rows: np.ndarray) -> np.ndarray:
        """Return the hashes that the shards hold for these rows, ascending, uint8 (rows, HASH_BYTES)."""
        chunks = self.shards.taken(rows, ["hash"])["hash"].chunks
        parts = [np.frombuffer(chunk.buffers()[1], np.uint8, HASH_BYTES * len(chunk), HASH_BYTES * chunk.offset) for chunk in chunks]
        return np.concatenate([np.zeros(0, np.uint8), *parts]).reshape(-1, HASH_BYTES)

    @cached_property
    def glance(self) -> Callable[[int], np.ndarray]:
        """Return a function: the number of an image -> the grey image that `regions` and `similarity` read."""
        return lru_cache(NUM_REMEMBERED)(lambda number: glance(self.shards.pixels(int(self.rows[number]))))

    @cached_property
    def regions(self) -> Callable[[int], tuple[Box, ...]]:
        """Return a function: the number of an image -> its regions."""
        return lru_cache(NUM_REMEMBERED)(lambda number: regions(self.glance(number)))


def is_blank(pixels: np.ndarray) -> bool:
    """Return whether every channel of (H, W, C) is constant."""
    return bool((pixels == pixels[0, 0]).all())
