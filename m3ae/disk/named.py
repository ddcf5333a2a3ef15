"""How a message names things in one line."""

import os
from collections.abc import Sequence
from pathlib import Path


def first_few(names: Sequence[str], most: int, between: str = ", ") -> str:
    """Return the first `most` names and, where there are others, how many."""
    return between.join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def printable(name: str | Path) -> str:
    """Return a file's name as text: bytes that are not UTF-8 by their codes, such as caf\\xe9.jpg."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
