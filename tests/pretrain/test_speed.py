import pytest
import torch

from m3ae.pretrain import speed
from m3ae.pretrain.speed import Speed, matrix_speed, operations_a_pair
from tests.workers.zero_stages import Batches, new_learner


def test_the_operations_of_a_linear_layer_are_those_of_its_matrix_products():
    class Batch(tuple):
        text_ids = torch.zeros(4, 3)

    class OneLayer(torch.nn.Linear):
        def forward(self, batch):
            return super().forward(torch.ones(4, 5))

    assert operations_a_pair(OneLayer(5, 7), Batch()) == 3 * 2 * 5 * 7


def test_the_operations_of_attention_are_those_of_its_two_matrix_products():
    class Batch(tuple):
        text_ids = torch.zeros(4, 3)

    class Attention(torch.nn.Module):
        def forward(self, batch):
            tokens = torch.ones(4, 2, 9, 5)  # pairs, heads, tokens, width of a head
            return torch.nn.functional.scaled_dot_product_attention(tokens, tokens, tokens)

    assert operations_a_pair(Attention(), Batch()) == 3 * 2 * 2 * 2 * 9**2 * 5


def test_attention_counts():
    learner = new_learner()
    width, tokens = 16, 17  # of the vision encoder's one block and the whole image
    attention = 3 * 2 * 2 * tokens**2 * width
    assert operations_a_pair(learner, Batches()[0]) > 3 * 2 * 12 * width**2 * tokens + attention


def test_counting_draws_nothing_and_changes_nothing():
    learner = new_learner().train()
    before, weights = torch.get_rng_state(), [weight.clone() for weight in learner.parameters()]
    operations_a_pair(learner, Batches()[0])
    assert torch.equal(torch.get_rng_state(), before) and learner.training
    assert all(torch.equal(one, other) for one, other in zip(weights, learner.parameters(), strict=True))


def test_matrices_are_multiplied_at_a_finite_speed():
    assert 0 < matrix_speed(torch.float32, torch.device("cpu"), rounds=1) < 1e15


def test_the_time_between_steps_does_not_count(monkeypatch):
    times = iter([0.0, 1.0, 5.0, 8.0, 9.0, 11.0])
    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(times))
    stopwatch = Speed(batch=8, possible=16.0)
    stopwatch.step_done()  # a second
    stopwatch.go_on()
    stopwatch.step_done()  # three
    assert stopwatch.figures() == {"pairs_per_second": 4.0, "mfu": 0.25}
    stopwatch.go_on()
    stopwatch.step_done()  # two, after a look at the figures
    assert stopwatch.figures() == {"pairs_per_second": pytest.approx(4.0), "mfu": pytest.approx(0.25)}
