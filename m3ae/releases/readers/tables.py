"""Parquet tables row by row; an image among the columns is read only when it is asked for, so that texts can be surveyed without any."""

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from m3ae.releases.readers.published import malformed, readable

IMAGE = "image"
BYTES, PATH = "bytes", "path"  # the fields of the hub's structure of an image
NO_TABLE = (OSError, UnicodeDecodeError, pa.ArrowException)  # what a damaged file raises; the second where a name in it is no UTF-8


class InTable(NamedTuple):
    """The bytes of an image file in a table. One row group is held in memory at a time: rows are best read in their order."""

    path: Path
    group: int
    row: int  # in its group

    def read(self) -> bytes:
        """Return the bytes; b"" where the table holds none. Raises `ReleaseError` where the file can no longer be read."""
        value = image_column(self.path, self.group)[self.row]
        return (value[BYTES] if isinstance(value, pa.StructScalar) else value).as_py() or b""

    def digest(self) -> str:
        """Return a name for the image that is the same wherever its file's bytes are; "" where the table holds none."""
        content = self.read()
        return hashlib.sha256(content).hexdigest()[:32] if content else ""


@lru_cache(maxsize=1)
def image_column(path: Path, group: int) -> pa.ChunkedArray:
    try:
        return whole_group(parquet(path), group, [IMAGE])[IMAGE]
    except NO_TABLE as error:
        raise malformed(path, None, f"is no Parquet file ({error})") from None


def whole_group(file: pq.ParquetFile, group: int, columns: list[str]) -> pa.Table:
    """Read columns of a row group. Raises `pa.ArrowInvalid` where they have fewer rows than the file says."""
    table, expected = file.read_row_group(group, columns=columns), file.metadata.row_group(group).num_rows
    if len(table) != expected:
        raise pa.ArrowInvalid(f"row group {group} (from 0) has {len(table):,} rows of {expected:,}")
    return table


def parquet(path: Path) -> pq.ParquetFile:
    """Open a Parquet file; pages that rotted are found where their writer noted checksums."""
    return pq.ParquetFile(path, page_checksum_verification=True)


def table_rows(path: Path, columns: tuple[str, ...] | None = None, paths: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Parquet file, a row group's in memory at once; `columns` None: all. Bytes in `image` become an `InTable`.

    Where the hub's structure holds no bytes but a path, `image` is the path. Raises `ReleaseError` where a column is missing, and where
    `image` holds neither bytes nor, if `paths`, texts.
    """
    try:
        file = parquet(readable(path))
        schema = file.schema_arrow
        if missing := set(columns or ()) - set(schema.names):
            raise malformed(path, None, f"the columns {', '.join(sorted(missing))} are missing")
        if twice := {name for name in schema.names if schema.names.count(name) > 1}:
            raise malformed(path, None, f"the columns {', '.join(sorted(twice))} are there twice")
        holds_images = IMAGE in schema.names and are_bytes(schema.field(IMAGE).type, path, paths)
        wanted = [name for name in columns or schema.names if not (holds_images and name == IMAGE)]
        for group in range(file.num_row_groups):
            elsewhere = image_paths(file, path, group) if holds_images else {}
            for number, row in enumerate(group_rows(file, path, group, wanted)):
                yield row | ({IMAGE: elsewhere.get(number) or InTable(path, group, number)} if holds_images else {})
    except NO_TABLE as error:
        raise malformed(path, None, f"is no Parquet file ({error})") from None


def group_rows(file: pq.ParquetFile, path: Path, group: int, wanted: list[str]) -> list[dict[str, Any]]:
    try:
        return whole_group(file, group, wanted).to_pylist()
    except (ValueError, OverflowError) as error:  # a text that is not UTF-8, a moment or a span that Python has no value for
        raise malformed(path, None, f"row group {group} (from 0) cannot be read ({error})") from None


def image_paths(file: pq.ParquetFile, path: Path, group: int) -> dict[int, str]:
    """Return row -> path for the rows of a group that hold the path of an image in the place of its bytes.

    Where there are paths, the bytes are read for it, for the file's own statistics are never asked: if damaged, they end the process.
    """
    kind = file.schema_arrow.field(IMAGE).type
    if not pa.types.is_struct(kind) or kind.get_field_index(PATH) < 0:
        return {}
    places = whole_group(file, group, [f"{IMAGE}.{PATH}"])[IMAGE]
    images = image_column(path, group) if any(place[PATH].is_valid for place in places) else []
    try:
        return {row: name for row, image in enumerate(images) if not image[BYTES].is_valid and (name := places[row][PATH].as_py())}
    except ValueError as error:
        raise malformed(path, None, f"row group {group} (from 0): a path in {IMAGE!r} cannot be read ({error})") from None


def index_columns(path: Path) -> set[str]:
    """Return the columns that pandas wrote as the index of its rows, as the file itself says."""
    try:
        described = pq.read_schema(readable(path)).metadata or {}
    except NO_TABLE as error:
        raise malformed(path, None, f"is no Parquet file ({error})") from None
    try:
        return {name for name in json.loads(described[b"pandas"])["index_columns"] if isinstance(name, str)}
    except (KeyError, ValueError, TypeError):  # another program wrote the file, or wrote something else there
        return set()


def are_bytes(kind: pa.DataType, path: Path, paths: bool) -> bool:
    """Return whether the column `image` is of image files, as bytes or as the hub's structure of bytes and path, and not of paths.

    Raises `ReleaseError` where it is of neither, or of paths and `paths` is False.
    """
    if is_binary(bytes_of(kind)):
        return True
    if paths and (pa.types.is_string(of := values_of(kind)) or pa.types.is_large_string(of) or pa.types.is_string_view(of)):
        return False
    expected = "bytes, a structure with `bytes`" + (" or paths" if paths else "")
    raise malformed(path, None, f"the column {IMAGE!r} is of type {kind}, but {expected} expected")


def bytes_of(kind: pa.DataType) -> pa.DataType:
    """Return the type of what `InTable.read` takes out of a column of this type."""
    if pa.types.is_struct(kind) and kind.get_field_index(BYTES) >= 0:
        found = kind.field(BYTES).type
        return pa.binary() if pa.types.is_null(found) else found  # a file of which no row has any
    return values_of(kind)


def values_of(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_binary(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in tests)
