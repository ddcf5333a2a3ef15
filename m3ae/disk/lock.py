"""Locks between processes, of one machine or of several that share a file system: flock, the one way to lock.

A lock ends with its process, killed or not. Where the file system has no locks, everybody goes on without.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Wait until no other process is in here with this folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def share(handle: int) -> None:
    """Wait for a lock of the open file that others may share."""
    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_SH)


def take(handle: int) -> bool:
    """Return whether the open file is now locked for this process alone; where it is not, what it had of the lock is lost."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
