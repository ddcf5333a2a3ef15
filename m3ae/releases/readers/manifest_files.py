"""The files of a manifest, row by row, whatever their kind: JSONL, CSV or Parquet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from m3ae.releases.readers.published import ReleaseError, as_wide_as, csv_lines, decoded, json_lines, malformed, none_of
from m3ae.releases.readers.tables import table_rows

DELIMITERS = ",;\t"  # of a CSV file: spreadsheets of some languages write semicolons


def manifest_files(folder: Path) -> list[Path]:
    """Return the manifest's files. Raises `ReleaseError` where there is none, or more than one kind."""
    found = [path for path in (folder / "manifest.jsonl", folder / "manifest.csv") if path.exists()]
    found += sorted(folder.glob("manifest*.parquet"))
    if not found:
        raise none_of(folder, ("manifest.jsonl", "manifest.csv", "manifest.parquet"), "describe your images in one of them")
    if len({path.suffix for path in found}) > 1:
        raise ReleaseError(f"{folder}: {' and '.join(path.name for path in found)} are here, but a release has one; take the others away")
    return found


def placed_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (which row it is, name -> value) of each row. Raises `ReleaseError` where the file is not what its name says."""
    if path.suffix == ".parquet":
        yield from ((f"row {number}", row) for number, row in enumerate(table_rows(path, paths=True), start=1))
    else:
        rows = csv_fields(path) if path.suffix == ".csv" else json_lines(path)
        yield from ((f"line {number}", row) for number, row in rows)


def csv_fields(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (first line, name -> field without outer blanks) of each row of a CSV file that is not blank.

    Raises `ReleaseError` where a row is not as wide as the header, or two columns have one name.
    """
    header = next((line for _, line in decoded(path) if line.strip()), "")
    delimiter = max(DELIMITERS, key=header.count)
    rows = csv_lines(path, delimiter)
    names = [name.strip() for _, row in [next(rows, (1, []))] for name in row]
    if twice := {name for name in names if name and names.count(name) > 1}:
        raise malformed(path, 1, f"the columns {', '.join(sorted(twice))} are there twice")
    for number, row in as_wide_as(rows, len(names), path, f"{delimiter!r} in it"):
        if any(map(str.strip, row)):  # a spreadsheet may end in empty rows
            yield number, dict(zip(names, map(str.strip, row), strict=True))
