"""One split's images as they are compared: each once, with its name, its hashes and, when asked for, its pixels."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from m3ae.leaks.hashes import STRUCTURED, may_be_blank
from m3ae.leaks.regions import REGION_BYTES, Box, glance, perceptual_hash, regions
from m3ae.shards.format import HASH_BYTES
from m3ae.shards.read import Shards

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
    def rows(self) -> dict[str, int]:
        """Return image id -> the first row that shows it."""
        ids = self.shards.column("image_id").to_pylist()
        return dict(zip(reversed(ids), range(len(ids) - 1, -1, -1), strict=True))

    @cached_property
    def blank(self) -> set[str]:
        """Return the ids of images that have one level throughout."""
        names = list(self.rows)
        doubtful = np.flatnonzero(may_be_blank(self.hashes_of(names)))
        return {names[number] for number in doubtful if is_blank(self.shards.pixels(self.rows[names[number]]))}

    @cached_property
    def image_ids(self) -> list[str]:
        """Return the ids of the images that are compared, in the order of their first rows."""
        return sorted(self.rows.keys() - self.blank, key=self.rows.__getitem__)

    def row_ids(self, numbers: Sequence[int]) -> list[str]:
        """Return, for numbers of images in `image_ids`, the release's own id of the first row that shows each."""
        ids = self.shards.column("id").to_pylist()
        return [ids[self.rows[self.image_ids[number]]] for number in numbers]

    @cached_property
    def hashes(self) -> np.ndarray:
        """Return the hashes of the regions of the images that are compared, uint8 (images, regions, REGION_BYTES).

        Those of the whole and the centre are stored, the others are computed here.
        """
        stored = self.hashes_of(self.image_ids).reshape(-1, 2, REGION_BYTES)
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # pixels are worked on outside the interpreter's lock
            computed = list(pool.map(self.hashes_of_parts, range(len(self.image_ids))))
        return np.concatenate([stored, np.array(computed, np.uint8).reshape(-1, 2, REGION_BYTES)], axis=1)

    def hashes_of_parts(self, number: int) -> np.ndarray:
        image = self.glance(number)
        return np.stack([perceptual_hash(box.of(image)) for box in regions(image)[STRUCTURED:]])

    def hashes_of(self, names: list[str]) -> np.ndarray:
        stored = self.shards.column("hash").to_pylist()
        return np.frombuffer(b"".join(stored[self.rows[name]] for name in names), np.uint8).reshape(-1, HASH_BYTES)

    @cached_property
    def glance(self) -> Callable[[int], np.ndarray]:
        """Return a function: the number of an image in `image_ids` -> the grey image that `regions` and `similarity` read."""
        return lru_cache(NUM_REMEMBERED)(lambda number: glance(self.shards.pixels(self.rows[self.image_ids[number]])))

    @cached_property
    def regions(self) -> Callable[[int], tuple[Box, ...]]:
        """Return a function: the number of an image in `image_ids` -> its regions."""
        return lru_cache(NUM_REMEMBERED)(lambda number: regions(self.glance(number)))


def is_blank(pixels: np.ndarray) -> bool:
    """Return whether every channel of (H, W, C) is constant."""
    return bool((pixels == pixels[0, 0]).all())
