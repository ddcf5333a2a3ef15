"""Parquet mirrors of ROCO and ROCOv2 on the Hugging Face hub: images and captions in the same files.

Layout: `{train,validation,test}-*.parquet`, here or in `data/`, with the columns `image` (bytes and path; where there are no bytes the
path is the image's, from the file's folder), `image_id` and `caption`; others are passed over.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from m3ae.disk.named import printable
from m3ae.releases.readers.published import SPELLINGS, text
from m3ae.releases.readers.tables import InTable, table_rows
from m3ae.releases.record import Record, Split

COLUMNS = ("image", "image_id", "caption")


def mirror_files(folder: Path) -> dict[Split, list[Path]]:
    """Return the files of each split that is there."""
    found = {
        split: sorted(path for place in (folder, folder / "data") for name in names for path in place.glob(f"{name}-*.parquet"))
        for split, names in SPELLINGS.items()
    }
    return {split: paths for split, paths in found.items() if paths}


def read_mirror(folder: Path, licence: str) -> Iterator[Record]:
    """Yield every row of every split. Raises `ReleaseError` where a file is no such table."""
    for split, paths in mirror_files(folder).items():
        for path in paths:
            for number, row in enumerate(table_rows(path, COLUMNS), start=1):
                yield record(folder, split, path, number, row, licence)


def record(folder: Path, split: Split, path: Path, number: int, row: dict[str, Any], licence: str) -> Record:
    name, caption = (text(row, key, path, f"row {number}") for key in ("image_id", "caption"))
    name, image = name or f"{printable(path.name)}-row-{number}", row["image"]
    content = image if isinstance(image, InTable) else None
    file = folder / name if content else path.parent / image
    return Record(id=name, split=split, image=file, image_id=name, texts=(caption,), licence=licence, content=content)
