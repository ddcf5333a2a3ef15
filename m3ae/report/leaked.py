"""The audit's findings for people to judge: those that matter most, image beside image."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars

from m3ae.report.examples import Album
from m3ae.report.inputs import Inputs

NUM_PAIRS = 8
SIDE_PX = 160
Albums = Callable[[Path, str], Album]


@dataclass(frozen=True)
class LeakedImage:
    """One image of a pair: where it stands, its id there, and the picture ("" where the shards do not hold it)."""

    where: str
    image_id: str
    picture: str


@dataclass(frozen=True)
class LeakedPair:
    """An image that is trained on and one of a task; `kind` is "same" or "near", `similarity` at most 1."""

    trained: LeakedImage
    asked: LeakedImage
    kind: str
    similarity: float


def leaked_pairs(inputs: Inputs) -> list[LeakedPair]:
    """Return the first pairs of the audit, which those that matter most lead; none where the audit found none or was not made."""
    path = inputs.data / "leaks.parquet"
    if not path.is_file():
        return []
    album = cache(Album)
    return [pair(row, inputs, album) for row in polars.read_parquet(path).head(NUM_PAIRS).iter_rows(named=True)]


def pair(row: dict[str, Any], inputs: Inputs, album: Albums) -> LeakedPair:
    release, task = row["pretrain_release"], row["task"]
    trained = inputs.data / "shards" / "pretrain" / release if release else inputs.shards(task)
    return LeakedPair(
        image(trained, row["pretrain_split"], row["pretrain_id"], album),
        image(inputs.shards(task), row["split"], row["image_id"], album),
        row["kind"],
        row["similarity"],
    )


def image(folder: Path, split: str, image_id: str, album: Albums) -> LeakedImage:
    return LeakedImage(f"{folder.name}, {split}", image_id, album(folder, split).show(image_id, SIDE_PX)[0])
