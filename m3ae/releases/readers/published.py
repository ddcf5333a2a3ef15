"""What the readers share: published files line by line, errors that name the line, rows that are not wanted."""

import csv
import gzip
import json
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BufferedIOBase
from itertools import islice
from pathlib import Path
from typing import Any

from m3ae.disk.named import first_few, printable
from m3ae.releases.record import Split

DUPLICATE = "duplicate id"
REMEDY = "unpack the release again or correct the file"
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
LONGEST_FIELD = 2**31 - 1  # characters of a CSV field; a text that is too long to be used is no damage of its file
SPELLINGS = {
    Split.TRAIN: ("train", "training"),
    Split.VALIDATION: ("validation", "val", "valid", "validate", "dev"),
    Split.TEST: ("test", "testing"),
}
ENDLESS = "neither a file nor a folder"
NUM_NAMED = 6  # files that a message names of a folder where something else was expected


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
    """Return the image's path relative to its release, so that lists of dropped rows are the same on every machine."""
    return image.relative_to(release).as_posix() if image.is_relative_to(release) else image.name


def malformed(path: Path, number: int | None, problem: str) -> ReleaseError:
    place = f"{printable(path)}, line {number}" if number else printable(path)
    return ReleaseError(f"{place}: {' '.join(problem.split())}; {REMEDY}")  # a library's own words may be several lines


def first_present(folder: Path, *names: str) -> Path | None:
    """Return the first of `names` that is in `folder`, or None. Raises `ReleaseError` where that is a pipe or a device: it has no end."""
    found = next((folder / name for name in names if (folder / name).exists()), None)
    if found and is_endless(found):
        raise malformed(found, None, f"is {ENDLESS}")
    return found


def is_endless(path: Path) -> bool:
    """Return whether the path is a pipe, a socket or a device: whoever reads one may wait for ever."""
    return path.exists() and not path.is_file() and not path.is_dir()


def required(folder: Path, *names: str) -> Path:
    """Return the first of `names` that is in `folder`. Raises `ReleaseError` naming them all where none is."""
    found = first_present(folder, *names)
    if found is None:
        raise none_of(folder, names, "unpack the release as its reader's docstring lays it out")
    return found


def none_of(folder: Path, names: Iterable[str], remedy: str) -> ReleaseError:
    """Return the error of a folder where nothing that a reader knows is: what it would read, and what is there in its place."""
    there = sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir()) if folder.is_dir() else []
    shown = first_few([printable(name) for name in there], NUM_NAMED)
    return ReleaseError(f"{folder}: none of {', '.join(names)} is here; what is here: {shown or 'nothing'}; {remedy}")


def split_files(folder: Path, *patterns: str) -> dict[Split, Path]:
    """Return the file of each split that is in `folder`; the first of `patterns` with each spelling of the split in the place of `*`."""
    found = {
        split: first_present(folder, *(pattern.replace("*", name) for pattern in patterns for name in names))
        for split, names in SPELLINGS.items()
    }
    return {split: path for split, path in found.items() if path}


def split_named(name: str) -> Split | None:
    """Return the split of that name, in any spelling and case, or None."""
    return next((split for split, names in SPELLINGS.items() if name.strip().lower() in names), None)


def decoded(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line with its end) of a UTF-8 file, gzipped or not; a byte order mark is tolerated.

    Raises `ReleaseError` where the file is not UTF-8 or cannot be read.
    """
    try:
        with opened(path) as file:
            for number, raw in enumerate(file, start=1):  # a file in binary mode breaks at \n alone: captions hold odd separators
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise malformed(path, number, f"is not UTF-8 ({error.reason})") from None
    except (OSError, EOFError, zlib.error) as error:
        raise malformed(path, None, f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


def opened(path: Path) -> BufferedIOBase:
    """Return the open file. Raises OSError where it is a pipe or a device."""
    return gzip.open(readable(path)) if path.suffix == ".gz" else readable(path).open("rb")


def readable(path: Path) -> Path:
    """Return the path itself. Raises OSError where it is a pipe or a device."""
    if is_endless(path):
        raise OSError(f"it is {ENDLESS}")
    return path


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line) of a UTF-8 file. Blank lines are passed over.

    CRLF is tolerated; a carriage return elsewhere raises `ReleaseError`.
    """
    for number, line in decoded(path):
        line = line.rstrip("\r\n")
        if "\r" in line:  # records that end in it alone would be taken for one
            raise malformed(path, number, "a carriage return stands within the line; lines must end in a line feed")
        if line.strip():
            yield number, line


def csv_rows(path: Path, *wanted: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (the row's first line, its fields under the names `wanted`) of a CSV file with a header; blank lines are passed over.

    Raises `ReleaseError` where the header does not name each of `wanted` once, and where a row is not as wide as the header.
    """
    rows, names = csv_lines(path), csv_header(path)
    next(rows, None)  # the header
    if any(names.count(name) != 1 for name in wanted):
        raise malformed(path, None, f"a table with the columns {', '.join(wanted)} expected, one of each")
    places = [names.index(name) for name in wanted]
    for number, row in as_wide_as(rows, len(names), path, "a comma"):
        yield number, [row[place] for place in places]


def as_wide_as(rows: Iterable[tuple[int, list[str]]], width: int, path: Path, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file. Raises `ReleaseError` at the first that has not as many fields as the header."""
    for number, row in rows:
        if len(row) != width:
            raise malformed(path, number, f"{width} fields expected, {len(row)} found; a field with {separator} needs quotes")
        yield number, row


def csv_header(path: Path) -> list[str]:
    """Return the names of the columns; none where the file is empty."""
    return [name.strip() for _, row in islice(csv_lines(path), 1) for name in row]


def csv_lines(path: Path, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, fields) of each row, the header among them, that is not blank. Raises `ReleaseError` where one is malformed."""
    csv.field_size_limit(LONGEST_FIELD)
    number, reader = 1, csv.reader((line for _, line in decoded(path)), strict=True, delimiter=delimiter)
    try:
        for row in reader:
            if len(row) > 1 or "".join(row).strip():
                yield number, row
            number = reader.line_num + 1
    except csv.Error as error:
        raise malformed(path, number, f"is no row of a CSV file ({error})") from None


def columns(path: Path, separator: str, *counts: int) -> Iterator[tuple[int, list[str]]]:
    """Yield (number, fields) of each line.

    Raises `ReleaseError` where a line's number of fields is not among `counts`, or its first field is blank.
    """
    for number, line in lines(path):
        fields = line.split(separator)
        if len(fields) not in counts or not fields[0].strip():
            raise malformed(path, number, f"{' or '.join(map(str, counts))} fields parted by {separator!r} expected, {line[:80]!r} found")
        yield number, fields


def keyed(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield (number, key, rest) of lines `KEY<TAB>rest`; the rest may hold further tabs."""
    for number, line in lines(path):
        key, tab, rest = line.partition("\t")
        if not key.strip() or not tab:
            raise malformed(path, number, f"an ID, a tab and a text expected, {line[:80]!r} found")
        yield number, key.strip(), rest


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (number, object) of each line of a JSONL file."""
    for number, line in lines(path):
        row = parsed(line, path, number)
        if not isinstance(row, dict):
            raise malformed(path, number, "a JSON object expected")
        yield number, row


def json_rows(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file that holds one JSON list."""
    rows = parsed("".join(line for _, line in decoded(path)), path, None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise malformed(path, None, "a JSON list of objects expected")
    return rows


def parsed(content: str, path: Path, number: int | None) -> Any:
    """Return the value of a JSON text: of the line `number` or, where that is None, of the whole file."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise malformed(path, number or getattr(error, "lineno", None), f"is not JSON ({error})") from None


def field(row: dict[str, Any], key: str, path: Path, place: str) -> Any:
    """Return `row[key]`; `place` says which row it is, as "line 3" or "row 3". Raises `ReleaseError` where the key is missing."""
    if key not in row:
        raise ReleaseError(f"{path}, {place}: {key!r} is missing; {REMEDY}")
    return row[key]


def text(row: dict[str, Any], key: str, path: Path, place: str) -> str:
    """Return `row[key]` as text, see `as_text`."""
    return as_text(field(row, key, path, place), key, path, place)


def alternatives(row: dict[str, Any], key: str, path: Path, place: str) -> tuple[str, ...]:
    """Return `row[key]`, or each of its entries where it is a list, as text."""
    value = field(row, key, path, place)
    return tuple(as_text(part, key, path, place) for part in (value if isinstance(value, list) else [value]))


def texts_or_null(row: dict[str, Any], key: str, path: Path, place: str) -> tuple[str, ...]:
    """Return `row[key]`, a list of texts; none where it is null or absent. Raises `ReleaseError` where it is anything else."""
    texts = row.get(key)
    if texts is not None and not (isinstance(texts, list) and all(isinstance(text, str) for text in texts)):
        raise ReleaseError(f"{path}, {place}: {key!r} is neither null nor a list of texts; {REMEDY}")
    return tuple(texts or ())


def as_text(value: Any, key: str, path: Path, place: str) -> str:
    """Return a value as text: null and what is no number (NaN, Infinity) as "", a number as its digits, a truth value as yes or no.

    A whole number is written without a point: pandas makes 1 a 1.0 wherever another row has none.

    Raises `ReleaseError` where `value` is anything else, and where it holds half a character: a lone surrogate, which JSON allows.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if not isinstance(value, str | int | float | Decimal):
        raise ReleaseError(f"{path}, {place}: {key!r} is no text; {REMEDY}")
    if LONE_SURROGATE.search(found := str(value)):
        raise ReleaseError(f"{path}, {place}: {key!r} holds half a character (a lone surrogate): {ascii(found)[:80]}; {REMEDY}")
    return found


def published_kind(kind: str, path: Path, place: str) -> str:
    """Return "open" or "closed" for a published "OPEN" or "CLOSED ". Raises `ReleaseError` where it is neither."""
    folded = kind.strip().lower()
    if folded not in ("open", "closed"):
        raise ReleaseError(f"{path}, {place}: answer_type {kind!r} is neither OPEN nor CLOSED; correct the file")
    return folded


def answer_kind(answers: Iterable[str]) -> str:
    """Return "closed" for questions that are answered by yes or no, "open" for all others, where the release does not tell."""
    return "closed" if all(answer.strip().lower() in ("yes", "no") for answer in answers) else "open"
