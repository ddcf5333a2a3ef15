"""Where unfinished work is kept: outside DVC's outputs, which DVC removes before it runs a stage."""

import os
from collections.abc import Iterator
from pathlib import Path

RUN_FILE = "run.json"  # in each folder: which run's work it is


def root() -> Path:
    """Return the main repository's `.state`, in queued and temporary runs too: DVC throws their folders away on failure."""
    return Path(os.environ.get("DVC_ROOT", ".")) / ".state"


def unfinished() -> Iterator[str]:
    """Yield a line for each folder of unfinished work.

    DVC may restore from its cache what a killed run was making. Nobody takes up the run's state then, and only its owner can know.
    """
    for file in sorted(root().rglob(RUN_FILE)):
        size = sum(path.stat().st_size for path in file.parent.rglob("*") if path.is_file())
        yield f"{file.parent}: {size / 1e6:,.1f} MB of a run that did not end; the same run takes it up, and without one it can be removed"
