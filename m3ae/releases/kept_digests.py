"""Digests of files that are kept with sizes and times, so that only what has changed is read again. Memory does not grow with the files.

`inventory` keeps them of a release that is a link to a folder: there DVC looks at nothing, and keeps nothing itself.
"""

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from m3ae.disk.digest import sha256_of_file

NUM_THREADS = 4  # reading waits for the disk; hashing releases the interpreter
FILES_AT_ONCE = 16_384
SETTLED_NS = 10 * 10**9  # what was changed later may change again within the clock's step, unseen
SCHEMA = pa.schema(
    [
        ("name", pa.binary()),  # relative to the release; it may be no UTF-8
        ("size", pa.int64()),
        ("modified_ns", pa.int64()),
        ("changed_ns", pa.int64()),  # no program can set it back
        ("inode", pa.uint64()),
        ("sha256", pa.string()),
    ]
)


class Stamp(NamedTuple):
    """What a file has to have kept for its digest to be believed."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int

    @classmethod
    def of(cls, path: str) -> "Stamp":
        found = os.stat(path)
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


class Digest(NamedTuple):
    name: str
    stamp: Stamp
    sha256: str


def digests(files: Iterable[tuple[str, str]], kept: Path | None = None) -> Iterator[Digest]:
    """Yield the digest of each of the `files`, (name, path) sorted by name; those that `kept` holds unchanged are not read.

    Once all were asked for, `kept` holds them, but for those that have changed in the last seconds.
    """
    if kept is None:
        yield from computed(files, iter(()))
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial, settled_ns = kept.with_name(f"{kept.name}.{os.getpid()}.partial"), time.time_ns() - SETTLED_NS
    try:
        with pq.ParquetWriter(partial, SCHEMA, compression="zstd", write_page_checksum=True) as writer:
            found = computed(files, read(kept))
            while some := list(islice(found, FILES_AT_ONCE)):
                settled = [digest for digest in some if max(digest.stamp.modified_ns, digest.stamp.changed_ns) < settled_ns]
                writer.write_table(table(settled))
                yield from some
        partial.replace(kept)
    finally:
        partial.unlink(missing_ok=True)


def computed(files: Iterable[tuple[str, str]], known: Iterator[Digest]) -> Iterator[Digest]:
    """Yield the digests of `files`; `known` ones are in the same order."""
    rest, latest = iter(files), next(known, None)
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        while some := list(islice(rest, FILES_AT_ONCE)):
            believed: list[Digest | None] = []
            for name, _ in some:
                while latest is not None and latest.name < name:
                    latest = next(known, None)
                believed.append(latest if latest is not None and latest.name == name else None)
            yield from pool.map(digest, some, believed)


def digest(file: tuple[str, str], known: Digest | None) -> Digest:
    """Return a file's digest: the known one where the file has kept its stamp."""
    name, path = file
    stamp = Stamp.of(path)  # before it is read: what changes meanwhile has another one next time
    return known if known is not None and known.stamp == stamp else Digest(name, stamp, sha256_of_file(Path(path)))


def table(found: Iterable[Digest]) -> pa.Table:
    rows = [(os.fsencode(digest.name), *digest.stamp, digest.sha256) for digest in found]
    columns = zip(*rows, strict=True) if rows else [()] * len(SCHEMA)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


def read(kept: Path) -> Iterator[Digest]:
    """Yield what is kept, in order; what is damaged or of another version is not: its files are read again."""
    try:
        with pq.ParquetFile(kept, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(SCHEMA):
                return
            for batch in file.iter_batches(FILES_AT_ONCE):
                for name, *stamp, sha256 in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield Digest(os.fsdecode(name), Stamp(*stamp), sha256)
    except (OSError, pa.ArrowException):
        return
