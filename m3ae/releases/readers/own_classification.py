"""A user's own images by class, to fine-tune and test on: a manifest beside the images.

The manifest is described in manifest.py. Its further keys are `label`, the class, and, where the class is to be told from a text, too,
`text`. Where no row has a text, every image is shown with the same question. Labels are compared as they are given, in lower case.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from m3ae.releases.readers.manifest import manifest_records
from m3ae.releases.record import Record

KEYS = {"label": ("class", "answer"), "text": ("texts", "caption", "question")}
QUESTION = "Which class is this image of?"


def read(folder: Path) -> Iterator[Record]:
    """Yield every image in the manifest's order. Raises `ReleaseError`, with file and line, where a row is not as laid out."""
    for row, record in manifest_records(folder, KEYS):
        yield replace(record, texts=(row.text("text") if "text" in row.values else QUESTION,), answers=(row.text("label"),))
