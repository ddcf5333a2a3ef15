"""A release's unfinished partitions, while several runs and shares may be at work in one folder: the last one to need it removes it.

Each holds the folder's file `lock` shared while it writes and assembles, and whoever may hold it alone may remove the folder. A killed
run holds nothing any more. Where the file system has no locks, each goes on without and removes what it has assembled.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from m3ae.disk.folders import DiskError, disk_errors_reported
from m3ae.disk.lock import share, take
from m3ae.disk.state import RUN_FILE

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
        """Record that the partitions are assembled: whoever is the last in the folder may remove it.

        On a full disk it cannot be recorded, and the folder stays if others are in it.
        """
        with suppress(OSError):
            os.pwrite(self.handle, ASSEMBLED, 0)

    def awaits_somebody(self) -> bool:
        """Return whether there are partitions that no run has assembled: a share's, or those of a run that failed."""
        return not self.is_assembled() and any(path.name not in (LOCK, RUN_FILE) for path in self.folder.glob("*"))


@contextmanager
def shared(folder: Path) -> Iterator[SharedState]:
    """Yield the state of `folder`, which nobody removes meanwhile. Raises `DiskError` where the disk is full or cannot be written to."""
    with disk_errors_reported(folder):
        state = entered(folder)
    try:
        yield state
    finally:
        if take(state.handle) and not state.awaits_somebody():
            remove(folder)
        os.close(state.handle)


def entered(folder: Path) -> SharedState:
    """Return the state of the folder, made where it is not there, with its lock held.

    Begins anew where another run removed the folder while we came in; raises `DiskError` after `ATTEMPTS` times.
    """
    for _ in range(ATTEMPTS):
        with suppress(FileNotFoundError):  # removed between these two lines
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
            if take(handle):
                os.ftruncate(handle, 0)  # what a killed run said of partitions that it did not live to remove
            share(handle)
            if is_file_of(handle, folder / LOCK):
                return SharedState(folder, handle)
            os.close(handle)
    raise DiskError(f"{folder}: was removed {ATTEMPTS} times while it was made; run it again when no other run is at it")


def is_file_of(handle: int, path: Path) -> bool:
    """Return whether the open file still has its name: otherwise its lock guards nothing."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def remove(folder: Path) -> None:
    """Remove the folder, its lock last.

    Whoever comes in before that waits for the lock and begins anew; whoever comes in after that keeps the folder.
    """
    for path in folder.glob("*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    for name in (RUN_FILE, LOCK):
        (folder / name).unlink(missing_ok=True)
    for empty in (folder, folder.parent):
        with suppress(OSError):
            empty.rmdir()
