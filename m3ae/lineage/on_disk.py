"""Digests of what lies on the disk, as DVC computes them, but from the bytes.

DVC itself goes by a file's time and size, and so misses a byte that was altered under the old time.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Any

from dvc.repo import Repo
from dvc_data.hashfile.build import build
from dvc_data.hashfile.db import HashFileDB
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.meta import Meta
from dvc_data.hashfile.obj import HashFile
from dvc_data.hashfile.state import StateNoop
from dvc_data.hashfile.tree import Tree
from dvc_objects.errors import ObjectFormatError
from dvc_objects.fs import localfs

ALGORITHM = "md5"


class ReadOnce(StateNoop):
    """DVC's memory of digests, of this process alone: folders overlap, and no file is read twice for that."""

    def __init__(self) -> None:
        self.known: dict[str, HashInfo] = {}

    def save_many(self, items: Iterable[tuple[str, HashInfo, dict[str, Any] | None]], _fs: Any) -> None:
        self.known |= {path: digest for path, digest, _ in items}

    def get_many(
        self, items: Iterable[str], _fs: Any, infos: dict[str, dict[str, Any]]
    ) -> Iterator[tuple[str, Meta, HashInfo] | tuple[str, None, None]]:
        for path in items:
            digest = self.known.get(path)
            yield (path, Meta(size=infos[path]["size"]), digest) if digest else (path, None, None)


class Disk:
    """The working folder of a DVC repository, and the repository's cache."""

    def __init__(self, repo: Repo):
        self.objects = HashFileDB(localfs, repo.cache.local.path, state=ReadOnce())
        self.ignored = repo.dvcignore
        self.built: dict[str, HashFile] = {}

    def digest(self, path: str) -> str | None:
        """Return the digest of the file or folder, as dvc.lock would have it; None where there is none."""
        if path not in self.built and os.path.exists(path):
            self.built[path] = build(self.objects, os.path.abspath(path), localfs, ALGORITHM, ignore=self.ignored, dry_run=True)[2]
        return self.built[path].hash_info.value if path in self.built else None

    def in_cache(self, digest: str) -> bool:
        return self.objects.exists(digest)

    def files_that_differ(self, path: str, digest: str) -> list[str]:
        """Return the files of the folder that are not those of `digest`; none where it is no folder, or the cache does not know it."""
        try:
            then = Tree.load(self.objects, HashInfo(ALGORITHM, digest)).as_dict() if self.in_cache(digest) else {}
        except ObjectFormatError:
            return []
        there = self.built.get(path)
        now = there.as_dict() if isinstance(there, Tree) else {}
        names = sorted(then.keys() | now.keys()) if then and now else ()
        return ["/".join(name) for name in names if digest_in(then, name) != digest_in(now, name)]


def digest_in(tree: dict[tuple[str, ...], Any], name: tuple[str, ...]) -> str | None:
    return tree[name][1].value if name in tree else None
