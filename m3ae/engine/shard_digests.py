"""Shards compared with their manifests by all processes of a machine together, before one of them reads a row."""

import os
import socket
from collections.abc import Iterable
from pathlib import Path

from m3ae.disk.digest import MANIFEST
from m3ae.disk.json import FileError
from m3ae.disk.whole import compared, note_whole
from m3ae.engine.processes import every
from m3ae.shards.format import remedy_of
from m3ae.shards.read import digests_of


def require_whole_splits(folders: Iterable[Path], splits: Iterable[str]) -> None:
    """Raise `FileError` in all processes, which must all call, where a shard of these splits is not what its manifest says.

    Each process of a machine reads its share of the files, several at a time; each machine reads all of them.
    """
    digests = {path: digest for folder in folders for split in splits for path, digest in digests_of(folder, split).items()}
    num_here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    mine = sorted(digests)[int(os.environ["LOCAL_RANK"]) if num_here > 1 else 0 :: num_here]
    found = {path: problem for path, problem in compared({path: digests[path] for path in mine}).items() if problem}
    told = [(host, path, problem) for host, problems in every((socket.gethostname(), found)) for path, problem in problems.items()]
    for host, path, problem in told[:1]:
        where = f"host {host}{f', and {len(told) - 1} more' if len(told) > 1 else ''}"
        raise FileError(f"{path}: {problem} {path.parent / MANIFEST} ({where}); {remedy_of(path.parent)}")
    note_whole(digests)
