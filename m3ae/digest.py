"""Names for what a result depends on: the same name, the same parameters, data and code."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CODE = Path(__file__).parent


def digest_of(parameters: dict[str, Any], data: Iterable[Path]) -> str:
    """A name for a run: its resolved parameters, the bytes of the `data` files, and the package's own code."""
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode())
    for path in [*sorted(data), *sorted(CODE.rglob("*.py"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def digest_of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
