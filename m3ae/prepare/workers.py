"""One function over many items in several processes: results in the items' order, few of them in memory at once."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
ITEMS_AT_ONCE = 16  # a piece of work: large enough to outweigh sending it
PIECES_PER_WORKER = 3  # computed ahead of what is being written


def num_workers() -> int:
    """M3AE_WORKERS, or one process a core. No part of the result: it only changes how long the result takes."""
    given = os.environ.get("M3AE_WORKERS", "")
    if given and (not given.isdecimal() or int(given) < 1):
        raise SystemExit(f"M3AE_WORKERS={given!r}: a whole number above 0 expected")
    return int(given) if given else os.cpu_count() or 1


def in_order(function: Callable[[Sequence[Item]], list[Result]], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """`function` of pieces of `items`, laid end to end. With several workers `function` and the items must pickle."""
    pieces = cut(items)
    if workers == 1:
        yield from chain.from_iterable(map(function, pieces))
        return
    # Processes are started afresh: a fork would copy the locks of polars' and pyarrow's threads, held or not.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[list[Result]]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.submit(function, piece))
                if len(waiting) >= workers * PIECES_PER_WORKER:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def cut(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Pieces of `ITEMS_AT_ONCE` items; the last one may be shorter."""
    rest = iter(items)
    while piece := list(islice(rest, ITEMS_AT_ONCE)):
        yield piece
