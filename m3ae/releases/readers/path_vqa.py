"""PathVQA: questions about pathology images of textbooks and a digital library.

Citation: He et al., "PathVQA: 30000+ Questions for Medical Visual Question Answering", arXiv 2003.10286.
Address: flaviagiammarino/path-vqa on the Hugging Face hub. Licence: MIT. Count: 19,654 / 6,259 / 6,719 questions on 4,998 images, as the
hub has them. Layout: the hub's Parquet files (see hub_questions.py).
"""

from collections.abc import Iterator
from pathlib import Path

from m3ae.releases.readers.hub_questions import read_questions
from m3ae.releases.readers.mirror import mirror_files
from m3ae.releases.readers.published import none_of
from m3ae.releases.record import Record


def read(folder: Path) -> Iterator[Record]:
    """Yield every question: train, validation, test, each in its files' order."""
    if not mirror_files(folder):
        raise none_of(folder, ("data/train-*.parquet", "data/validation-*.parquet", "data/test-*.parquet"), "put the hub's files here")
    yield from read_questions(folder, licence="MIT")
