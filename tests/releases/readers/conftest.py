"""What tests of several readers share."""

import time
from collections.abc import Callable

import pytest

MEGABYTE = 1_000_000


@pytest.fixture
def linear() -> Callable[[Callable[[int], object]], None]:
    """A check that a megabyte takes seconds at most: what takes time with the square of its length takes hours."""

    def check(read: Callable[[int], object]) -> None:
        start = time.process_time()
        read(MEGABYTE)
        assert time.process_time() - start < 5

    return check
