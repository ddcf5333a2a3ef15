"""Nested content, and small JSON files of it: the same bytes for the same content."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class FileError(SystemExit):
    """A file is cut, damaged or not what it is taken for; the message names it and the remedy."""


def read_json(path: Path, remedy: str) -> Any:
    """Return the content of a JSON file. Raises `FileError` where it is not there, or holds no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); {remedy}") from None
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: is not JSON ({error}); {remedy}") from None


def write_json(path: Path, content: Any) -> None:
    """Write metrics: sorted keys, floats rounded to six digits, a newline at the end."""
    write_json_exactly(path, rounded(content))


def write_json_exactly(path: Path, content: Any) -> None:
    """Write with every digit, sorted keys and a newline at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
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
