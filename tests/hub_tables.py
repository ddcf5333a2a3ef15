"""Parquet files of questions as the Hugging Face hub has them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
QUESTIONS = {
    "train": [
        ("a.jpg", "Is a tumour seen?", "Yes"),
        ("a.jpg", "Where are the cells?", "in the liver"),
        ("b.jpg", "What is shown?", "bone"),
    ],
    "validation": [("c.jpg", "Is a tumour seen?", "no")],
    "test": [("d.jpg", "What is shown here?", "skin")],
}


def write_questions(folder: Path, contents: dict[str, bytes]) -> Path:
    """Write `QUESTIONS` to `folder`/data: images as the bytes in `contents` or, where they are not among them, as paths."""
    data = folder / "data"
    data.mkdir(parents=True)
    for split, rows in QUESTIONS.items():
        images = [{"bytes": contents.get(name), "path": name} for name, _, _ in rows]
        columns = {"image": pa.array(images, IMAGE), "question": [row[1] for row in rows], "answer": [row[2] for row in rows]}
        pq.write_table(pa.table(columns), data / f"{split}-00000-of-00001.parquet", row_group_size=2)
    return folder
