"""The table of robustness: what is left of each task's score when images or texts are spoilt, or missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from m3ae.evaluate.items import MAIN
from m3ae.report import tables
from m3ae.report.markdown import line
from m3ae.report.measured import value_at
from m3ae.report.published import LABELS
from m3ae.tasks import TASKS

STARTS = {"pretrained": "pre-trained", "scratch": "from scratch"}
COLUMNS = ("Clean", "Image spoilt", "Text spoilt", "Without image", "Without text")
EXPLANATION = (
    "Percent right; means over seeds. Spoilt: the mean over the conditions of `robustness` (m3ae/perturb/grid.py), and in brackets by how "
    "much of the clean score that differs; negations, sides, numbers and the answers' own words are never spoilt. Without image: every "
    "image is grey; a model that loses nothing there has not looked. data/metrics/robustness.json has every condition, with its paired "
    "interval."
)


@dataclass(frozen=True)
class Line:
    """One score of one model: its cells below `COLUMNS`."""

    task: str
    start: str
    score: str
    synthetic: bool
    cells: tuple[str, ...]


def robustness(metrics: dict[str, Any] | None) -> list[Line]:
    """Return a line for each score of each model; `metrics` is what the stage `robustness` left, None where it left nothing."""
    return [
        Line(TASKS[task].title, title, LABELS[score], found["synthetic"], cells(found[start], score))
        for task, found in (metrics or {}).items()
        for start, title in STARTS.items()
        for score in MAIN
        if value_at(found[start], f"clean.{score}") is not None
    ]


def cells(model: dict[str, Any], score: str) -> tuple[str, ...]:
    missing = [model.get(f"missing_{half}-100") for half in ("image", "text")]
    clean, *without = (tables.number(value_at(part, score)) for part in (model["clean"], *missing))
    return clean, *(spoilt(model.get(family), score) for family in ("image", "text")), *without


def spoilt(family: dict[str, Any] | None, score: str) -> str:
    """Return `74.3 (−2.4%)`; a family's scores are flat, by their dotted names."""
    if family is None:
        return tables.NOTHING
    drop = family["relative_drop"].get(score)
    return tables.number(family["mean"][score]) + ("" if drop is None else f" ({tables.signed(-drop)}%)")


def markdown(lines: Sequence[Line]) -> str:
    """Return the table of docs/results.md; nothing where nothing was measured."""
    if not lines:
        return ""
    head = ("Robustness", "Model", "Score", *COLUMNS)
    rows = [(f"**{line.task}**{' (synthetic)' if line.synthetic else ''}", line.start, line.score, *line.cells) for line in lines]
    table = (head, [":--", ":--", ":--", *["--:"] * len(COLUMNS)], *rows)
    return "\n".join([*map(line, table), "", EXPLANATION]) + "\n"
