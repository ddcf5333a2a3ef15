"""Prepared rows <-> Arrow shards: the same rows are the same bytes, whoever made them.

A shard folder holds `<split>-00000.arrow` ... (uncompressed Arrow IPC files, read through the page cache) and `manifest.json`.
`image` holds a picture as `encoding` in the schema's metadata says: "raw" = uint8 H*W*C row-major, "png" or "jpeg".
Shapes: H, W stored size in px, C channels (1 or 3).
"""

import errno
import fcntl
import hashlib
import io
import json
import os
import shutil
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from PIL import Image

from m3ae.jsonfile import write_json
from m3ae.record import Split

MANIFEST = "manifest.json"
REMEDY = "run `dvc repro` to prepare the release again"
IN_EVERY_MANIFEST, WHERE_FOUND = ("found", "release", "synthetic", "splits"), ("encoding", "image_px")
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
HASH_BYTES = 64
ROWS_PER_BATCH = 64  # rows held in memory while a shard is written
PX = {"unit": "px"}
LEVELS = {"unit": "8-bit level", "holds": "as `encoding` says: raw = uint8 H*W*C row-major, or a PNG or JPEG file"}
HASHES = {"unit": "bit", "holds": "the perceptual hash of the whole image, 256 bits, and of its central part, 256 bits"}
FIELDS = (
    pa.field("id", pa.string(), nullable=False),
    pa.field("image_id", pa.string(), nullable=False),
    pa.field("texts", pa.list_(pa.string()), nullable=False),
    pa.field("answers", pa.list_(pa.string()), nullable=False),
    pa.field("answer_kind", pa.string(), nullable=False),
    pa.field("licence", pa.string(), nullable=False),
    pa.field("has_caption", pa.bool_(), nullable=False),
    pa.field("image", pa.binary(), nullable=False, metadata=LEVELS),
    pa.field("height", pa.int32(), nullable=False, metadata=PX),
    pa.field("width", pa.int32(), nullable=False, metadata=PX),
    pa.field("channels", pa.int32(), nullable=False, metadata={"unit": "1"}),
    pa.field("hash", pa.binary(HASH_BYTES), nullable=False, metadata=HASHES),
)

SCHEMA = pa.schema(FIELDS)


class ShardError(SystemExit):
    """A shard folder is not what its manifest says; the message names it and the remedy."""


class Row(NamedTuple):
    """One prepared row: the shard's columns, and the split that it belongs to."""

    id: str
    image_id: str
    texts: list[str]
    answers: list[str]
    answer_kind: str
    licence: str
    has_caption: bool  # texts[0] is the caption or question, not a reference that outlived it
    image: bytes
    height: int
    width: int
    channels: int
    hash: bytes
    split: Split


@dataclass(frozen=True)
class Header:
    """What all shards of a folder have in common."""

    release: str
    synthetic: bool
    encoding: str
    image_px: int
    rows_per_shard: int

    def schema(self) -> pa.Schema:
        synthetic = "true" if self.synthetic else "false"
        metadata = {"release": self.release, "synthetic": synthetic, "encoding": self.encoding, "image_px": str(self.image_px)}
        return pa.schema(FIELDS, metadata=metadata)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes the name `folder` only once it is complete and on the disk. A second process waits for the first.

    Raises `ShardError` where the disk is full or cannot be written to; then, as after any error, nothing half-made is left.
    """
    with disk_errors_told(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    with alone_in(folder.parent):
        partial = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            with disk_errors_told(folder):
                partial.mkdir()
                yield partial
                settle(partial)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
        settle(folder.parent)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process is in here with this folder. Where the file system has no locks, go on at once."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def disk_errors_told(folder: Path) -> Iterator[None]:
    """A full or read-only disk becomes a `ShardError` that names the folder and the remedy."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        raise ShardError(f"{folder}: could not be written ({error}); make room on the disk and run it again") from None


def settle(folder: Path) -> None:
    """Wait until the files of the folder, and their names, would survive a loss of power."""
    for path in (*(path for path in folder.iterdir() if path.is_file()), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class ShardWriter:
    """Writes rows of any split in the order given; a context manager that leaves shards and manifest in `folder`."""

    def __init__(self, folder: Path, header: Header):
        self.folder, self.header = folder, header
        self.splits = {split: SplitWriter(folder, split, header) for split in Split}
        self.waiting: dict[Split, list[Row]] = {split: [] for split in Split}

    def write(self, row: Row) -> None:
        self.waiting[row.split].append(row)
        if len(self.waiting[row.split]) == ROWS_PER_BATCH:
            self.flush(row.split)

    def flush(self, split: Split) -> None:
        if rows := self.waiting[split]:
            values = zip(*(row[:-1] for row in rows), strict=True)  # a column at a time, without `split`
            columns = [pa.array(column, field.type) for column, field in zip(values, FIELDS, strict=True)]
            self.splits[split].write(pa.record_batch(columns, schema=self.header.schema()))
            rows.clear()

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, kind, *_error) -> None:
        for split, writer in self.splits.items():
            if kind is None:
                self.flush(split)
            writer.close()
        if kind is None:
            write_manifest(self.folder, self.header, {split: writer.shards for split, writer in self.splits.items()})


class SplitWriter:
    """One split's shards, `rows_per_shard` rows each but the last."""

    def __init__(self, folder: Path, split: Split, header: Header):
        self.folder, self.split, self.schema, self.rows_per_shard = folder, split, header.schema(), header.rows_per_shard
        self.shards: list[dict[str, Any]] = []
        self.open_files = ExitStack()
        self.file: pa.ipc.RecordBatchFileWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        while batch.num_rows:
            if self.file is None:
                self.start()
            part = batch.slice(0, self.rows_per_shard - self.shards[-1]["rows"])
            self.file.write_batch(part)
            self.shards[-1]["rows"] += part.num_rows
            batch = batch.slice(part.num_rows)
            if self.shards[-1]["rows"] == self.rows_per_shard:
                self.close()

    def start(self) -> None:
        name = f"{self.split}-{len(self.shards):05d}.arrow"
        sink = self.open_files.enter_context(pa.OSFile(str(self.folder / name), "wb"))
        self.file = self.open_files.enter_context(pa.ipc.new_file(sink, self.schema))
        self.shards.append({"name": name, "rows": 0})

    def close(self) -> None:
        if self.file is not None:
            self.open_files.close()
            self.file = None
            self.shards[-1]["sha256"] = digest(self.folder / self.shards[-1]["name"])


def write_manifest(folder: Path, header: Header, shards: dict[Split, list[dict[str, Any]]]) -> None:
    """What `open_manifest` reads: `shards` are each split's (name, rows, sha256)."""
    splits = {split: {"rows": sum(shard["rows"] for shard in listed), "shards": listed} for split, listed in shards.items()}
    write_json(folder / MANIFEST, {"found": True, **asdict(header), "splits": splits})


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_absent(folder: Path, release: str) -> None:
    """The folder of a release that was not found: a manifest that says so, and no shards."""
    with new_folder(folder) as partial:
        write_json(partial / MANIFEST, {"found": False, "release": release, "synthetic": False, "splits": {}})


def open_manifest(folder: Path) -> dict[str, Any]:
    """found, release, synthetic, and where it was found encoding, image_px (shorter side) and splits: rows, shards (name, rows, sha256).

    Raises `ShardError` where there is no manifest, or one that was cut or holds something else.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ShardError(f"{path}: no such file; run `dvc repro` to prepare the release")
    try:
        manifest = json.loads(path.read_text())
    except ValueError as error:
        raise ShardError(f"{path}: is not JSON ({error}); {REMEDY}") from None
    if not is_manifest(manifest):
        raise ShardError(f"{path}: does not say {', '.join(IN_EVERY_MANIFEST)} and, where found, {', '.join(WHERE_FOUND)}; {REMEDY}")
    return manifest


def is_manifest(content: Any) -> bool:
    """Whether it says what `open_manifest` promises."""
    try:
        shards = [shard for entry in content["splits"].values() for shard in entry["shards"]]
        needed = {*IN_EVERY_MANIFEST, *(WHERE_FOUND if content["found"] else ())}
        return needed <= content.keys() and all({"name", "rows", "sha256"} <= shard.keys() for shard in shards)
    except (TypeError, KeyError, AttributeError):
        return False


def open_split(folder: Path, split: str) -> "Shards":
    """The rows of one split, none where the release was not found. Raises `ShardError` where files and manifest disagree."""
    manifest = open_manifest(folder)
    entry = manifest["splits"].get(split, {"shards": []})
    batches = [batch for shard in entry["shards"] for batch in open_shard(folder / shard["name"], shard["rows"], manifest)]
    return Shards(folder, split, manifest.get("encoding", "raw"), batches)


def open_shard(path: Path, num_rows: int, manifest: dict[str, Any]) -> list[pa.RecordBatch]:
    """The shard's record batches, mapped into memory.

    Raises `ShardError` where it cannot be read, has other columns than `FIELDS`, or is not what the manifest says.
    """
    try:
        file = pa.ipc.open_file(pa.memory_map(str(path)))
        batches = [file.get_batch(number) for number in range(file.num_record_batches)]
    except (OSError, pa.ArrowInvalid) as error:
        raise ShardError(f"{path}: cannot be read ({error}); {REMEDY}") from None
    if not file.schema.equals(SCHEMA):
        raise ShardError(f"{path}: has the columns {', '.join(file.schema.names)}, not those that this version reads; {REMEDY}")
    metadata = {key.decode(): value.decode() for key, value in (file.schema.metadata or {}).items()}
    if any(metadata.get(key) != str(manifest[key]) for key in ("release", "encoding", "image_px")):
        raise ShardError(f"{path}: is of another release, encoding or image size than its manifest says; {REMEDY}")
    if (found := sum(batch.num_rows for batch in batches)) != num_rows:
        raise ShardError(f"{path}: {found} rows, but its manifest says {num_rows}; {REMEDY}")
    return batches


class Shards:
    """One split's rows by number. Nothing is read before it is asked for; pickles as its folder's name."""

    def __init__(self, folder: Path, split: str, encoding: str, batches: Sequence[pa.RecordBatch]):
        self.folder, self.split, self.encoding, self.batches = folder, split, encoding, list(batches)
        self.details = [batch.drop_columns(["image", "hash"]) for batch in batches]
        self.ends = list(accumulate(batch.num_rows for batch in batches))

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    def __reduce__(self):
        return open_split, (self.folder, self.split)

    def row(self, number: int) -> dict[str, Any]:
        """Every column but `image` and `hash`."""
        batch, place = self.place(number)
        return self.details[batch].slice(place, 1).to_pylist()[0]

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of all rows."""
        return pa.chunked_array([batch[name] for batch in self.batches], SCHEMA.field(name).type)

    def rows_without(self, image_ids: frozenset[str]) -> list[int]:
        """The numbers of the rows that show none of these images."""
        return [number for number, name in enumerate(self.column("image_id").to_pylist()) if name not in image_ids]

    def num_texts(self, number: int) -> int:
        batch, place = self.place(number)
        return len(self.batches[batch]["texts"][place])

    def pixels(self, number: int) -> np.ndarray:
        """uint8 (H, W, C), a copy that may be written to."""
        batch, place = self.place(number)
        data = self.batches[batch]["image"][place].as_buffer()
        shape = tuple(self.batches[batch][name][place].as_py() for name in ("height", "width", "channels"))
        if self.encoding == "raw":
            return np.frombuffer(data, np.uint8).reshape(shape).copy()
        with Image.open(io.BytesIO(data)) as image:
            return np.array(image).reshape(shape)

    def place(self, number: int) -> tuple[int, int]:
        """(record batch, place in it)."""
        if not 0 <= number < len(self):
            raise IndexError(f"row {number} of {len(self)}")
        batch = bisect_right(self.ends, number)
        return batch, number - (self.ends[batch - 1] if batch else 0)
