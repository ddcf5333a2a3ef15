"""A split's rows as a perturbation leaves them; whoever reads shards reads these.

What is drawn depends on the image's or the text's own name and the condition: every row of an image shows it spoilt alike, and texts that
were the same stay the same.
"""

from hashlib import sha256
from typing import Any

import numpy as np

from m3ae.perturb import images, texts
from m3ae.perturb.grid import MISSING, Condition
from m3ae.shards.read import Shards

GREY = 128


class PerturbedShards(Shards):
    """The rows of `clean` under one condition; no text operator touches the words in `protected`."""

    def __init__(self, clean: Shards, condition: Condition, protected: frozenset[str] = frozenset()):
        super().__init__(clean.folder, clean.split, clean.encoding, clean.batches)
        self.clean, self.condition, self.protected = clean, condition, protected

    def __reduce__(self) -> tuple[Any, ...]:
        return PerturbedShards, (self.clean, self.condition, self.protected)

    def row(self, number: int) -> dict[str, Any]:
        row = self.clean.row(number)
        return row | {"texts": [self.text(text, row["id"]) for text in row["texts"]]}

    def text(self, text: str, name: str) -> str:
        operator, level = self.condition
        if self.condition.family == "text":
            return texts.perturbed(text, operator, level, draw_for(text, self.condition), self.protected)
        return "" if missing(name, self.condition) == "text" else text

    def pixels(self, number: int) -> np.ndarray:
        pixels = self.clean.pixels(number)
        operator, level = self.condition
        row = self.clean.row(number)
        if self.condition.family == "image":
            return images.perturbed(pixels, operator, level, draw_for(row["image_id"], self.condition))
        return np.full_like(pixels, GREY) if missing(row["id"], self.condition) == "image" else pixels


def missing(name: str, condition: Condition) -> str:
    """Return which half the row `name` misses: "image", "text" or "" for neither."""
    if condition.operator not in MISSING:
        return ""
    halves = MISSING[condition.operator]
    share, half = np.random.default_rng(digest(name, condition.operator)).random(2)  # a row that misses it at 30% does at 70%
    return halves[int(half * len(halves))] if 100 * share < condition.level else ""


def draw_for(name: str, condition: Condition) -> np.random.Generator:
    return np.random.default_rng(digest(name, str(condition)))


def digest(*parts: str) -> int:
    return int.from_bytes(sha256("\0".join(parts).encode()).digest()[:16], "big")
