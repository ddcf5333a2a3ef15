"""Digests of what the checked-out commit itself holds, of folders, too, as DVC computes them."""

from pathlib import PurePosixPath

from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.tree import Tree

from m3ae.lineage.on_disk import ALGORITHM
from m3ae.report.revision import committed_digest, git


def digest_in_commit(path: str) -> str | None:
    """Return the digest that the file or folder has in the commit, as dvc.lock would have it; None where it is not there."""
    listed = (git("ls-tree", "-r", "-z", "--name-only", "HEAD", "--", path) or b"").decode(errors="surrogateescape")
    names = [name for name in listed.split("\0") if name]
    if names in ([], [path]):
        return committed_digest(path) if names else None
    tree = Tree()
    for name in names:
        tree.add(PurePosixPath(name).relative_to(path).parts, None, HashInfo(ALGORITHM, committed_digest(name)))
    tree.digest()
    return tree.hash_info.value
