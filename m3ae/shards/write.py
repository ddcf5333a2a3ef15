"""Rows -> a shard folder and its manifest."""

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from m3ae.disk.digest import MANIFEST, sha256_of_file
from m3ae.disk.folders import new_folder
from m3ae.disk.sealed import write_sealed
from m3ae.releases.record import Split
from m3ae.shards.format import ANSWERS, FIELDS, Header, Row

FEWEST_PER_BATCH, MOST_PER_BATCH = 64, 1024  # rows held in memory while a shard is written; a reader has 30 kB for each batch
BATCHES_PER_SHARD = 8  # or fewer


class ShardWriter:
    """Writes rows of any split in the order given; a context manager that leaves shards and manifest in `folder`."""

    def __init__(self, folder: Path, header: Header):
        self.folder, self.header = folder, header
        self.rows_per_batch = rows_per_batch(header.rows_per_shard)
        self.splits = {split: SplitWriter(folder, split, header) for split in Split}
        self.waiting: dict[Split, list[Row]] = {split: [] for split in Split}

    def write(self, row: Row) -> None:
        self.waiting[row.split].append(row)
        if len(self.waiting[row.split]) == self.rows_per_batch:
            self.flush(row.split)

    def flush(self, split: Split) -> None:
        if rows := self.waiting[split]:
            values = zip(*(row[:-1] for row in rows), strict=True)  # a column at a time, without `split`
            columns = [pa.array(column, field.type) for column, field in zip(values, FIELDS, strict=True)]
            self.splits[split].write(pa.record_batch(columns, schema=self.header.schema()))
            rows.clear()

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        for split, writer in self.splits.items():
            if kind is None:
                self.flush(split)
            writer.close()
        if kind is None:
            write_manifest(self.folder, self.header, {split: writer.shards for split, writer in self.splits.items()})


def rows_per_batch(rows_per_shard: int) -> int:
    """Return how many rows are written together: of large shards more, for a reader keeps a few objects for each batch."""
    return min(MOST_PER_BATCH, max(FEWEST_PER_BATCH, rows_per_shard // BATCHES_PER_SHARD))


class SplitWriter:
    """One split's shards, `rows_per_shard` rows each but the last."""

    def __init__(self, folder: Path, split: Split, header: Header):
        self.folder, self.split, self.schema, self.rows_per_shard = folder, split, header.schema(), header.rows_per_shard
        self.shards: list[dict[str, Any]] = []
        self.open_files = ExitStack()
        self.file: pa.ipc.RecordBatchFileWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        while batch.num_rows:
            file = self.file or self.start()
            part = batch.slice(0, self.rows_per_shard - self.shards[-1]["rows"])
            file.write_batch(part)
            self.shards[-1]["rows"] += part.num_rows
            batch = batch.slice(part.num_rows)
            if self.shards[-1]["rows"] == self.rows_per_shard:
                self.close()

    def start(self) -> pa.ipc.RecordBatchFileWriter:
        name = f"{self.split}-{len(self.shards):05d}.arrow"
        sink = self.open_files.enter_context(pa.OSFile(str(self.folder / name), "wb"))
        self.file = self.open_files.enter_context(pa.ipc.new_file(sink, self.schema))
        self.shards.append({"name": name, "rows": 0})
        return self.file

    def close(self) -> None:
        if self.file is not None:
            self.open_files.close()
            self.file = None
            self.shards[-1]["sha256"] = sha256_of_file(self.folder / self.shards[-1]["name"])


def write_manifest(folder: Path, header: Header, shards: dict[Split, list[dict[str, Any]]]) -> None:
    """Write what `open_manifest` reads; `shards` are each split's (name, rows, sha256). A list of answers has to be there already."""
    splits = {split: {"rows": sum(shard["rows"] for shard in listed), "shards": listed} for split, listed in shards.items()}
    said = {key: value for key, value in asdict(header).items() if value is not None}
    answers = {ANSWERS: sha256_of_file(folder / ANSWERS)} if (folder / ANSWERS).is_file() else {}
    write_sealed(folder / MANIFEST, {"found": True, **said, **answers, "splits": splits})


def write_absent(folder: Path, release: str) -> None:
    """Write the folder of a release that was not found: a manifest that says so, and no shards."""
    with new_folder(folder) as partial:
        write_sealed(partial / MANIFEST, {"found": False, "release": release, "synthetic": False, "splits": {}})
