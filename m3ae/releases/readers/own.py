"""A user's own pairs, from a hospital or a data set that has no reader here, to pre-train on: a manifest beside the images.

The manifest is described in manifest.py. Its further key is `texts` (a text or a list: caption first, then references; or `text`
or `caption`).
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from m3ae.releases.readers.manifest import manifest_records
from m3ae.releases.record import Record

KEYS = {"texts": ("text", "caption", "captions")}


def read(folder: Path) -> Iterator[Record]:
    """Yield every row in the manifest's order. Raises `ReleaseError`, with file and line, where one is not as laid out."""
    for row, record in manifest_records(folder, KEYS):
        yield replace(record, texts=row.texts("texts"))
