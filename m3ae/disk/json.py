"""Nested content, and small JSON files of it: the same bytes for the same content."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def write_json(path: Path, content: Any) -> None:
    """Write metrics: sorted keys, floats rounded to six digits, a newline at the end."""
    write_json_exactly(path, rounded(content))


def write_json_exactly(path: Path, content: Any) -> None:
    """Write with every digit, sorted keys and a newline at the end. A link makes room: it may lead into DVC's cache."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        path.unlink()
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def rounded(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: rounded(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [rounded(value) for value in content]
    return round(content, 6) if isinstance(content, float) else content


def leaves(content: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted key and the value of each leaf of nested dictionaries, in their order; `key` is that of `content`."""
    if not isinstance(content, dict):
        yield key, content
        return
    for name, part in content.items():
        yield from leaves(part, f"{key}.{name}" if key else str(name))
