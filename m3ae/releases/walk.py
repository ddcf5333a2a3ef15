"""The files below a folder, however many: in the order of their paths, a folder's names in memory at once."""

import os
from collections.abc import Iterator
from contextlib import suppress


def walked(folder: str, name: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield (path from `folder`, entry) of all that is no folder, links to folders among it, sorted by path; `name` is where to begin.

    A folder that may not be read is passed over.
    """
    for key, entry in in_order(os.path.join(folder, name)):
        if key.endswith("/"):
            yield from walked(folder, name + key)
        else:
            yield name + key, entry


def in_order(folder: str) -> list[tuple[str, os.DirEntry[str]]]:
    """Return (name, entry) of what a folder holds, sorted; the name of a folder ends in a slash, by which its paths go on."""
    with suppress(OSError), os.scandir(folder) as found:
        keyed = ((entry.name + "/" * entry.is_dir(follow_symlinks=False), entry) for entry in found)
        return sorted(keyed, key=lambda pair: pair[0])
    return []


def is_file(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a file, or a link to one; a link to itself is none."""
    return os.path.isfile(entry.path) if entry.is_symlink() else entry.is_file()
