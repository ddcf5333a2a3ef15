"""Which images pre-training leaves out: a small file of its own, so that pre-training does not run again while the list stays the same."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from m3ae.jsonfile import write_json

LeftOut = Mapping[str, frozenset[str]]  # release -> image ids
NOTHING: LeftOut = MappingProxyType({})


def write_left_out(path: Path, left_out: LeftOut) -> None:
    write_json(path, {release: sorted(ids) for release, ids in sorted(left_out.items())})


def read_left_out(path: Path) -> LeftOut:
    return {release: frozenset(ids) for release, ids in json.loads(path.read_text()).items()}
