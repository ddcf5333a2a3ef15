import pytest
import torch

from m3ae.batches.synthetic import synthetic_pairs
from m3ae.objectives.alignment import Alignment, local_contrast, whole_contrast
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.contrast import centred, twins
from m3ae.objectives.halves import largest_of, mean_of
from tests import tiny
from tests.recipes.test_two_stage import batch_of, new_learner, recipe, tokenizer  # noqa: F401  # a fixture

OWN = torch.arange(6)
NONE = torch.zeros(6, 6, dtype=torch.bool)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_halves_that_are_alike_are_found_both_ways_and_others_are_not():
    one = drawn(6, 1, 8)
    halves = torch.cat([one, one], dim=1)
    (losses, found_image), (of_images, found_text) = whole_contrast(halves, halves, OWN, NONE, 0.01)
    assert losses.max() < 1e-3 and of_images.max() < 1e-3 and found_image.all() and found_text.all()
    swapped = torch.cat([one, one.roll(1, dims=0)], dim=1)
    (losses, found_image), (of_images, found_text) = whole_contrast(swapped, swapped, OWN, NONE, 0.01)
    assert losses.min() > 1 and of_images.min() > 1 and not found_image.any() and not found_text.any()


def test_what_all_texts_share_with_each_other_and_images_among_themselves_counts_for_nothing():
    halves = drawn(6, 2, 8)
    shared = halves + torch.tensor([50.0, -50.0])[:, None]
    for one, other in zip(whole_contrast(halves, halves, OWN, NONE, 0.2), whole_contrast(shared, shared, OWN, NONE, 0.2), strict=True):
        assert torch.allclose(one[0], other[0], atol=1e-4)


def test_the_gradient_reaches_texts_and_images_both_as_what_looks_and_as_what_is_found():
    halves, keys = drawn(2, 2, 8).requires_grad_(), drawn(6, 2, 8, seed=1)
    keys[2:4] = halves.detach()
    (losses, _), _ = whole_contrast(halves, keys, OWN[2:4], NONE[2:4], 0.2)
    losses.sum().backward()
    assert halves.grad[:, 0].abs().sum() > 0 and halves.grad[:, 1].abs().sum() > 0


def test_a_step_has_the_same_losses_however_it_is_cut():
    halves = drawn(6, 2, 8)
    whole = whole_contrast(halves, halves, OWN, NONE, 0.2)
    part = whole_contrast(halves[2:4], halves, OWN[2:4], NONE[2:4], 0.2)
    assert all(torch.allclose(one[0][2:4], other[0]) for one, other in zip(whole, part, strict=True))


def test_one_image_under_two_captions_is_no_negative_of_either():
    keys = drawn(6, 2, 8)
    keys[1, 1] = keys[0, 1]
    same = twins(centred(keys[:, 1], keys[:, 1]), OWN)
    assert same[0, 1] and same[1, 0] and same.sum() == 2
    (with_twin, _), _ = whole_contrast(keys, keys, OWN, NONE, 0.2)
    (without, _), _ = whole_contrast(keys, keys, OWN, same, 0.2)
    assert without[0] < with_twin[0] and torch.equal(without[2:], with_twin[2:])


def test_of_images_that_are_one_the_objective_makes_no_negatives(monkeypatch):
    first = recipe().first()
    model = tiny.model()
    learner = pretraining_learner(tiny.config(model), first.weights(), seed=0, added=first.added()).eval()
    batch = synthetic_pairs(4, model, tiny.METHOD, tiny.VOCABULARY)
    batch.images[1] = batch.images[0]
    loss = learner(batch).value
    monkeypatch.setattr("m3ae.objectives.alignment.twins", lambda keys, own: torch.zeros(len(own), len(keys), dtype=torch.bool))
    assert learner(batch).value > loss


def test_a_word_is_compared_with_the_patch_that_it_is_most_similar_to_wherever_that_is():
    words = drawn(6, 3, 64)
    places = torch.cat([words[:, [2, 0, 1]], drawn(6, 2, 64, seed=3)], dim=1)
    there = torch.ones(6, 3, dtype=torch.bool)
    losses, found = local_contrast(words, there, places, NONE, 0.05)
    assert found.all() and losses.mean() < 0.1
    losses, found = local_contrast(words, there, places.roll(1, dims=0), NONE, 0.05)
    assert not found.any() and losses.mean() > 1


def test_padding_is_no_word():
    words, places = drawn(6, 3, 8), drawn(6, 5, 8, seed=1)
    there = torch.ones(6, 3, dtype=torch.bool)
    padded, mask = torch.cat([words, 9 + drawn(6, 2, 8, seed=2)], dim=1), torch.cat([there, ~there[:, :2]], dim=1)
    assert torch.allclose(local_contrast(words, there, places, NONE, 0.1)[0], local_contrast(padded, mask, places, NONE, 0.1)[0], atol=1e-6)
    assert torch.allclose(mean_of(words), mean_of(padded, mask.long()), atol=1e-6)
    assert torch.equal(largest_of(words, there.long(), places), largest_of(padded, mask.long(), places))


@pytest.mark.parametrize(("whole", "local"), [(1.0, 0.0), (0.0, 1.0), (0.5, 2.0)])
def test_the_weights_of_both_parts_count(tokenizer, whole, local):  # noqa: F811
    first = recipe().first()
    batch = batch_of(tokenizer, first)
    parts = []
    for weights in ((1.0, 0.0), (0.0, 1.0), (whole, local)):
        learner = new_learner(first).eval()
        learner.objectives["alignment"] = Alignment(*weights, 0.07)
        parts.append(learner(batch).value.item())
    assert parts[2] == pytest.approx(whole * parts[0] + local * parts[1], rel=1e-5) and parts[0] > 0 and parts[1] > 0
