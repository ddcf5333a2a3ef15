import pytest
import torch
from torch import Generator

from m3ae.batches.masking import (
    NO_LABEL,
    NO_WORD,
    asked,
    hidden_words,
    hide,
    num_kept,
    of_one_shape,
    other_images,
    patch_order,
    shown_images,
)


def generator(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_every_patch_has_one_place_in_the_order():
    order = patch_order(5, 36, generator())
    assert (order.sort(dim=1).values == torch.arange(36)).all()
    assert not (order[0] == order[1]).all()


def test_three_quarters_hidden_keeps_a_quarter_rounded_down():
    assert [num_kept(n, 0.75) for n in (36, 324, 5)] == [9, 81, 1]


def test_words_are_hidden_whole():
    words = torch.tensor([[NO_WORD, 0, 1, 1, 1, 2, 3, 3, NO_WORD, NO_WORD]])
    for seed in range(50):
        hidden = hidden_words(words, 0.4, generator(seed))[0]
        for word in range(4):
            assert hidden[words[0] == word].unique().numel() == 1
        assert not hidden[words[0] == NO_WORD].any()


def test_about_the_asked_share_of_tokens_is_hidden():
    words = torch.arange(40).expand(200, -1)
    assert (hidden_words(words, 0.15, generator()).sum(dim=1) == 6).all()


def test_a_one_word_text_still_hides_its_word():
    assert hidden_words(torch.tensor([[NO_WORD, 0, 0, NO_WORD]]), 0.15, generator()).sum() == 2


def test_hidden_tokens_are_shown_80_10_10():
    ids = torch.full((200, 500), 7)
    hidden = torch.rand(ids.shape, generator=generator(1)) < 0.5
    shown = hide(ids, hidden, 4, torch.arange(5, 1000), generator(2))
    assert (shown[~hidden] == 7).all()
    masked, kept = (shown[hidden] == 4).float().mean().item(), (shown[hidden] == 7).float().mean().item()
    assert abs(masked - 0.8) < 0.01 and abs(kept - 0.1) < 0.01


def test_the_hidden_tokens_are_asked_for_and_the_places_that_are_left_ask_for_nothing():
    ids, hidden = torch.arange(20).view(2, 10), torch.zeros(2, 10, dtype=torch.bool)
    hidden[0, 3] = hidden[1, 8] = True
    places, labels = asked(ids, hidden)
    assert places.tolist() == labels.tolist() == [3, 18]
    places, labels = of_one_shape(places, labels, ids.shape, 0.15)
    assert places.tolist() == [3, 18, 0, 0] and labels.tolist() == [3, 18, NO_LABEL, NO_LABEL]


@pytest.mark.parametrize(("num_hidden", "num_places"), [(0, 4), (4, 4), (5, 8), (20, 20)])
def test_there_are_as_many_places_as_the_shape_says_or_a_multiple_of_it(num_hidden, num_places):
    hidden = (torch.arange(20) < num_hidden).view(2, 10)
    places, labels = of_one_shape(*asked(torch.ones(2, 10, dtype=torch.long), hidden), hidden.shape, 0.15)
    assert len(places) == len(labels) == num_places and (labels != NO_LABEL).sum() == num_hidden


def test_random_tokens_are_never_special_ones():
    shown = hide(torch.full((50, 50), 7), torch.ones(50, 50, dtype=torch.bool), 4, torch.tensor([5, 6, 7]), generator())
    assert set(shown.unique().tolist()) <= {4, 5, 6, 7}


def test_half_the_pairs_see_another_image_and_never_the_same_one_under_another_text():
    ids = ["a", "a", "b", "b", "c", "d", "e", "f"]
    for seed in range(50):
        other, matches = other_images(ids, generator(seed))
        assert matches.sum() == 4
        assert all(ids[place] != ids[int(image)] for place, image in enumerate(other))


def test_a_batch_of_one_image_has_no_mismatch():
    other, matches = other_images(["a", "a"], generator())
    assert other.tolist() == [0, 1] and matches.tolist() == [1, 1]


def test_a_couple_that_shows_the_same_image_shows_its_own():
    other, matches = shown_images(["a", "b", "c", "c"], torch.tensor([1, 0, 3, 2]))
    assert other.tolist() == [1, 0, 2, 3] and matches.tolist() == [0, 0, 1, 1]
