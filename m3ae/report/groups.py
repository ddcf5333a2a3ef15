"""Each task's scores by kind of question, modality and region, where its release tells them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars

from m3ae.evaluate.intervals import Interval, gain_interval, score_interval
from m3ae.evaluate.items import MAIN, items, mean
from m3ae.report.categories import Category, categories
from m3ae.report.inputs import Inputs
from m3ae.report.measured import Asked, Result
from m3ae.report.published import ZERO_SHOT

NUM_GROUPS = 8
OTHER = "other"
Runs = list[polars.DataFrame]  # of one score, a table a seed, with a column `group`


@dataclass(frozen=True)
class Group:
    """One group's score in percent, from pre-training and from scratch, with intervals as in the benchmark."""

    name: str
    num_rows: int
    pretrained: float
    interval: Interval | None
    scratch: float | None
    gain: float | None
    gain_interval: Interval | None


@dataclass(frozen=True)
class Grouped:
    """One score by one category, the largest groups first."""

    category: str
    score: str
    groups: tuple[Group, ...]


def grouped(result: Result, asked: Asked, inputs: Inputs) -> list[Grouped]:
    """Return a block for each category and main score of what was measured; none without predictions."""
    ours = [items(polars.read_parquet(path)) for path in tables(result, asked, inputs, "pretrained")]
    theirs = [items(polars.read_parquet(path)) for path in tables(result, asked, inputs, "scratch")]
    told = categories(result.entry.task.release, Path(asked.releases) / result.entry.task.release) if ours else []
    scores = [score for score in MAIN if all(score in found for found in ours)]
    blocks = (block(category, score, ours, theirs if len(theirs) == len(ours) else []) for category in told for score in scores)
    return [block for block in blocks if len(block.groups) > 1]


def tables(result: Result, asked: Asked, inputs: Inputs, start: str) -> list[Path]:
    if result.missing:
        return []
    if result.entry.name == ZERO_SHOT:
        paths = [inputs.zero_shot_predictions()] if start == "pretrained" else []
    else:
        paths = [inputs.predictions(result.entry.name, seed, start) for seed in asked.seeds]
    return [path for path in paths if path.is_file()]


def block(category: Category, score: str, ours: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]) -> Grouped:
    mine, others = ([with_group(found[score], category) for found in runs] for runs in (ours, theirs))
    sizes = Counter(mine[0]["group"].drop_nulls())
    named = sorted(sizes, key=lambda name: (-sizes[name], name))
    kept = named[:NUM_GROUPS]
    parts = [(name, [name]) for name in kept] + ([(OTHER, named[NUM_GROUPS:])] if len(named) > NUM_GROUPS else [])
    return Grouped(category.title, score, tuple(group(name, only(mine, members), only(others, members)) for name, members in parts))


def with_group(rows: polars.DataFrame, category: Category) -> polars.DataFrame:
    names = [category.of(*row) for row in rows.select("id", "image_id").iter_rows()]
    return rows.with_columns(group=polars.Series(names, dtype=polars.String))


def only(runs: Runs, members: list[str]) -> Runs:
    return [rows.filter(polars.col("group").is_in(members)) for rows in runs]


def group(name: str, ours: Runs, theirs: Runs) -> Group:
    pretrained, scratch = percent(ours), percent(theirs) if theirs else None
    return Group(
        name,
        len(ours[0]),
        pretrained,
        score_interval(ours),
        scratch,
        None if scratch is None else pretrained - scratch,
        gain_interval(ours, theirs) if theirs else None,
    )


def percent(runs: Runs) -> float:
    return 100 * mean(polars.concat([rows.select("right") for rows in runs])["right"])
