"""Where an image of a release may lie: in the release's folder, in DVC's cache behind a link there, or where `image_folders` says."""

import os
import re
import stat
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

OUTSIDE = "path leaves the release"  # the reason under which an image of no such place is dropped
CACHED = re.compile(r"/files/md5/[0-9a-f]{2}/[0-9a-f]{30}\Z")  # DVC's own name for a file's bytes, in a cache of any place
NUM_FOLDERS = 1024  # that a process remembers


def is_allowed(path: Path, release: Path, image_folders: Iterable[Path]) -> bool:
    """Return whether `path` is a place of the release: what `..` and links in it lead to decides.

    With `cache.type symlink` DVC makes each file a link into its cache: such a link is the release where it stands in the release.
    """
    folder, name = os.path.split(path)
    unlinked = os.path.join(real(folder), name)
    target = os.path.realpath(path) if name == ".." or is_link(path) else unlinked
    if CACHED.search(target):
        target = unlinked
    return any(Path(target).is_relative_to(real(os.fspath(place))) for place in (release, *image_folders))


@lru_cache(NUM_FOLDERS)
def real(folder: str) -> str:
    """Return where a folder really lies; thousands of images lie in one, and each look at it asks the file system for every part."""
    return os.path.realpath(folder)


def is_link(path: Path) -> bool:
    """Return whether a link is there. Raises `ValueError` or `OSError` for a name that no file can have."""
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
