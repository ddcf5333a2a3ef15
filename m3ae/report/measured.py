"""Metric files and predictions -> what the tables show: means over seeds, deviations, intervals, and reasons where there is nothing.

Scores are percent; n is the number of test rows (questions, figures or pairs).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any, Self

import polars

from m3ae.disk.json import leaves
from m3ae.evaluate.intervals import Interval, gain_interval, score_interval
from m3ae.evaluate.items import items
from m3ae.report.benchmark import Entry
from m3ae.report.inputs import Inputs
from m3ae.report.published import ZERO_SHOT, Quoted

Items = dict[str, polars.DataFrame]  # score -> the rows that it is counted from


@dataclass(frozen=True)
class Score:
    """A mean over `num_runs` seeds; without the predictions of every seed it has no interval."""

    mean: float
    deviation: float | None
    num_runs: int
    interval: Interval | None


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
    gain_interval: Interval | None = None

    @property
    def gain(self) -> float | None:
        """Return the points that pre-training brings; None where either score is missing."""
        return self.pretrained.mean - self.scratch.mean if self.pretrained and self.scratch else None


@dataclass(frozen=True)
class Result:
    """One task's block of the table; `missing` says why nothing was measured, `remark` what is incomplete."""

    entry: Entry
    rows: tuple[Row, ...]
    synthetic: bool = False
    missing: str = ""
    remark: str = ""
    validation: Row | None = None  # where answers are given

    def row(self, score: str) -> Row | None:
        return next((row for row in self.rows if row.score == score), None)


@dataclass(frozen=True)
class Asked:
    """What params.yaml asked for."""

    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    releases: str

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        return cls(tuple(params["tasks"]), tuple(params["seeds"]), str(params["releases"]))


def result(entry: Entry, asked: Asked, inputs: Inputs) -> Result:
    """Return what was measured for `entry`; its published numbers stand in the rows in any case."""
    if entry.name == ZERO_SHOT:
        runs, absent = present({"": inputs.metrics("zero_shot")})
    else:
        runs, absent = present({f"seed {seed}": inputs.metrics(f"evaluate/{entry.name}-{seed}") for seed in asked.seeds})
    if entry.name not in (*asked.tasks, ZERO_SHOT):
        return Result(entry, published_rows(entry), missing="not run: not among the tasks of params.yaml")
    if not runs:
        return Result(entry, published_rows(entry), missing=reason(entry, absent, asked.releases))
    tested = {start: tested_items(entry, runs, start, inputs) for start in ("pretrained", "scratch")}
    counts = test_rows(entry, runs[0], tested["pretrained"])
    remark = ", ".join(f"{name}: no metric file" for name in absent)
    scores = entry.scores or dict(leaves(scores_of(entry, runs[0], "pretrained") or {}))
    rows = (row(entry, score, runs, counts, tested) for score in scores)
    measured = tuple(row for row in rows if row.pretrained or row.scratch or row.paper)
    return Result(entry, measured, is_synthetic(runs), remark=remark, validation=validation_row(entry, runs, inputs))


def validation_row(entry: Entry, runs: Sequence[dict[str, Any]], inputs: Inputs) -> Row | None:
    """Return the overall scores on validation; None unless every run has them."""
    if not all("validation" in run for run in runs):
        return None
    scored = {start: tested_items(entry, runs, start, inputs, "validation") for start in ("pretrained", "scratch")}
    return row(entry, "overall", [run["validation"] for run in runs], {}, scored)


def tested_items(entry: Entry, runs: Sequence[dict[str, Any]], start: str, inputs: Inputs, split: str = "test") -> list[Items]:
    """Return the items of each run's scores; none where predictions are missing."""
    if entry.name == ZERO_SHOT:
        paths = [inputs.zero_shot_predictions()] if start == "pretrained" else []
    else:
        paths = [inputs.predictions(entry.name, run["seed"], start, split) for run in runs]
    return [items(polars.read_parquet(path)) for path in paths] if all(path.is_file() for path in paths) else []


def scores_of(entry: Entry, run: dict[str, Any], start: str) -> dict[str, Any] | None:
    """Return the scores of a run's model that started from `start`; zero-shot retrieval's stand by themselves."""
    if entry.name == ZERO_SHOT:
        return run if start == "pretrained" else None
    return run.get(start)


def present(files: dict[str, dict[str, Any] | None]) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any] | None]]:
    """Return the runs that measured something, and the others by name."""
    return [run for run in files.values() if run and run.get("found")], {n: r for n, r in files.items() if not (r and r.get("found"))}


def reason(entry: Entry, absent: dict[str, dict[str, Any] | None], releases: str) -> str:
    """Say why no run has scores; a stage that knows better than "the release is absent" says so in its file."""
    told = [run for run in absent.values() if run is not None]
    if told and told[0].get("reason"):
        return f"not measured: {told[0]['reason']}"
    if told:
        return f"release {entry.task.release} not found under {releases}"
    return "not measured: no metric file"


def is_synthetic(runs: Sequence[dict[str, Any] | None]) -> bool:
    return any(bool(run and run.get("synthetic")) for run in runs)


def published_rows(entry: Entry) -> tuple[Row, ...]:
    return tuple(row(entry, score, [], {}, {}) for score in entry.scores if score in entry.published.paper)


def row(entry: Entry, score: str, runs: Sequence[dict[str, Any]], counts: dict[str, int], tested: dict[str, list[Items]]) -> Row:
    ours, theirs = ([found[score] for found in tested.get(start, ()) if score in found] for start in ("pretrained", "scratch"))
    pretrained, scratch = ([value_at(scores_of(entry, run, start), score) for run in runs] for start in ("pretrained", "scratch"))
    return Row(
        score,
        counts.get(score),
        over_seeds(pretrained, ours),
        over_seeds(scratch, theirs),
        reference_of(runs[0], score) if runs else None,
        entry.published.paper.get(score),
        entry.published.released.get(score, ()),
        gain_interval(ours, theirs) if ours and theirs else None,
    )


def reference_of(run: dict[str, Any], score: str) -> float | None:
    """Return the majority answer's score; for retrieval chance, which may be stated once for both directions."""
    names = (f"majority.{score}", f"chance.{score}", f"chance.{score.split('.')[-1]}")
    return next((value for name in names if (value := value_at(run, name)) is not None), None)


def value_at(content: Any, path: str) -> float | None:
    for part in path.split("."):
        content = content.get(part) if isinstance(content, dict) else None
    return float(content) if isinstance(content, int | float) else None


def over_seeds(values: Sequence[float | None], tested: Sequence[polars.DataFrame]) -> Score | None:
    """Return mean and sample deviation of the values that are there, and the mean's interval; None where none is."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    deviation = stdev(known) if len(known) > 1 else None
    return Score(fmean(known), deviation, len(known), score_interval(tested) if tested else None)


def test_rows(entry: Entry, run: dict[str, Any], tested: Sequence[Items]) -> dict[str, int]:
    """Return score -> n. The metric file tells n over all rows; how many are open or closed stands in the predictions."""
    total = run.get("pairs") if entry.name == ZERO_SHOT else run.get("test_rows")
    counts = dict.fromkeys(entry.scores or ("overall",), total)
    if entry.kind == "answer":
        counts = {score: len(rows) for score, rows in (tested[0] if tested else {}).items()} | {"overall": total}
    return {score: n for score, n in counts.items() if n}
