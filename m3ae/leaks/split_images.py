"""One split's images as they are compared: each once, with its name, its hashes and, when asked for, its pixels."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from m3ae.leaks.hashes import may_be_blank
from m3ae.leaks.similarity import square
from m3ae.shards.format import HASH_BYTES
from m3ae.shards.read import Shards

NUM_REMEMBERED = 2048  # squares a side keeps: neighbours are compared with the same ones


@dataclass(frozen=True, eq=False)
class SplitImages:
    """The distinct images of a split of a release; `name` is the release's or the task's.

    Blank images are like nothing, but their hashes are like each other's: they are counted and not compared.
    """

    name: str
    release: str
    shards: Shards

    @property
    def split(self) -> str:
        return self.shards.split

    @cached_property
    def rows(self) -> dict[str, int]:
        """Image id -> the first row that shows it."""
        ids = self.shards.column("image_id").to_pylist()
        return dict(zip(reversed(ids), range(len(ids) - 1, -1, -1), strict=True))

    @cached_property
    def blank(self) -> set[str]:
        """The ids of images that have one level throughout."""
        names = list(self.rows)
        doubtful = np.flatnonzero(may_be_blank(self.hashes_of(names)))
        return {names[number] for number in doubtful if is_blank(self.shards.pixels(self.rows[names[number]]))}

    @cached_property
    def image_ids(self) -> list[str]:
        """Those that are compared, in the order of their first rows."""
        return sorted(self.rows.keys() - self.blank, key=self.rows.__getitem__)

    @cached_property
    def hashes(self) -> np.ndarray:
        """uint8 (images, HASH_BYTES)."""
        return self.hashes_of(self.image_ids)

    def hashes_of(self, names: list[str]) -> np.ndarray:
        stored = self.shards.column("hash").to_pylist()
        return np.frombuffer(b"".join(stored[self.rows[name]] for name in names), np.uint8).reshape(-1, HASH_BYTES)

    @cached_property
    def square(self):
        """The number of an image -> what `similarity` reads."""
        return lru_cache(NUM_REMEMBERED)(lambda number: square(self.shards.pixels(self.rows[self.image_ids[number]])))


def is_blank(pixels: np.ndarray) -> bool:
    """Whether every channel of (H, W, C) is constant."""
    return bool((pixels == pixels[0, 0]).all())
