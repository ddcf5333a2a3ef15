"""The number of processes changes nothing but the time."""

import os
import signal

import pytest

from m3ae.workers import ITEMS_PER_WORKER, WorkerLost, in_order, num_workers


def doubled(number: int) -> int:
    return 2 * number


def failing(number: int) -> int:
    raise ValueError(f"item {number}")


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_items_order(workers):
    assert list(in_order(doubled, range(100), workers)) == [2 * number for number in range(100)]


@pytest.mark.parametrize("workers", [1, 2])
def test_no_more_items_are_read_than_a_few_ahead(workers):
    read = []
    results = in_order(doubled, (read.append(number) or number for number in range(10_000)), workers)
    next(results)
    assert len(read) <= workers * ITEMS_PER_WORKER
    results.close()


def test_an_error_in_a_worker_is_an_error_here():
    with pytest.raises(ValueError, match="item 0"):
        list(in_order(failing, range(100), 2))


def killed(number: int) -> int:
    if number == 30:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_worker_that_is_killed_is_an_error_with_a_remedy():
    with pytest.raises(WorkerLost) as error:
        list(in_order(killed, range(100), 4))
    assert str(error.value) == (
        "one of 4 worker processes was killed, most often because memory ran out; run it again with fewer: M3AE_WORKERS=2"
    )
    assert error.value.__suppress_context__


def test_the_environment_may_say_how_many(monkeypatch):
    monkeypatch.setenv("M3AE_WORKERS", "3")
    assert num_workers() == 3
    monkeypatch.setenv("M3AE_WORKERS", "many")
    with pytest.raises(SystemExit, match="M3AE_WORKERS='many'"):
        num_workers()
