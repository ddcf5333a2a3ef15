"""A manifest of one's own images, which `own`, `own_vqa` and `own_classification` share: one table beside the images. Layout:

    manifest.jsonl     a JSON object a line
    manifest.csv       a header, then a line a row; the fields are parted by commas, semicolons or tabs
    manifest.parquet   the same as columns; or several, manifest-*.parquet

Keys of every manifest: `image` (a path, from this folder or, below one of `image_folders` in params.yaml, from the root; in Parquet also
the file's bytes, in row groups of some hundred rows, for one is held in memory as a whole). Where there are any: `id`, `split`
(train, validation or test), `patient`, `licence`, and `source`, a text for your own use that nothing here reads. Other words
for them stand in `KEYS`; the index that pandas writes beside the columns is no data.

Either every row names its split or none does. Where none does, it is drawn from the patient's id or, without one, the image's:
a tenth each of them in validation and in test, the same ones on every machine and however many rows come later. A patient
in two splits is an error, and so is an image. How ids are compared: see ids.py.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from m3ae.disk.named import printable
from m3ae.releases.readers.drawn_splits import SplitError, Splits
from m3ae.releases.readers.ids import patient_id, row_id, told
from m3ae.releases.readers.manifest_files import manifest_files, placed_rows
from m3ae.releases.readers.published import ReleaseError, alternatives, as_text, field, split_named, text
from m3ae.releases.readers.tables import InTable, index_columns
from m3ae.releases.record import Record, Split

Keys = Mapping[str, tuple[str, ...]]  # key -> the other words for it
KEYS: Keys = {
    "id": (),
    "image": ("image_path", "path", "file_name", "filename", "file"),
    "split": (),
    "patient": ("patient_id", "subject", "subject_id"),
    "licence": ("license",),
    "source": (),
}
INDEX = re.compile(r"|unnamed:_\d+(?:\.\d+)?|__index_level_\d+__")  # what pandas calls an index that has no name, read again or not
LIST = re.compile(r"\[\s*['\"]")
MOST_SHOWN = 80  # characters of a key


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a manifest: its values by key, and where it stands."""

    folder: Path
    path: Path
    place: str
    values: dict[str, Any]

    def text(self, key: str) -> str:
        return text(self.values, key, self.path, self.place)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the text, or each of a list of texts. Raises `ReleaseError` where a CSV file's field holds a list: it is one text."""
        found = alternatives(self.values, key, self.path, self.place)
        if self.path.suffix == ".csv" and LIST.match(found[0]):
            raise self.wrong(f"{key!r} is a list, but a field of a CSV file is one text; write manifest.jsonl or manifest.parquet")
        return found

    def optional(self, key: str) -> str:
        return as_text(self.values.get(key), key, self.path, self.place)

    def image(self) -> tuple[str, InTable | None]:
        """Return (path, None) or ("", the bytes in the table)."""
        image = field(self.values, "image", self.path, self.place)
        if isinstance(image, InTable):
            return "", image
        if isinstance(image, dict) and "path" in image and image.get("bytes") is None:  # the hub's structure, in JSON
            image = image["path"]
        path = as_text(image, "image", self.path, self.place)
        written_on_windows = "\\" in path and not os.path.lexists(self.folder / path)
        return path.replace("\\", "/") if written_on_windows else path, None

    def image_id(self, path: str) -> str:
        """Return the path as it is compared: without `./`, and from the release's folder where it lies there; "" where there is none."""
        if not path:
            return ""
        place = Path(os.path.normpath(path))
        roots = (Path(of(self.folder)) for of in (os.path.abspath, os.path.realpath))
        return next((place.relative_to(root).as_posix() for root in roots if place.is_relative_to(root)), str(place))

    def split(self) -> Split | None:
        """Return the split that the row names, or None."""
        given = told(self.optional("split"))
        split = split_named(given)
        if given and not split:
            raise self.wrong(f"split {given!r} is none of {', '.join(Split)}; correct the row")
        return split

    def wrong(self, problem: str) -> ReleaseError:
        return ReleaseError(f"{self.path}, {self.place}: {problem}")


def manifest_records(folder: Path, keys: Keys) -> Iterator[tuple[Row, Record]]:
    """Yield every row in the manifest's order, with its record, which lacks texts and answers; `keys` are the row's besides `KEYS`.

    Raises `ReleaseError`, with file and line, where a row is not as laid out above.
    """
    splits = Splits()
    for row in manifest_rows(folder, keys):
        path, content = row.image()
        image_id = content.digest() if content else row.image_id(path)
        patient, name = patient_id(row.optional("patient")), row_id(row.optional("id")) or f"{printable(row.path.name)}-{row.place}"
        try:
            split = splits.place(row.split(), patient=patient, image=image_id)
        except SplitError as error:
            raise row.wrong(str(error)) from None
        image, licence = folder / (name if content else path), told(row.optional("licence"))
        row.optional("source")
        yield row, Record(name, split, image, image_id, (), licence=licence, content=content, patient=patient)


def manifest_rows(folder: Path, keys: Keys) -> Iterator[Row]:
    known = {word: key for key, others in {**KEYS, **keys}.items() for word in (key, *others)}
    for path in manifest_files(folder):
        index = index_columns(path) if path.suffix == ".parquet" else set()
        for place, values in placed_rows(path):
            yield Row(folder, path, place, by_key(values, known, index, f"{path}, {place}"))


def by_key(values: dict[str, Any], known: dict[str, str], index: set[str], place: str) -> dict[str, Any]:
    """Return key -> value. Raises `ReleaseError` where a name is neither known nor that of an index, or two names mean one key."""
    found: dict[str, tuple[str, Any]] = {}
    for name, value in values.items():
        word = name.strip().lower().replace(" ", "_")
        key = known.get(word)
        if key is None and not (name in index or INDEX.fullmatch(word)):
            others = ", ".join(sorted(set(known.values())))
            raise ReleaseError(f"{place}: unknown key {name[:MOST_SHOWN]!r}; the known ones are {others}; take it out or rename it")
        if key in found:
            raise ReleaseError(f"{place}: {found[key][0]!r} and {name!r} both give the {key}; leave one of them")
        if key:
            found[key] = name, value
    return {key: value for key, (_, value) in found.items()}
