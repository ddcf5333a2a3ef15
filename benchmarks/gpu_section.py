"""What a section of `benchmarks.gpu` is given, and what it gives: rows, of which one that failed says why and the next one goes on."""

import gc
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

import torch

NOTE = "note"  # the last column of every table: why a row has no numbers
LONGEST_NOTE = 160  # letters
Row = dict[str, Any]  # column -> str, bool, int, float, or None


class Section(NamedTuple):
    """One table. `rows` names a function that takes a `Job` and yields rows; what it leaves of its time, later sections have more."""

    title: str
    columns: tuple[str, ...]
    num_named: int  # of the columns: what a row is about, the others are measured
    share: float  # of the whole run's time
    rows: str


@dataclass
class Job:
    """What one section has to work with: sizes (paper's or a toy's) and time."""

    toy: bool
    ends: float  # time.time()
    longest: float = 0.0  # seconds that a row has taken at most

    def attempt(self, named: Row, measure: Callable[[], Row]) -> Row:
        """Return `named` and what `measure` finds or, beside it, why it found nothing: no time left, no memory, an error."""
        if self.ends - time.time() < self.longest:
            return named | {NOTE: "not run: the section's time is up"}
        begun = time.monotonic()
        try:
            return named | measure()
        except torch.OutOfMemoryError:
            return named | {NOTE: "out of memory"}
        except (Exception, SystemExit) as error:
            return named | {NOTE: in_short(error)}
        finally:
            self.longest = max(self.longest, time.monotonic() - begun)
            gc.collect()  # an engine and its hooks form circles
            torch.cuda.empty_cache()


def in_short(error: BaseException) -> str:
    return " ".join(f"failed: {type(error).__name__}: {error}".split())[:LONGEST_NOTE]


def processes() -> BaseContext:
    """Return how processes are started: with CUDA, which no fork survives, afresh; without, as copies that have imported everything."""
    return multiprocessing.get_context("spawn" if torch.cuda.is_available() else "fork")


def spread(name: str, rates: list[float]) -> Row:
    """Return the median of the rates, the least and the greatest of them."""
    ordered = sorted(rates)
    return {name: ordered[len(ordered) // 2], "least": ordered[0], "most": ordered[-1]}
