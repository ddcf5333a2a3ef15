"""The image files that a command is given, and those of them that cannot be read."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from tqdm import tqdm

from m3ae.ask.opened import AskError

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".dcm"}
T = TypeVar("T")
R = TypeVar("R")


class Unread(NamedTuple):
    """An item that nothing can be said of, and why."""

    item: object
    reason: str


def images_under(folder: Path) -> list[Path]:
    """Return the image files in a folder and its folders, sorted. Raises `AskError` where there is none."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise AskError(f"{folder}: holds no image file ({', '.join(sorted(SUFFIXES))}); give a folder of images")
    return found


def in_batches(items: list[T], size: int, work: Callable[[list[T]], Iterable[R]], unit: str) -> Iterator[tuple[T, R | Unread]]:
    """Yield each item with what `work` makes of it, `size` of them at once, behind a progress bar.

    Of a batch that cannot be read every item is tried alone, and one that cannot be read comes with an `Unread`.
    """
    with tqdm(total=len(items), unit=unit, disable=len(items) <= size) as bar:
        for start in range(0, len(items), size):
            batch = items[start : start + size]
            yield from zip(batch, worked(batch, work), strict=True)
            bar.update(len(batch))


def worked(batch: list[T], work: Callable[[list[T]], Iterable[R]]) -> Iterable[R | Unread]:
    try:
        return work(batch)
    except AskError as error:
        if len(batch) == 1:
            return [Unread(batch[0], str(error))]
        return [result for item in batch for result in worked([item], work)]
