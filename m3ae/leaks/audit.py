"""The audit of leaks: every split of every task is compared with every split of every pre-training release.

Inside each task, train is compared with validation and test; such rows name no `pretrain_release`. A release is not compared with
itself within a split: retrieval's pairs are ROCO's own.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from m3ae.batches.excluded import Excluded
from m3ae.leaks.hashes import HASH_BITS, MOST_BITS
from m3ae.leaks.images import NEAR_FROM, SAME_FROM, Match, compare
from m3ae.leaks.split_images import SplitImages
from m3ae.leaks.texts import SCHEMA as TEXT_SCHEMA
from m3ae.leaks.texts import repeated_questions, shared_texts
from m3ae.progress import followed
from m3ae.releases.record import Split
from m3ae.shards.read import open_manifest, open_split
from m3ae.tasks import TASKS

SCHEMA = {
    "pretrain_release": pl.String,
    "pretrain_split": pl.String,
    "pretrain_id": pl.String,
    "pretrain_image_id": pl.String,
    "task": pl.String,
    "split": pl.String,
    "image_id": pl.String,
    "distance": pl.Int64,
    "kind": pl.String,
    "similarity": pl.Float64,
}
FOUND = ("pretrain_id", "pretrain_image_id", "image_id", "distance", "similarity", "kind")
EVALUATED = (Split.VALIDATION, Split.TEST)


class Comparison(NamedTuple):
    """The images of a split that is trained on, and those of a task's split that they are compared with."""

    first: SplitImages
    second: SplitImages
    is_inside: bool  # both are splits of the task

    def labelled(self, rows: pl.DataFrame, schema: dict[str, Any]) -> pl.DataFrame:
        """Return `rows` with the names of both splits, in the order of `schema`."""
        release = None if self.is_inside else self.first.name
        labels = {"pretrain_release": release, "pretrain_split": self.first.split, "task": self.second.name, "split": self.second.split}
        named = {name: pl.lit(value, pl.String) for name, value in labels.items()}
        return rows.with_columns(**named).select(list(schema)).cast(pl.Schema(schema))


class Audit(NamedTuple):
    images: pl.DataFrame  # columns as in SCHEMA
    texts: pl.DataFrame  # columns as in texts.SCHEMA
    num_compared: int
    num_proposed: int
    comparisons: list[Comparison]

    def num_blank(self) -> dict[str, int]:
        """Return release or task -> how many of its images are blank (one level throughout) and were not compared, where there are any."""
        compared = [images for comparison in self.comparisons for images in (comparison.first, comparison.second)]
        total: Counter[str] = Counter()
        for (name, _), images in {(images.name, images.split): images for images in compared}.items():
            total[name] += len(images.blank)
        return dict(+total)

    def metrics(self, excluded: Excluded, synthetic: bool) -> dict[str, Any]:
        """Return the counts as data/metrics/leaks.json holds them: different images, and rows with such a text, by task and split."""
        return {
            "synthetic": synthetic,
            "pairs_compared": self.num_compared,
            "pairs_proposed": self.num_proposed,
            "rule": {"hash_bits": HASH_BITS, "most_bits": MOST_BITS, "same_from": SAME_FROM, "near_from": NEAR_FROM},
            "images": counted(self.images, ["task", "split", "kind"], "image_id"),
            "texts": counted(self.texts, ["task", "split"], "id"),
            "excluded": {name: len(ids) for name, ids in excluded.items()},
            "blank": self.num_blank(),
        }


def audit(shards: Path, pretrain_releases: tuple[str, ...]) -> Audit:
    """Compare the tasks under `shards`/tasks with the releases under `shards`/pretrain, and each task's splits with each other."""
    comparisons = list(all_comparisons(shards, pretrain_releases))
    image_tables, text_tables, compared, proposed = [], [], 0, 0
    for comparison in followed(comparisons, "leaks", "comparison of splits", len(comparisons)):
        result = compare(comparison.first, comparison.second)
        compared += len(comparison.first.rows) * len(comparison.second.rows)
        proposed += result.num_proposed
        image_tables.append(comparison.labelled(table(comparison, result.matches), SCHEMA))
        text_tables.append(comparison.labelled(found_texts(comparison), TEXT_SCHEMA))
    found = ((SCHEMA, image_tables), (TEXT_SCHEMA, text_tables))
    images, texts = (pl.concat([pl.DataFrame(schema=schema), *tables]) for schema, tables in found)
    return Audit(what_matters_first(images), texts, compared, proposed, comparisons)


def what_matters_first(images: pl.DataFrame) -> pl.DataFrame:
    """Sort: of a test split before of others, the same images before near ones, the more similar first."""
    weights = [pl.col("split").cast(pl.Enum(("test", "validation", "train"))), pl.col("kind").cast(pl.Enum(("same", "near")))]
    names = ["pretrain_release", "pretrain_split", "task", "pretrain_id", "image_id"]
    return images.sort([*weights, -pl.col("similarity"), *names], nulls_last=True)


def all_comparisons(shards: Path, pretrain_releases: tuple[str, ...]) -> Iterator[Comparison]:
    trained = [images for release in pretrain_releases for images in images_of_splits(shards / "pretrain" / release, release)]
    for task, release in ((name, task.release) for name, task in TASKS.items()):
        asked = images_of_splits(shards / "tasks" / task, task, release)
        for first, second in product(trained, asked):
            if (first.release, first.split) != (release, second.split):
                yield Comparison(first, second, False)
        for first, second in product(asked, asked):
            if first.split == Split.TRAIN and second.split in EVALUATED:
                yield Comparison(first, second, True)


def images_of_splits(folder: Path, name: str, release: str = "") -> list[SplitImages]:
    """Return the images of each split in `folder` that has rows; `release` is needed where `name` is a task's."""
    opened = (open_split(folder, split) for split in Split)
    return [SplitImages(name, release or name, shards) for shards in opened if len(shards)]


def table(comparison: Comparison, matches: list[Match]) -> pl.DataFrame:
    first, second, distances, similarities, kinds = zip(*matches, strict=True) if matches else ((),) * 5
    return pl.DataFrame(
        {
            "pretrain_id": comparison.first.values("image_id" if comparison.is_inside else "id", first),
            "pretrain_image_id": comparison.first.values("image_id", first),
            "image_id": comparison.second.values("image_id", second),
            "distance": list(distances),
            "similarity": list(similarities),
            "kind": list(kinds),
        },
        schema_overrides={name: SCHEMA[name] for name in FOUND},
    )


def found_texts(comparison: Comparison) -> pl.DataFrame:
    asks = TASKS[comparison.second.name].kind != "retrieve"
    return (repeated_questions if comparison.is_inside and asks else shared_texts)(comparison.first, comparison.second)


def leaked(images: pl.DataFrame) -> Excluded:
    """Return, by release, the pre-training images that are the same as one of a validation or test split."""
    rows = images.filter(pl.col("pretrain_release").is_not_null() & (pl.col("kind") == "same") & pl.col("split").is_in(EVALUATED))
    ids = rows.group_by("pretrain_release").agg("pretrain_image_id").sort("pretrain_release")
    return {release: frozenset(names) for release, names in ids.iter_rows()}


def counted(rows: pl.DataFrame, keys: list[str], name: str) -> dict[str, Any]:
    """Return how many different values of `name` there are, nested by `keys`.

    First those found in pre-training releases, then those found inside their task.
    """
    result: dict[str, Any] = {"in_pretraining": {}, "inside_the_task": {}}
    grouped = rows.group_by([pl.col("pretrain_release").is_null(), *keys]).agg(pl.col(name).n_unique()).sort(keys)
    for is_inside, *path, count in grouped.iter_rows():
        place = result["inside_the_task" if is_inside else "in_pretraining"]
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = count
    return result


def is_synthetic(shards: Path, pretrain_releases: tuple[str, ...]) -> bool:
    folders = [*(shards / "pretrain" / release for release in pretrain_releases), *(shards / "tasks" / task for task in TASKS)]
    return any(open_manifest(folder).get("synthetic", False) for folder in folders)
