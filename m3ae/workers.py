"""One function over many items in several processes: results in the items' order, few of them in memory at once."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
ITEMS_PER_WORKER = 2  # sent ahead, so that none waits for the next


class Workers(ProcessPoolExecutor):
    """Processes that end with this one, at once where it is interrupted; Ctrl-C at a terminal reaches all, and they say nothing of it."""

    def __init__(self, number: int) -> None:
        # Processes are started afresh: a fork would copy the locks of polars' and pyarrow's threads, held or not.
        super().__init__(number, multiprocessing.get_context("spawn"), end_with_parent)

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
        with interrupt_held_back():
            return super().submit(*arguments, **named)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind and issubclass(kind, KeyboardInterrupt | GeneratorExit):  # nobody waits for what they are at
            for worker in multiprocessing.active_children():
                worker.kill()
        self.shutdown(wait=True, cancel_futures=True)


@contextmanager
def interrupt_held_back() -> Iterator[None]:
    """Hear of Ctrl-C afterwards; a process that is started meanwhile never does."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class WorkerLost(SystemExit):
    """A worker process was ended from outside; the message says what to do."""


def num_workers() -> int:
    """Return M3AE_WORKERS, or one process a core. It only changes how long the result takes, not the result.

    Raises SystemExit where it is no whole number above 0.
    """
    given = os.environ.get("M3AE_WORKERS", "")
    if given and (not given.isdecimal() or int(given) < 1):
        raise SystemExit(f"M3AE_WORKERS={given!r}: a whole number above 0 expected")
    return int(given) if given else os.cpu_count() or 1


def in_order(function: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """Yield `function` of each item, in their order. With several workers `function`, the items and the results must pickle.

    Raises `WorkerLost` where a worker is killed, as the system does when memory runs out.
    """
    if workers == 1:
        yield from map(function, items)
        return
    with Workers(workers) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= workers * ITEMS_PER_WORKER:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise WorkerLost(
                f"one of {workers} worker processes was killed, most often because memory ran out; run it again with fewer: "
                f"M3AE_WORKERS={workers // 2}"
            ) from None


def end_with_parent() -> None:
    """End this worker when its parent is killed: nothing else tells it."""
    threading.Thread(target=wait_for_parent, daemon=True).start()


def wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
