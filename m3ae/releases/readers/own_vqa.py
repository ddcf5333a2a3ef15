"""A user's own questions about images, to fine-tune and test on: a manifest beside the images.

The manifest is described in manifest.py. Its further keys are `question` and `answer` (a text, or a list of which each one is right).
A question that is answered by yes or no is closed, every other one is open. Answers are compared as they are given, in lower case.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from m3ae.releases.readers.manifest import manifest_records
from m3ae.releases.readers.published import answer_kind
from m3ae.releases.record import Record

KEYS = {"question": (), "answer": ("answers",)}


def read(folder: Path) -> Iterator[Record]:
    """Yield every question in the manifest's order. Raises `ReleaseError`, with file and line, where a row is not as laid out."""
    for row, record in manifest_records(folder, KEYS):
        answers = row.texts("answer")
        yield replace(record, texts=(row.text("question"),), answers=answers, answer_kind=answer_kind(answers))
