"""The number of processes changes nothing but the time."""

import pytest

from m3ae.prepare.workers import ITEMS_PER_WORKER, in_order, num_workers


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


def test_the_environment_may_say_how_many(monkeypatch):
    monkeypatch.setenv("M3AE_WORKERS", "3")
    assert num_workers() == 3
    monkeypatch.setenv("M3AE_WORKERS", "many")
    with pytest.raises(SystemExit, match="M3AE_WORKERS='many'"):
        num_workers()
