"""Metric files -> what the tables show: means over seeds, deviations, intervals, and reasons where there is nothing.

Scores are percent; n is the number of test rows (questions, figures or pairs).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import polars

from m3ae.report.published import ZERO_SHOT, Entry, Quoted

NORMAL_95 = 1.959964  # standard deviations either way that hold 95%


@dataclass(frozen=True)
class Score:
    """A mean over `num_runs` seeds; `interval` is that of the mean for n test rows, where n is known."""

    mean: float
    deviation: float | None
    num_runs: int
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Row:
    """One line of the benchmark; a score neither measured nor published has none. None = not measured, or not published."""

    score: str
    num_rows: int | None
    pretrained: Score | None
    scratch: Score | None
    reference: float | None  # the majority answer's score, or chance
    paper: Quoted | None
    released: tuple[float, ...]

    @property
    def gain(self) -> float | None:
        """Points that pre-training brings."""
        return self.pretrained.mean - self.scratch.mean if self.pretrained and self.scratch else None


@dataclass(frozen=True)
class Result:
    """One task's block of the table; `missing` says why nothing was measured, `remark` what is incomplete."""

    entry: Entry
    rows: tuple[Row, ...]
    synthetic: bool = False
    missing: str = ""
    remark: str = ""

    def row(self, score: str) -> Row | None:
        return next((row for row in self.rows if row.score == score), None)


@dataclass(frozen=True)
class Asked:
    """What params.yaml asked for."""

    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    releases: str


def read_json(path: Path) -> dict[str, Any] | None:
    """The file's content; None where there is no such file."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise SystemExit(f"{path}: not JSON ({error}); delete it and run `dvc repro` again") from None


def result(entry: Entry, asked: Asked, metrics: Path, finetune: Path) -> Result:
    """What was measured for `entry`; its published numbers stand in the rows in any case."""
    if entry.name == ZERO_SHOT:
        runs, absent = present({"": read_json(metrics / "retrieve.json")})
    else:
        runs, absent = present({f"seed {seed}": read_json(metrics / "finetune" / f"{entry.name}-{seed}.json") for seed in asked.seeds})
    if entry.name not in (*asked.tasks, ZERO_SHOT):
        return Result(entry, published_rows(entry), missing="not run: not among the tasks of params.yaml")
    if not runs:
        return Result(entry, published_rows(entry), missing=reason(entry, absent, asked.releases))
    counts = test_rows(entry, runs[0], [finetune / f"{entry.name}-{seed}" for seed in asked.seeds])
    remark = ", ".join(f"{name}: no metric file" for name in absent)
    rows = (row(entry, score, runs, counts.get(score)) for score in entry.scores)
    return Result(entry, tuple(row for row in rows if row.pretrained or row.scratch or row.paper), is_synthetic(runs), remark=remark)


def present(files: dict[str, dict | None]) -> tuple[list[dict], dict[str, dict | None]]:
    """The runs that measured something, and the others by name."""
    return [run for run in files.values() if run and run.get("found")], {n: r for n, r in files.items() if not (r and r.get("found"))}


def reason(entry: Entry, absent: dict[str, dict | None], releases: str) -> str:
    """Why no run has scores; a stage that knows better than "the release is absent" says so in its file."""
    told = [run for run in absent.values() if run is not None]
    if told and told[0].get("reason"):
        return f"not measured: {told[0]['reason']}"
    if told:
        return f"release {entry.release} not found under {releases}"
    return "not measured: no metric file"


def is_synthetic(runs: Sequence[dict | None]) -> bool:
    return any(bool(run and run.get("synthetic")) for run in runs)


def published_rows(entry: Entry) -> tuple[Row, ...]:
    return tuple(row(entry, score, [], None) for score in entry.scores if score in entry.paper)


def row(entry: Entry, score: str, runs: Sequence[dict], num_rows: int | None) -> Row:
    zero_shot = entry.name == ZERO_SHOT
    pretrained = [value_at(run if zero_shot else run.get("pretrained", {}).get("test"), score) for run in runs]
    scratch = [] if zero_shot else [value_at(run.get("scratch", {}).get("test"), score) for run in runs]
    reference = reference_of(entry, runs[0], score) if runs else None
    return Row(score, num_rows, over_seeds(pretrained, num_rows), over_seeds(scratch, num_rows), reference,
               entry.paper.get(score), entry.released.get(score, ()))  # fmt: skip


def reference_of(entry: Entry, run: dict, score: str) -> float | None:
    """The majority answer's score; for retrieval chance, which may be stated once for both directions."""
    if entry.kind != "retrieve":
        return value_at(run.get("majority"), score)
    each_way = value_at(run.get("chance"), score)
    return each_way if each_way is not None else value_at(run.get("chance"), score.split(".")[1])


def value_at(content: Any, path: str) -> float | None:
    for part in path.split("."):
        content = content.get(part) if isinstance(content, dict) else None
    return float(content) if isinstance(content, int | float) else None


def over_seeds(values: Sequence[float | None], num_rows: int | None) -> Score | None:
    """Mean and sample deviation of the values that are there; None where none is."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    mean = fmean(known)
    return Score(mean, stdev(known) if len(known) > 1 else None, len(known), wilson(mean, num_rows) if num_rows else None)


def wilson(percent: float, num_rows: int) -> tuple[float, float]:
    """The 95% Wilson score interval, in percent. Unlike the normal one it has a width at 0 and 100."""
    share, z = percent / 100, NORMAL_95
    middle = share + z * z / (2 * num_rows)
    half = z * sqrt(share * (1 - share) / num_rows + z * z / (4 * num_rows * num_rows))
    shrink = 100 / (1 + z * z / num_rows)
    return max(0.0, shrink * (middle - half)), min(100.0, shrink * (middle + half))


def test_rows(entry: Entry, run: dict, folders: Sequence[Path]) -> dict[str, int]:
    """Score -> n. The metric file tells n over all rows; how many are open or closed stands in the predictions."""
    total = run.get("pairs") if entry.name == ZERO_SHOT else run.get("sizes", {}).get("test")
    counts = dict.fromkeys(entry.scores, total) if entry.kind == "retrieve" else {"overall": total}
    predictions = next((path for folder in folders if (path := folder / "predictions.parquet").is_file()), None)
    if entry.kind == "answer" and predictions:
        counts |= dict(polars.read_parquet(predictions)["answer_kind"].value_counts().iter_rows())
    return {score: n for score, n in counts.items() if n}
