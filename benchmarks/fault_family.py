"""What a family of faults is."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

SAME, ACCOUNTED = "the same content", "every row kept, or dropped by name"  # what may become of a try


class Family(NamedTuple):
    title: str
    count: int  # tries of the table
    make: Callable[[Path], None]  # into a folder that is not there
    read: Callable[[Path], Any]  # what is compared
    damage: Callable[
        [Path, Path, random.Random, int], str
    ]  # makes the second folder, the first one damaged, for that try; says what it did
    judge: Callable[[Any, Any], str] | None = None  # what became of a try, by what was expected and what was read; None: they must be equal
    seconds: int = 30  # of the processor, for one try
    disk: Callable[[Path], AbstractContextManager] = nullcontext  # what the folders lie on
