"""The table of controls: beside each task's fine-tuned score, the scores of what learns less."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from m3ae.report import tables
from m3ae.report.benchmark import ANSWERING
from m3ae.report.markdown import line
from m3ae.report.measured import Result, value_at
from m3ae.report.published import ANSWERS

FITTED = {
    "question_only": "Question only",
    "image_only": "Image only",
    "nearest_neighbours": "Nearest neighbours",
    "linear_probe": "Linear probe",
}
COLUMNS = ("Majority", *FITTED.values(), "From scratch", "Fine-tuned")
EXPLANATION = (
    "Percent right; means over seeds where a model was trained. Majority: the most frequent training answer. Question only: a linear "
    "classifier over the words of the question. The next three read features of the frozen pre-trained model, of the image only, or of "
    "image and question together (nearest neighbours, linear probe). Settings are chosen on validation. A model that is no better than "
    "question only need not have looked at the image; one that is no better than the linear probe gained nothing by fine-tuning."
)


@dataclass(frozen=True)
class Controls:
    """One task's block: (score, percent of each of `COLUMNS`); None = not measured, for which `missing` gives the reason."""

    title: str
    synthetic: bool
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]
    missing: str = ""


def controls(results: Sequence[Result], metrics: dict[str, Any] | None) -> list[Controls]:
    """Return a block for each task that gives answers; `metrics` is what the stage `controls` left, None where it left nothing."""
    return [block(result, (metrics or {}).get(result.entry.name)) for result in results if result.entry.kind in ANSWERING]


def block(result: Result, found: dict[str, Any] | None) -> Controls:
    rows = {score: values(result, found, score) for score in ANSWERS}
    measured = tuple((score, row) for score, row in rows.items() if any(value is not None for value in row))
    missing = result.missing or "; ".join(filter(None, (result.remark, absence(found))))
    return Controls(result.entry.title, result.synthetic or bool(found and found.get("synthetic")), measured, missing)


def values(result: Result, found: dict[str, Any] | None, score: str) -> tuple[float | None, ...]:
    row = result.row(score)
    fitted = (value_at(found, f"{name}.{score}") for name in FITTED)
    majority, *trained = (row.reference, row.scratch, row.pretrained) if row else (None, None, None)
    return majority, *fitted, *(mean.mean if mean else None for mean in trained)


def absence(found: dict[str, Any] | None) -> str:
    """Return why a task has no controls, "" where it has some."""
    if found is None:
        return "controls not measured: no metric file names the task"
    return "" if found["found"] else f"controls not measured: {found['reason']}"


def markdown(blocks: Sequence[Controls]) -> str:
    """Return the table of controls of docs/results.md: the overall scores, and what they are."""
    head = ("Controls", *COLUMNS)
    rows = [(title(block), *map(tables.number, overall(block))) for block in blocks]
    lines = (head, [":--", *["--:"] * len(COLUMNS)], *rows)
    return "\n".join([*map(line, lines), "", EXPLANATION]) + "\n"


def title(block: Controls) -> str:
    said = [text for text in ("synthetic" if block.synthetic else "", block.missing) if text]
    return f"**{block.title}**" + (f" ({'; '.join(said)})" if said else "")


def overall(block: Controls) -> tuple[float | None, ...]:
    return dict(block.rows).get("overall", (None,) * len(COLUMNS))
