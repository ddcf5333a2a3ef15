"""Which images pre-training leaves out: a small file of its own, so that pre-training does not run again while the list stays the same."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from m3ae.disk.sealed import read_sealed, write_sealed

Excluded = Mapping[str, frozenset[str]]  # release -> image ids
NOTHING: Excluded = MappingProxyType({})


def write_excluded(path: Path, excluded: Excluded) -> None:
    write_sealed(path, {release: sorted(ids) for release, ids in sorted(excluded.items())})


def read_excluded(path: Path) -> Excluded:
    """Read the list again. Raises `FileError` where the file is cut or changed."""
    return {release: frozenset(ids) for release, ids in read_sealed(path, f"`rm {path} && dvc repro leaks` brings it back").items()}
