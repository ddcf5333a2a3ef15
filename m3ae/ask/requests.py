"""What a command is asked about many images at once: a folder with one text, or JSON lines of images and texts."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from m3ae.ask.files import images_under
from m3ae.ask.opened import AskError

LINES = ".jsonl"


class Request(NamedTuple):
    """One image and one text; `given` is the line that it stands in, so that what is written can be joined with it."""

    image: Path
    text: str
    given: dict[str, Any]


def is_batch(path: Path) -> bool:
    return path.is_dir() or path.suffix == LINES


def requests(path: Path, text: str | None, key: str) -> list[Request]:
    """Return a request for the image `path`, for each image in the folder `path`, or for each line of the file `path`.

    A line is `{"image": ..., <key>: ...}`; its image's path is relative to the file. Raises `AskError` that names file and line.
    """
    if path.suffix == LINES:
        if text is not None:
            raise AskError(f"{path}: its lines hold a {key} each; give the file alone")
        return from_lines(path, key)
    if text is None:
        raise AskError(f"{path}: no {key}; give one after it, or a {LINES} file whose lines hold image and {key}")
    paths = images_under(path) if path.is_dir() else [path]
    return [Request(image, text, {"image": str(image), key: text}) for image in paths]


def from_lines(path: Path, key: str) -> list[Request]:
    found = []
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            image, text = given["image"], given[key]
        except (ValueError, KeyError, TypeError):
            image = text = None
        if not isinstance(image, str) or not isinstance(text, str):
            raise AskError(f'{path}: line {number}: not a JSON object with the texts "image" and "{key}"; correct it')
        found.append(Request(path.parent / image, text, given))
    if not found:
        raise AskError(f"{path}: holds no line; write one a request")
    return found


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AskError(f"{path}: cannot be read ({error}); give a text file") from None
