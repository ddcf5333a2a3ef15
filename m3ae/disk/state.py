"""Where unfinished work is kept: outside DVC's outputs, which DVC removes before it runs a stage."""

import os
from pathlib import Path


def root() -> Path:
    """Return the main repository's `.state`, in queued and temporary runs too: DVC throws their folders away on failure."""
    return Path(os.environ.get("DVC_ROOT", ".")) / ".state"
