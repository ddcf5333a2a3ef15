"""VQA-RAD, SLAKE and PathVQA as the Hugging Face hub has them: questions and images in the same Parquet files.

Layout: `{train,validation,test}-*.parquet`, here or in `data/`, with the columns `image` (bytes and path), `question` and `answer`;
others are passed over. There are neither ids nor kinds of answers: a row's number is its id, an image's digest is the image's, so
that questions about one image stay together, and what is answered by yes or no is closed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from m3ae.releases.readers.mirror import mirror_files
from m3ae.releases.readers.published import answer_kind, text
from m3ae.releases.readers.tables import InTable, table_rows
from m3ae.releases.record import Record, Split

COLUMNS = ("image", "question", "answer")


def read_questions(folder: Path, licence: str) -> Iterator[Record]:
    """Yield every question of every split. Raises `ReleaseError` where a file is no such table."""
    for split, paths in mirror_files(folder).items():
        rows = ((path, number, row) for path in paths for number, row in enumerate(table_rows(path, COLUMNS), start=1))
        for count, (path, number, row) in enumerate(rows, start=1):
            yield record(split, f"{split}-{count}", path, f"row {number}", row, licence)


def record(split: Split, name: str, path: Path, place: str, row: dict[str, Any], licence: str) -> Record:
    question, answer = (text(row, key, path, place) for key in ("question", "answer"))
    image = row["image"]
    content = image if isinstance(image, InTable) else None
    return Record(
        id=name,
        split=split,
        image=path.parent / (name if content else image),
        image_id=content.digest() if content else image,
        texts=(question,),
        answers=(answer,),
        answer_kind=answer_kind([answer]),
        licence=licence,
        content=content,
    )
