"""Results -> the cells of the benchmark and data tables, and the tables of README and docs/results.md in Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from m3ae.evaluate.intervals import Interval
from m3ae.evaluate.items import MAIN
from m3ae.releases.catalogue import CATALOGUE
from m3ae.report.inputs import Inputs
from m3ae.report.markdown import line
from m3ae.report.measured import Asked, Result, Row, Score, is_synthetic
from m3ae.report.published import LABELS, NOTES, Quoted
from m3ae.tasks import TASKS

DASH = "\N{EN DASH}"
NOTHING = DASH
SYNTHETIC = "SYNTHETIC DATA: these scores say that the pipeline works, not how good the method is."
PARTLY_SYNTHETIC = "PARTLY SYNTHETIC DATA: scores marked synthetic say that the pipeline works, not how good the method is."
NOT_COMPARABLE = "They are not comparable with the published numbers beside them."
COLUMNS = ("Task", "Score", "Test rows", "Pre-trained", "From scratch", "Gain", "Majority or chance", "Paper", "Released models")
SHORT_COLUMNS = ("Task", "Score", "Pre-trained", "From scratch", "Gain", "Majority or chance")
COLUMN_NOTES = ("", "", "", "interval", "", "interval", "reference", "", "released")


def protocol(params: Mapping[str, Any]) -> str:
    """Return the protocol's name, and what was chosen otherwise than it has it."""
    others = [f"`{name}: {str(params[name]).lower()}`" for name in ("answers", "drop_leaks") if params[name] != "by_protocol"]
    return f"Protocol: `{params['protocol']}`" + (f", but {' and '.join(others)}" if others else "")


def banner(synthetic: Sequence[bool]) -> str:
    """Return the warning that belongs above every table; `synthetic` has an entry for each metric file that is there."""
    if not any(synthetic):
        return ""
    return f"{SYNTHETIC if all(synthetic) else PARTLY_SYNTHETIC} {NOT_COMPARABLE}"


def number(value: float | None, digits: int = 1) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def label(score: str) -> str:
    return LABELS.get(score, score.replace(".", " ").replace("_", " "))


def signed(value: float | None) -> str:
    return NOTHING if value is None else f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")


def with_deviation(score: Score | None) -> str:
    if score is None:
        return NOTHING
    return number(score.mean) + ("" if score.deviation is None else f" ± {score.deviation:.1f}")


def with_interval(score: Score | None) -> str:
    """Return `76.9 (72.8 to 80.6)`, with a dash for "to", the interval left out where predictions are missing."""
    return f"{with_deviation(score)} ({between(score)})" if score and score.interval else with_deviation(score)


def between(score: Score | None) -> str:
    return span(score.interval) if score and score.interval else ""


def span(interval: Interval) -> str:
    return f"{interval.low:.1f}{DASH}{interval.high:.1f}"


def gain(row: Row) -> str:
    """Return `+4.0 (+1.2 to +6.9)`, the interval left out where predictions are missing."""
    return f"{signed(row.gain)} ({gain_between(row)})" if row.gain_interval else signed(row.gain)


def gain_between(row: Row) -> str:
    return signed_span(row.gain_interval) if row.gain_interval else ""


def signed_span(interval: Interval) -> str:
    return f"{signed(interval.low)} to {signed(interval.high)}"


def paper(quoted: Quoted | None) -> str:
    return NOTHING if quoted is None else f"{quoted.value:.2f}{'' if quoted.confirmed else '†'}"


def released(values: Sequence[float]) -> str:
    return ", ".join(number(value) for value in values) or NOTHING


def reference(result: Result, row: Row) -> str:
    """Return the score of what needs no learning; chance in retrieval is small, so with two digits."""
    return number(row.reference, 2 if result.entry.kind == "retrieve" else 1)


def note_marks(results: Sequence[Result]) -> dict[str, str]:
    """Return each note's name -> its number, in the order in which the table meets them."""
    names = ["interval", "reference", "released", *(note for result in results for note in result.entry.published.notes)]
    return {name: str(place) for place, name in enumerate(dict.fromkeys(names), 1)}


def markdown(results: Sequence[Result], warning: str, protocol: str) -> str:
    """Return the whole table, that of docs/results.md: warning, table, protocol, notes."""
    marks = note_marks(results)
    notes = [f"† {NOTES['unconfirmed']}", *(f"<sup>{mark}</sup> {NOTES[name]}" for name, mark in marks.items())]
    head = [f"**{warning}**", ""] if warning else []
    columns = [column + sup(marks, note) for column, note in zip(COLUMNS, COLUMN_NOTES, strict=True)]
    rows = [cells for result in results for cells in task_cells(result, marks)]
    table = [line(cells) for cells in (columns, [":--", ":--", *["--:"] * (len(COLUMNS) - 2)], *rows)]
    return "\n".join([*head, *table, "", f"Scores are percent. {protocol} (m3ae/protocol.py).", *(f"\n{note}" for note in notes)]) + "\n"


def short(results: Sequence[Result], warning: str, protocol: str) -> str:
    """Return the README's table: the scores that a task is judged by, of what was measured."""
    rows = [short_cells(result, row) for result in results if not result.missing for row in result.rows if row.score in MAIN]
    table = [line(cells) for cells in (SHORT_COLUMNS, [":--", ":--", *["--:"] * (len(SHORT_COLUMNS) - 2)], *rows)]
    return "\n".join([*([f"**{warning}**", ""] if warning else []), *table, "", f"Percent, with 95% intervals. {protocol}."]) + "\n"


def short_cells(result: Result, row: Row) -> list[str]:
    title = f"**{result.entry.title}**" + (" (synthetic)" if result.synthetic else "")
    return [title, label(row.score), with_interval(row.pretrained), with_interval(row.scratch), gain(row), reference(result, row)]


def sup(marks: dict[str, str], *names: str) -> str:
    return "".join(f"<sup>{marks[name]}</sup>" for name in names if name)


def task_cells(result: Result, marks: dict[str, str]) -> list[list[str]]:
    """Return a line for each score, or one where there is none; the first names the task and says what is missing or incomplete."""
    said = [text for text in ("synthetic" if result.synthetic else "", result.missing, result.remark) if text]
    title = f"**{result.entry.title}**{sup(marks, *result.entry.published.notes)}" + (f" ({'; '.join(said)})" if said else "")
    rows = [row_cells(result, row) for row in result.rows] or [[NOTHING] * (len(COLUMNS) - 1)]
    return [[title if place == 0 else "", *cells] for place, cells in enumerate(rows)]


def row_cells(result: Result, row: Row) -> list[str]:
    count = NOTHING if row.num_rows is None else f"{row.num_rows:,}"
    return [
        label(row.score),
        count,
        with_interval(row.pretrained),
        with_interval(row.scratch),
        gain(row),
        reference(result, row),
        paper(row.paper),
        released(row.released),
    ]


@dataclass(frozen=True)
class DataRow:
    """One release: how many records were read and kept. `missing` says why there are no counts."""

    title: str
    missing: str = ""
    synthetic: bool = False
    read: int = 0
    kept: int = 0
    dropped: tuple[tuple[str, int], ...] = ()  # (reason, records), most frequent first
    splits: tuple[tuple[str, int], ...] = ()  # (split, records kept)
    answers: int | None = None


@dataclass(frozen=True)
class LeakRow:
    """One split of one task: how many of its images, and of its rows' texts, training has, too."""

    task: str
    split: str
    where: str
    same: int = 0
    near: int = 0
    texts: int = 0


WHERE = {"in_pretraining": "pre-training data", "inside_the_task": "the task's own training split"}


def leak_rows(counts: dict[str, Any] | None) -> list[LeakRow] | None:
    """Return what the audit found in the splits that scores depend on; None where there was no audit."""
    if counts is None:
        return None
    splits = ("test", "validation")  # what matters more first
    rows = [leak_row(counts, where, name, split, task.title) for split in splits for where in WHERE for name, task in TASKS.items()]
    return [row for row in rows if row.same or row.near or row.texts]


def leak_row(counts: dict[str, Any], where: str, task: str, split: str, title: str) -> LeakRow:
    images = counts["images"][where].get(task, {}).get(split, {})
    texts = counts["texts"][where].get(task, {}).get(split, 0)
    return LeakRow(title, split, WHERE[where], images.get("same", 0), images.get("near", 0), texts)


def data_rows(inputs: Inputs, asked: Asked) -> list[DataRow]:
    """Return a row for each release that the project knows, there or not."""
    return [data_row(release.name, inputs.metrics(f"prepare/{name}"), asked) for name, release in CATALOGUE.items()]


def data_row(title: str, counts: dict[str, Any] | None, asked: Asked) -> DataRow:
    if counts is None:
        return DataRow(title, "not prepared: no metric file")
    if not counts.get("found"):
        return DataRow(title, f"not found under {asked.releases}")
    dropped = sorted(counts.get("dropped", {}).items(), key=lambda item: (-item[1], item[0]))
    order = {"train": 0, "validation": 1, "test": 2}
    splits = sorted(counts.get("splits", {}).items(), key=lambda item: order.get(item[0], 3))
    return DataRow(
        title,
        "",
        is_synthetic([counts]),
        counts["read"],
        counts["kept"],
        tuple((name.replace("_", " "), n) for name, n in dropped),
        tuple((split, n["kept"]) for split, n in splits),
        counts.get("answers"),
    )
