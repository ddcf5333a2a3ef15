"""What the readers share: published files line by line, errors that name the line, rows that are not wanted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from m3ae.record import Split

DUPLICATE = "duplicate id"
SPELLINGS = {Split.TRAIN: ("train",), Split.VALIDATION: ("validation", "val", "valid"), Split.TEST: ("test",)}


class ReleaseError(SystemExit):
    """A release is not laid out as published; the message names the file, the line and the remedy."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row of a release that will not be used, and why. It is counted and listed, never replaced."""

    id: str
    split: Split
    image: str  # relative to the release, see `within`
    reason: str


def within(image: Path, release: Path) -> str:
    """The image's path relative to its release, so that lists of dropped rows are the same on every machine."""
    return image.relative_to(release).as_posix() if image.is_relative_to(release) else image.name


def malformed(path: Path, number: int | None, problem: str) -> ReleaseError:
    place = f"{path}, line {number}" if number else str(path)
    return ReleaseError(f"{place}: {problem}; unpack the release again or correct the file")


def first_present(folder: Path, *names: str) -> Path | None:
    """The first of `names` that exists in `folder`."""
    return next((folder / name for name in names if (folder / name).exists()), None)


def required(folder: Path, *names: str) -> Path:
    """The first of `names` that exists in `folder`. Raises `ReleaseError` naming them all."""
    found = first_present(folder, *names)
    if found is None:
        raise ReleaseError(f"{folder}: none of {', '.join(names)} is here; unpack the release as its reader's docstring lays it out")
    return found


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of a UTF-8 file. Blank lines are passed over; a mark at the start and CRLF are tolerated."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):  # a file in binary mode breaks at \n alone: captions hold odd separators
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise malformed(path, number, f"is not UTF-8 ({error.reason})") from None
            if line.strip():
                yield number, line


def columns(path: Path, separator: str, *counts: int) -> Iterator[tuple[int, list[str]]]:
    """(number, fields) of each line; a line whose number of fields is not among `counts` raises `ReleaseError`."""
    for number, line in lines(path):
        fields = line.split(separator)
        if len(fields) not in counts or not fields[0].strip():
            raise malformed(path, number, f"{' or '.join(map(str, counts))} fields parted by {separator!r} expected, {line[:80]!r} found")
        yield number, fields


def keyed(path: Path) -> Iterator[tuple[int, str, str]]:
    """(number, key, rest) of lines `KEY<TAB>rest`; the rest may hold further tabs."""
    for number, line in lines(path):
        key, tab, rest = line.partition("\t")
        if not key.strip() or not tab:
            raise malformed(path, number, f"an ID, a tab and a text expected, {line[:80]!r} found")
        yield number, key.strip(), rest


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number, object) of each line of a JSONL file."""
    for number, line in lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise malformed(path, number, f"is not JSON ({error})") from None
        if not isinstance(row, dict):
            raise malformed(path, number, "a JSON object expected")
        yield number, row


def json_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a file that holds one JSON list."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise malformed(path, None, f"is not UTF-8 ({error.reason})") from None
    except ValueError as error:
        raise malformed(path, getattr(error, "lineno", None), f"is not JSON ({error})") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise malformed(path, None, "a JSON list of objects expected")
    return rows


def field(row: dict[str, Any], key: str, path: Path, place: str) -> Any:
    """`row[key]`; `place` says which row it is, as "line 3" or "row 3"."""
    if key not in row:
        raise ReleaseError(f"{path}, {place}: {key!r} is missing; unpack the release again or correct the file")
    return row[key]


def text(row: dict[str, Any], key: str, path: Path, place: str) -> str:
    """`row[key]` as text: null is "", a number its digits, a truth value yes or no. Raises `ReleaseError` where it is anything else."""
    return as_text(field(row, key, path, place), key, path, place)


def alternatives(row: dict[str, Any], key: str, path: Path, place: str) -> tuple[str, ...]:
    """`row[key]`, or each of its entries where it is a list, as text."""
    value = field(row, key, path, place)
    return tuple(as_text(part, key, path, place) for part in (value if isinstance(value, list) else [value]))


def as_text(value: Any, key: str, path: Path, place: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str | int | float):
        return "" if value is None else str(value)
    raise ReleaseError(f"{path}, {place}: {key!r} is no text; unpack the release again or correct the file")
