"""Folders that are there whole or not at all: written beside, brought to the disk, renamed."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from m3ae.disk.lock import locked

PARTIAL = ".partial"  # how the name ends of what is being made; a killed run leaves it, and the next one takes it away
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
# What libraries that pass on no number say: the system's words, or those of torch's own writer.
TOLD = (*map(os.strerror, DISK_ERRORS), "iostream error", "inline_container", "PytorchStreamWriter")


class DiskError(SystemExit):
    """A folder cannot be written; the message names it and the remedy."""


def is_missing_folder(name: str) -> bool:
    """Return whether a name that may be a hub's can only be a folder's, by its form or because its parent is here, and none is there."""
    path = Path(name)
    is_path = name.startswith(("/", ".", "~")) or len(path.parts) > 2 or (len(path.parts) == 2 and path.parent.is_dir())
    return is_path and not path.is_dir()


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder to fill, which takes the name `folder` only once it is complete and on the disk; a second process waits for the first.

    Raises `DiskError` where the disk is full or cannot be written to; then, as after any error, nothing half-made is left.
    """
    with disk_errors_reported(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.parent):
        partial = folder.with_name(f".{folder.name}{PARTIAL}")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            with disk_errors_reported(folder):
                partial.mkdir()
                yield partial
                fsync_folder(partial)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        if folder.is_symlink():
            folder.unlink()  # what it leads to is not ours
        elif folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
        fsync_folder(folder.parent)


@contextmanager
def disk_errors_reported(folder: Path, kept: str = "") -> Iterator[None]:
    """Turn the error of a full or read-only disk into a `DiskError` that names the folder, what is `kept` there, and the remedy."""
    try:
        yield
    except Exception as error:
        if not is_of_the_disk(error):
            raise
        said = " ".join(str(error).split())[:200]
        free = f"{said}; {free_bytes(folder):,} bytes are free"
        held = f"{kept}; " if kept else ""
        raise DiskError(f"{folder}: could not be written ({free}); {held}make room on the disk and run it again") from None


def is_of_the_disk(error: Exception) -> bool:
    """Return whether the disk failed: by the system's number, or by the words of a library that passes on no number."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in DISK_ERRORS
    return any(words in str(error) for words in TOLD)


def free_bytes(folder: Path) -> int:
    """Return the room that is left on the disk of a folder, or where it would be made."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def fsync_folder(folder: Path) -> None:
    """Wait until the files of the folder, and their names, would survive a loss of power."""
    for path in (*(path for path in folder.iterdir() if path.is_file()), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
