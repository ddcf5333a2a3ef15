"""A user's own pairs, from a hospital or a data set that has no reader here: one manifest beside the images. Layout:

    manifest.jsonl     a JSON object a line
    manifest.parquet   the same as columns; or several, manifest-*.parquet

Keys: `image` (a path relative to this folder; in Parquet also the file's bytes, then in row groups of some hundred rows, for one is held
in memory as a whole) and `texts` (a text or a list: caption first, then references). Where there are any: `id` (needed beside bytes),
`split` (train, validation or test), `licence`, `patient`, and `source`, a text for your own use that nothing here reads.

Either every row names its split or none does. Where none does, it is drawn from the patient's name or, without one, the image's:
a tenth each of them in validation and in test, the same ones on every machine and however many rows come later. A patient
in two splits is an error, and so is an image file.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from m3ae.releases.readers.published import ReleaseError, alternatives, as_text, field, json_lines
from m3ae.releases.readers.tables import InTable, table_rows
from m3ae.releases.record import Record, Split

HELD_OUT = 0.1  # of all patients, in validation and as many in test
KEYS = {"id", "image", "texts", "split", "licence", "source", "patient"}


def read(folder: Path) -> Iterator[Record]:
    """Yield every row in the manifest's order. Raises `ReleaseError`, with file and line, where one is not as laid out above."""
    splits = Splits()
    for path, number, row in rows(folder):
        place = f"line {number}" if path.suffix == ".jsonl" else f"row {number}"
        if unknown := sorted(row.keys() - KEYS):
            raise ReleaseError(f"{path}, {place}: unknown keys {', '.join(unknown)}; the known ones are {', '.join(sorted(KEYS))}")
        yield record(folder, row, path, place, splits)


def rows(folder: Path) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    """Yield (file, number from 1, row) of each row. Raises `ReleaseError` where there is no manifest or one of each kind."""
    tables = sorted(folder.glob("manifest*.parquet"))
    if (folder / "manifest.jsonl").is_file() == bool(tables):
        raise ReleaseError(f"{folder}: either manifest.jsonl or manifest.parquet must be here; describe your images in one of them")
    if not tables:
        yield from ((folder / "manifest.jsonl", number, row) for number, row in json_lines(folder / "manifest.jsonl"))
    for path in tables:
        yield from ((path, number, row) for number, row in enumerate(table_rows(path, paths=True), start=1))


def record(folder: Path, row: dict[str, Any], path: Path, place: str, splits: "Splits") -> Record:
    image, name = field(row, "image", path, place), as_text(row.get("id"), "id", path, place)
    if isinstance(image, InTable) and not name:
        raise ReleaseError(f"{path}, {place}: an image given as bytes needs an `id`; add that column")
    file = name if isinstance(image, InTable) else as_text(image, "image", path, place)
    given, licence, patient, _ = (as_text(row.get(key), key, path, place) for key in ("split", "licence", "patient", "source"))
    split = splits.of(given, patient or file, path, place)
    if patient:
        splits.keep_together("patient", patient, split, path, place)
    if file and not isinstance(image, InTable):
        splits.keep_together("image", os.path.normpath(file), split, path, place)
    return Record(
        id=name or f"{path.name}-{place}",
        split=split,
        image=folder / file,
        image_id=file,
        texts=alternatives(row, "texts", path, place),
        licence=licence,
        content=image if isinstance(image, InTable) else None,
        patient=patient,
    )


class Splits:
    """The splits of the rows so far, and whether rows name theirs."""

    def __init__(self) -> None:
        self.are_given: bool | None = None
        self.seen: dict[tuple[str, str], Split] = {}  # ("patient" or "image", name)

    def of(self, given: str, together: str, path: Path, place: str) -> Split:
        if self.are_given not in (None, bool(given)):
            raise ReleaseError(f"{path}, {place}: some rows name their split and others do not; name it in every row or in none")
        if given and given not in tuple(Split):
            raise ReleaseError(f"{path}, {place}: split {given!r} is none of {', '.join(Split)}; correct the row")
        self.are_given = bool(given)
        return Split(given) if given else drawn(together)

    def keep_together(self, kind: str, name: str, split: Split, path: Path, place: str) -> None:
        """Raise `ReleaseError` where the patient or image stands in another split already."""
        if (first := self.seen.setdefault((kind, name), split)) is not split:
            raise ReleaseError(f"{path}, {place}: {kind} {name!r} is in {first} and in {split}; keep {kind}s apart")


def drawn(name: str) -> Split:
    """Return the split that is drawn for a patient or image: a function of the name alone."""
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) / 2**64
    if share >= 2 * HELD_OUT:
        return Split.TRAIN
    return Split.TEST if share < HELD_OUT else Split.VALIDATION
