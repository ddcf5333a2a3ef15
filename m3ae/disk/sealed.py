"""Small JSON files that hold a digest of all else that they say: a changed letter of a name is JSON as good as any."""

import hashlib
import json
from pathlib import Path
from typing import Any

from m3ae.disk.json import FileError, read_json, write_json

SEAL = "digest"


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with its digest; one that it has is replaced."""
    rest = {key: value for key, value in content.items() if key != SEAL}
    return {**rest, SEAL: hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()}


def write_sealed(path: Path, content: dict[str, Any]) -> None:
    """Write for `read_sealed`. Numbers are whole."""
    write_json(path, sealed(content))


def read_sealed(path: Path, remedy: str) -> dict[str, Any]:
    """Return the content without its digest. Raises `FileError` where the file is cut, changed, or not one of these."""
    content = read_json(path, remedy)
    require_seal(content, path, remedy)
    return {key: value for key, value in content.items() if key != SEAL}


def require_seal(content: Any, path: Path, remedy: str) -> None:
    """Raise `FileError` where the content of the file has not the digest that it says."""
    if not isinstance(content, dict) or sealed(content) != content:
        raise FileError(f"{path}: is not what was written, by its own digest; {remedy}")
