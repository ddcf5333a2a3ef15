import pytest
import torch

from m3ae.batches.guided import guided_order
from m3ae.batches.masking import patch_order

PAIRS, PATCHES, KEPT = 6, 40, 10


def drawn(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return patch_order(PAIRS, PATCHES, generator), torch.randn(PAIRS, PATCHES, generator=generator)


def hidden(order):
    return [set(row) for row in order[:, KEPT:].tolist()]


@pytest.mark.parametrize("kept", [1, 10, 39])
@pytest.mark.parametrize(("guided", "hints"), [(0, 0), (0.75, 0.1), (1, 0), (1, 1), (0.5, 0.9)])
def test_every_patch_is_shown_or_hidden_once_and_as_many_as_at_random(guided, hints, kept):
    guided_by = guided_order(*drawn(), kept, guided, hints)
    assert guided_by.sort(dim=1).values.tolist() == [list(range(PATCHES))] * PAIRS


def test_the_hidden_ones_are_those_of_the_highest_scores():
    order, scores = drawn()
    best = [set(row) for row in scores.topk(PATCHES - KEPT, dim=1).indices.tolist()]
    assert hidden(guided_order(order, scores, KEPT, guided=1, hints=0)) == best != hidden(order)


def test_a_part_of_the_best_is_shown_as_hints_and_the_rest_is_random():
    order, scores = drawn()
    best = [set(row) for row in scores.topk(20, dim=1).indices.tolist()]
    found = hidden(guided_order(order, scores, KEPT, guided=2 / 3, hints=0.25))
    assert [len(own & some) for own, some in zip(best, found, strict=True)] == [15] * PAIRS
    others = hidden(guided_order(drawn(1)[0], scores, KEPT, guided=2 / 3, hints=0.25))
    assert all(own & some != own & other for own, some, other in zip(best, found, others, strict=True))


def test_without_a_guided_share_the_order_is_the_random_one():
    order, scores = drawn()
    assert torch.equal(guided_order(order, scores, KEPT, guided=0, hints=0.1), order)


def test_a_constant_score_guides_nothing():
    order, scores = drawn()
    attention = scores[:, :, None].expand(-1, -1, 7).softmax(dim=2)  # over seven tokens, whose sum is 1 for every patch
    constant = attention.sum(dim=2).round(decimals=5)
    assert hidden(guided_order(order, constant, KEPT, guided=1, hints=0)) == hidden(order)
