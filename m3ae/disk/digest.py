"""Digests of files."""

import hashlib
from pathlib import Path

MANIFEST = "manifest.json"  # of a folder that it lists, with the digest of each file


def sha256_of_file(path: Path) -> str:
    """Return the digest of the file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def name_of_file(path: Path) -> str:
    """Return the start of the digest, which is enough to tell files apart."""
    return sha256_of_file(path)[:16]
