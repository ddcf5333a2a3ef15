"""What each process works on: nothing twice, nothing left out."""

from types import SimpleNamespace

import pytest

from m3ae.batches.order import Order
from m3ae.engine.engine import Engine


def numbers(rank: int, num_processes: int, first_step: int, last_step: int, num_micro_batches: int = 4) -> list[int]:
    recipe = SimpleNamespace(num_micro_batches=num_micro_batches)
    return Engine.micro_batch_numbers(SimpleNamespace(recipe=recipe, rank=rank, num_processes=num_processes), first_step, last_step)


@pytest.mark.parametrize("num_processes", [1, 2, 4])
def test_the_processes_have_equal_shares_and_together_every_micro_batch_once(num_processes):
    shares = [numbers(rank, num_processes, 3, 8) for rank in range(num_processes)]
    assert {len(share) for share in shares} == {20 // num_processes}
    assert sorted(number for share in shares for number in share) == list(range(12, 32))


def test_a_run_that_stops_in_the_middle_of_an_epoch_goes_on_with_the_same_pairs():
    whole, first, second = (Order(10, 2, seed=7) for _ in range(3))  # five micro-batches an epoch
    seen = [whole(number) for number in range(15)]
    assert [first(n) for n in range(7)] + [second(n) for n in range(7, 15)] == seen
    assert [sorted(sum(seen[start : start + 5], [])) for start in (0, 5, 10)] == [list(range(10))] * 3
    assert seen[:5] != seen[5:10]
