"""Which images pre-training leaves out: a small file of its own, so that pre-training does not run again while the list stays the same."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from m3ae.disk.json import write_json

Excluded = Mapping[str, frozenset[str]]  # release -> image ids
NOTHING: Excluded = MappingProxyType({})


def write_excluded(path: Path, excluded: Excluded) -> None:
    write_json(path, {release: sorted(ids) for release, ids in sorted(excluded.items())})


def read_excluded(path: Path) -> Excluded:
    return {release: frozenset(ids) for release, ids in json.loads(path.read_text()).items()}
