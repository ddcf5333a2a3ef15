"""Progress bars: on a terminal one that moves, in a log file a line a minute."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias, TypeVar

from tqdm import tqdm

MINUTE = 60  # seconds
T = TypeVar("T")
Bar: TypeAlias = "tqdm[Any]"


class Lines(tqdm):  # type: ignore[type-arg]  # it is generic in its stubs alone
    """A bar for a log file. What is done within a minute leaves no line."""

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        if self.format_dict["elapsed"] >= MINUTE:
            print(msg or self, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Stop without a last line: the stage tells its scores."""
        self.disable = True
        super().close()


def bar(title: str, unit: str, total: int | None = None, done: int = 0, shown: bool = True) -> Bar:
    """Return a bar for `total` units, None where nobody knows how many they are, of which `done` are.

    It is gone once all is done. Of several processes, let one have it `shown`.
    """
    if sys.stderr.isatty():
        return tqdm(desc=title, unit=unit, total=total, initial=done, disable=not shown, leave=False, dynamic_ncols=True)
    return Lines(desc=title, unit=unit, total=total, initial=done, disable=not shown, mininterval=MINUTE, miniters=1)


def followed(items: Iterable[T], title: str, unit: str, total: int | None = None, shown: bool = True) -> Iterator[T]:
    """Yield the items, behind a bar of how many were asked for."""
    with bar(title, unit, total, shown=shown) as progress:
        for item in items:
            yield item
            progress.update()
