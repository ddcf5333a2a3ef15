"""`m3ae releases`: for each release where it is looked for, what was found, what is missing, and how to get it."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from m3ae.releases.catalogue import CATALOGUE, Count, Release, against_published
from m3ae.releases.inventory import is_synthetic
from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.record import Record, Split


def describe(releases: Path) -> Iterator[str]:
    """Yield the lines of the command's answer. No image is opened; whether each one is there is looked up."""
    for name, release in CATALOGUE.items():
        yield f"{name}: {heading(release)}"
        yield f"  looked for in  {releases / name}"
        yield from (f"  {line}" for line in found(name, releases / name))
        yield f"  to be had at   {release.address} (size: {release.size}; licence: {release.licence}; terms: {release.terms})"


def heading(release: Release) -> str:
    """Return the release's name and what it is, "own pairs" once."""
    return release.title if release.name.lower() in release.title else f"{release.name}, {release.title}"


class Seen(NamedTuple):
    """What a reader yields of a release, and the images of its records that are not there."""

    records: Counter[Split]
    rows: int  # those that are not used among them
    absent: set[Path]


def seen(name: str, folder: Path) -> Seen:
    """Read the release once. Raises `ReleaseError` where it is not laid out as published."""
    records: Counter[Split] = Counter()
    absent: set[Path] = set()
    rows = 0
    for record in CATALOGUE[name].read(folder):
        rows += 1
        if isinstance(record, Record):
            records[record.split] += 1
            absent |= set() if is_there(record) else {record.image}
    return Seen(records, rows, absent)


def found(name: str, folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        yield "found          nothing: there is no such folder"
        return
    try:
        records, rows, absent = seen(name, folder)
    except ReleaseError as error:
        yield f"found          a folder that cannot be read: {error}"
        return
    synthetic = is_synthetic(folder)
    published = {} if synthetic else against_published(name, records)
    all_rows = 0 if synthetic else CATALOGUE[name].rows
    in_all = f"; with what is not used {rows:,} of {all_rows:,}" if all_rows else ""
    yield "found          " + ", ".join(counted(split, records, published) for split in Split) + (" (synthetic)" if synthetic else in_all)
    splits = [f"the {split} split" for split in CATALOGUE[name].splits if not records[split]]
    fewer = [f"{lacks:,} {split} records" for split, (all_of, got) in published.items() if got and (lacks := all_of - got) > 0]
    fewer += [f"{all_rows - rows:,} rows"] if all_rows > rows else []
    yield "missing        " + (", ".join([*splits, *fewer, *said(absent, folder)]) or "nothing")


def counted(split: Split, records: Counter[Split], published: dict[str, Count]) -> str:
    """Return "104 of 8,180 test" or, where nobody has published how many there are, "104 test"."""
    total = f" of {published[split].published:,}" if split in published else ""
    return f"{records[split]:,}{total} {split}"


def is_there(record: Record) -> bool:
    """Return whether the record's image is there; a table's counts as there: whether its bytes are null is told where they are read."""
    return record.content is not None or os.path.isfile(record.image)  # Path.is_file refuses overlong names


def said(missing: set[Path], folder: Path) -> list[str]:
    if not missing:
        return []
    first = min(missing)
    name = first.relative_to(folder) if first.is_relative_to(folder) else first.name
    return [f"{len(missing):,} images, {name} for one"]
