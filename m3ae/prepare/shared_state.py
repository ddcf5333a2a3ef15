"""A release's unfinished partitions, while several runs and shares may be at work in one folder: the last one to need it removes it.

Each holds the folder's file `lock` shared while it writes and assembles, and whoever may hold it alone may remove the folder. A killed
run holds nothing any more. Where the file system has no locks, each goes on without and removes what it has assembled.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from m3ae.shards import ShardError, disk_errors_told

LOCK = "lock"
ATTEMPTS = 100
ASSEMBLED = b"assembled"  # what the lock's file says once a run has made the release of the partitions


@dataclass(frozen=True)
class SharedState:
    folder: Path
    handle: int  # of the lock's file, open

    def is_assembled(self) -> bool:
        return os.pread(self.handle, len(ASSEMBLED), 0) == ASSEMBLED

    def say_assembled(self) -> None:
        """Whoever is the last in the folder may remove it. On a full disk it cannot be said, and the folder stays if others are in it."""
        with suppress(OSError):
            os.pwrite(self.handle, ASSEMBLED, 0)

    def awaits_somebody(self) -> bool:
        """Whether there are partitions that no run has assembled: a share's, or those of a run that failed."""
        return not self.is_assembled() and any(path.name != LOCK for path in self.folder.glob("*"))


@contextmanager
def shared(folder: Path) -> Iterator[SharedState]:
    """`folder`, which nobody removes meanwhile. Raises `ShardError` where the disk is full or cannot be written to."""
    with disk_errors_told(folder):
        state = entered(folder)
    try:
        yield state
    finally:
        if is_alone(state.handle) and not state.awaits_somebody():
            remove(folder)
        os.close(state.handle)


def entered(folder: Path) -> SharedState:
    """The folder, made where it is not there, with its lock held; begun anew where another run removed it while we came in."""
    for _ in range(ATTEMPTS):
        with suppress(FileNotFoundError):  # removed between these two lines
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
            if is_alone(handle):
                os.ftruncate(handle, 0)  # what a killed run said of partitions that it did not live to remove
            with suppress(OSError):  # no locks here
                fcntl.flock(handle, fcntl.LOCK_SH)
            if is_file_of(handle, folder / LOCK):
                return SharedState(folder, handle)
            os.close(handle)
    raise ShardError(f"{folder}: was removed {ATTEMPTS} times while it was made; run it again when no other run is at it")


def is_file_of(handle: int, path: Path) -> bool:
    """Whether the open file still has its name: otherwise its lock guards nothing."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def is_alone(handle: int) -> bool:
    """Whether nobody else is in the folder: then nobody comes in before the lock is given up. Else what we had of the lock is lost."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks here
        return True
    return True


def remove(folder: Path) -> None:
    """The folder, its lock last: who comes in before that waits for the lock and begins anew, who comes in after that keeps the folder."""
    for path in folder.glob("*"):
        if path.name != LOCK:
            shutil.rmtree(path, ignore_errors=True)
    (folder / LOCK).unlink(missing_ok=True)
    for empty in (folder, folder.parent):
        with suppress(OSError):
            empty.rmdir()
