"""Where unfinished work is kept: outside DVC's outputs, which DVC removes before it runs a stage."""

import os
from collections.abc import Iterator
from pathlib import Path

from m3ae.disk.folders import PARTIAL

DATA = "data"  # where DVC keeps what the stages make
RUN_FILE = "run.json"  # in each folder: which run's work it is


def root() -> Path:
    """Return the main repository's `.state`, in queued and temporary runs too: DVC throws their folders away on failure."""
    return Path(os.environ.get("DVC_ROOT", ".")) / ".state"


def unfinished() -> Iterator[str]:
    """Yield a line for each folder of unfinished work, and for each that is half-made among the outputs.

    DVC may restore from its cache what a killed run was making. Nobody takes up the run's state then, and only its owner can know.
    """
    for file in sorted(root().rglob(RUN_FILE)):
        yield f"{file.parent}: {size(file.parent)} of a run that did not end; the same run takes it up, and without one it can be removed"
    for folder in sorted(Path(DATA).rglob(f"*{PARTIAL}")):
        yield f"{folder}: {size(folder)} that a killed run was at; the same stage takes it away, and without one it can be removed"


def size(folder: Path) -> str:
    return f"{sum(path.stat().st_size for path in folder.rglob('*') if path.is_file()) / 1e6:,.1f} MB"
