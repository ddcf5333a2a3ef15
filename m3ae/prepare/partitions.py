"""A release's records in pieces of a fixed number: each is written by itself, whole or not at all, by any process of any machine.

A finished partition is a folder `<number>` in the release's state folder: a shard folder of its rows, `dropped.json`, and `complete.json`,
written last, with the digest of every other file. A killed run goes on with the partitions that are not finished.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from m3ae.disk.digest import sha256_of_file
from m3ae.disk.folders import disk_errors_reported, fsync_folder
from m3ae.disk.json import write_json
from m3ae.prepare.rows import RowMaker
from m3ae.releases.readers.published import Dropped
from m3ae.releases.record import Record, Split
from m3ae.shards.format import Header
from m3ae.shards.write import ShardWriter

COMPLETE = "complete.json"
DROPPED = "dropped.json"


class ShareError(SystemExit):
    """A share of the work is not written as `3/16`."""


class Share(NamedTuple):
    """The partitions that one machine takes: every `of`-th, from the `number`-th on (from 1). Machines need not know of each other."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> "Share":
        """Return the share that a text names: `3/16` is the third of sixteen. Raises `ShareError` where it names none."""
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise ShareError(f"--share {text}: two whole numbers expected, such as 3/16, the third of sixteen shares")
        return cls(int(number), int(of))

    def takes(self, partition: int) -> bool:
        return partition % self.of == self.number - 1


EVERYTHING = Share(1, 1)


class Partition(NamedTuple):
    number: int
    records: list[Record | Dropped]


def partitions(records: Iterable[Record | Dropped], size: int) -> Iterator[Partition]:
    """Yield pieces of `size` records in their order; the last one may be shorter."""
    rest, number = iter(records), 0
    while piece := list(islice(rest, size)):
        yield Partition(number, piece)
        number += 1


@dataclass(frozen=True)
class PartitionWriter:
    """The writer of partitions into `state`, a folder each. What is there and whole is left alone; what is damaged is made again."""

    state: Path
    make: RowMaker
    header: Header

    def __call__(self, partition: Partition) -> Path:
        """Return the partition's folder, written where need be. Raises `DiskError` where the disk is full or cannot be written to."""
        folder = self.state / f"{partition.number:05d}"
        if not is_complete(folder):
            with disk_errors_reported(folder):
                self.make_anew(folder, partition.records)
        return folder

    def make_anew(self, folder: Path, records: list[Record | Dropped]) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.state, suffix=".partial") as name:  # of this process alone: machines may share `state`
            partial = Path(name, folder.name)
            partial.mkdir()
            self.write(partial, records)
            fsync_folder(partial)
            take_place(partial, folder)
        fsync_folder(self.state)

    def write(self, folder: Path, records: list[Record | Dropped]) -> None:
        dropped = []
        with ShardWriter(folder, self.header) as shards:
            for record in records:
                row = self.make.row(record) if isinstance(record, Record) else record
                if isinstance(row, Dropped):
                    dropped.append(row)
                else:
                    shards.write(row)
        write_json(folder / DROPPED, [asdict(row) for row in dropped])
        write_json(folder / COMPLETE, {path.name: sha256_of_file(path) for path in folder.iterdir()})


def take_place(partial: Path, folder: Path) -> None:
    """Give `partial` the name `folder`, unless another run was quicker: its bytes are the same. What is damaged there makes room."""
    while True:
        try:
            os.rename(partial, folder)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        if is_complete(folder):
            return
        with suppress(FileNotFoundError):  # another run has made room already
            os.rename(folder, tempfile.mkdtemp(dir=partial.parent))


def is_complete(folder: Path) -> bool:
    """Return whether every file is there with the bytes that were written: a machine that lost power may have kept names without bytes."""
    try:
        expected = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))
        return bool(expected) and all(sha256_of_file(folder / name) == sha256 for name, sha256 in expected.items())
    except (OSError, ValueError, AttributeError):
        return False


def read_dropped(folder: Path) -> list[Dropped]:
    rows = json.loads((folder / DROPPED).read_text(encoding="utf-8"))
    return [Dropped(**{**row, "split": Split(row["split"])}) for row in rows]


def link(source: Path, target: Path) -> None:
    """Make `target` without copying where the file system can, else as a copy. The source stays, for a killed run goes on from it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
