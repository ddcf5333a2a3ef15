"""Parquet tables row by row; an image among the columns is read only when it is asked for, so that texts can be surveyed without any."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from m3ae.readers.published import malformed

IMAGE = "image"


class InTable(NamedTuple):
    """Where an image file's bytes stand. One row group is held in memory at a time: rows are best read in their order."""

    path: Path
    group: int
    row: int  # in its group

    def read(self) -> bytes:
        """b"" where the table holds none. Raises `ReleaseError` where the file can no longer be read."""
        value = image_column(self.path, self.group)[self.row].as_py()
        return (value.get("bytes") if isinstance(value, dict) else value) or b""


@lru_cache(maxsize=1)
def image_column(path: Path, group: int) -> pa.ChunkedArray:
    try:
        return pq.ParquetFile(path).read_row_group(group, columns=[IMAGE])[IMAGE]
    except (OSError, pa.ArrowException) as error:
        raise malformed(path, None, f"is no Parquet file ({error})") from None


def table_rows(path: Path, columns: tuple[str, ...] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, a row group's in memory at once; `columns` None: all. Bytes in `image` become an `InTable`."""
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
        if missing := set(columns or ()) - set(schema.names):
            raise malformed(path, None, f"the columns {', '.join(sorted(missing))} are missing")
        holds_images = IMAGE in schema.names and holds_bytes(schema.field(IMAGE).type)
        wanted = [name for name in columns or schema.names if not (holds_images and name == IMAGE)]
        for group in range(file.num_row_groups):
            for number, row in enumerate(file.read_row_group(group, columns=wanted).to_pylist()):
                yield row | ({IMAGE: InTable(path, group, number)} if holds_images else {})
    except (OSError, pa.ArrowException) as error:
        raise malformed(path, None, f"is no Parquet file ({error})") from None


def holds_bytes(kind: pa.DataType) -> bool:
    """Bytes, or the hub's structure of bytes and path; a text is a path alone."""
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_struct(kind)
