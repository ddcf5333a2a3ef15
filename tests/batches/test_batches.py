import os
from pathlib import Path

import numpy as np
import pytest
import torch

from m3ae.batches.choices import ChoiceBatches
from m3ae.batches.images import Crop, to_tensor
from m3ae.batches.masking import NO_LABEL
from m3ae.batches.order import InOrder, Order
from m3ae.batches.pairs import PairBatches, PairView
from m3ae.batches.samples import Samples
from m3ae.batches.tasks import TaskBatches
from m3ae.batches.token_cache import TokenCache
from m3ae.batches.tokenizer import Tokenizer, train
from tests import tiny

TEXTS = ["axial ct of the chest", "large left mass", "coronal mri of the brain", "two cysts on the right"]


class Shards:
    """Four rows in memory, the first with two texts."""

    folder = Path("roco")

    def __len__(self):
        return 4

    def row(self, number):
        texts = [TEXTS[number], "an inline reference"] if number == 0 else [TEXTS[number]]
        return {"id": str(number), "image_id": f"image{number}", "texts": texts, "answers": ["yes", "unknown"] if number else ["no"]}

    def image_id(self, number):
        return self.row(number)["image_id"]

    def rows_without(self, image_ids):
        return np.array([number for number in range(len(self)) if self.image_id(number) not in image_ids])

    def num_texts(self):
        return np.array([len(self.row(number)["texts"]) for number in range(len(self))])

    def pixels(self, number):
        return np.full((16, 16, 1), 60 * number, np.uint8)


@pytest.fixture
def tokenizer():
    return Tokenizer(train(TEXTS * 3, 300))


def pairs(tokenizer, seed=0, num_a_step=1, pad_to=1, **authors):
    method = tiny.METHOD.model_copy(update={"mask_ratio": 0.5, **authors})
    view = PairView(size=2, num_a_step=num_a_step, image_px=16, num_patches=4, text_tokens=12, pad_to=pad_to, seed=seed, method=method)
    return PairBatches([Shards()], tokenizer, view, order_seed=seed)


def test_every_text_of_a_row_is_a_pair_of_its_own(tokenizer):
    assert [(sample.row, sample.text) for sample in pairs(tokenizer).samples] == [(0, 0), (0, 1), (1, 0), (2, 0), (3, 0)]


def test_an_epoch_shows_every_sample_once_and_the_next_one_in_another_order():
    order = Order(10, 5, seed=1)
    first, second = order(0) + order(1), order(2) + order(3)
    assert sorted(first) == sorted(second) == list(range(10)) and first != second


def test_a_micro_batch_across_two_epochs_takes_from_both():
    order = Order(3, 2, seed=0)
    assert sorted(order(0) + order(1)[:1]) == [0, 1, 2]
    assert Order(3, 2, seed=0)(1) == order(1)


def test_an_evaluation_reads_each_sample_once_with_a_shorter_last_batch():
    order = InOrder(5, 2)
    assert [order(number) for number in range(len(order))] == [[0, 1], [2, 3], [4]]
    assert InOrder(10**12, 2)(3) == [6, 7]  # no list of all samples is made


def test_a_batch_is_a_function_of_its_number(tokenizer):
    one, again = pairs(tokenizer), pairs(tokenizer)
    again[5]
    assert all(a is b is None or torch.equal(a, b) for a, b in zip(one[2], again[2], strict=True))
    assert not torch.equal(one[2].patch_order, pairs(tokenizer, seed=1)[2].patch_order)


def test_a_pair_batch_hides_words_and_patches(tokenizer):
    batch = pairs(tokenizer)[0]
    assert batch.kept.shape == (2, 2) and batch.patch_order.shape == (2, 4)
    is_asked = batch.word_labels != NO_LABEL
    places = batch.word_places[is_asked]
    assert batch.num_asked == is_asked.sum() and torch.equal(batch.word_labels[is_asked], batch.text_ids.flatten()[places])
    assert {0, 1} == set((places // batch.text_ids.shape[1]).tolist()) and batch.text_mask.flatten()[places].all()


def test_a_step_shows_the_pairs_that_its_order_says_the_shortest_texts_first(tokenizer):
    batches = pairs(tokenizer, num_a_step=2)
    for step in range(5):
        first, second = (batches.part(number) for number in (2 * step, 2 * step + 1))
        assert sorted(first.samples + second.samples) == sorted(batches.order(step))
        lengths = [batches[number].text_mask.sum(dim=1) for number in (2 * step, 2 * step + 1)]
        assert lengths[0].max() <= lengths[1].max() and batches[2 * step].text_ids.shape[1] == lengths[0].max()


def test_every_process_cuts_a_step_alike(tokenizer):
    one, other = pairs(tokenizer, num_a_step=2), pairs(tokenizer, num_a_step=2)
    one[0]
    assert all(a is b is None or torch.equal(a, b) for a, b in zip(one[1], other[1], strict=True)) and one.names(1) == other.names(1)


def test_each_hidden_word_of_a_step_counts_as_its_text_s_tokens_do(tokenizer):
    batches, weights = pairs(tokenizer, num_a_step=2), set()
    for step in range(8):
        micro_batches = [batches[2 * step], batches[2 * step + 1]]
        tokens = [int(batch.text_mask.sum()) for batch in micro_batches]
        weights |= {2 * number / sum(tokens) for number in tokens}
        for batch, number in zip(micro_batches, tokens, strict=True):
            num_hidden = (batch.word_labels != NO_LABEL).sum().item()
            assert batch.num_asked.item() == pytest.approx(num_hidden * sum(tokens) / 2 / number)
    assert len(weights) > 2


def test_a_couple_shows_each_other_s_image(tokenizer):
    batches = pairs(tokenizer, num_a_step=2)
    shown = [(batch.matches.tolist(), batch.other_image.tolist()) for batch in map(batches.__getitem__, range(40))]
    assert shown.count(([0, 0], [1, 0])) > 10  # of twenty couples; some have one image
    assert set(map(str, shown)) == {"([0, 0], [1, 0])", "([1, 1], [0, 1])"}


def test_the_authors_negatives_of_a_step_that_is_cut_are_drawn_as_ever(tokenizer):
    batches = pairs(tokenizer, num_a_step=2, negatives="split")
    for number in range(6):
        assert batches[number].matches.sum() == 1 and len(batches[number].negatives) == 1


def test_the_authors_negatives_come_from_the_whole_split_and_may_be_the_same_image(tokenizer):
    batches = pairs(tokenizer, negatives="split")
    levels = {round(to_tensor(Shards().pixels(row), 16).mean().item(), 4): row for row in range(4)}
    drawn = []
    for number in range(40):
        batch = batches.shown(batches[number])
        swapped = (batch.matches == 0).nonzero().flatten()
        assert len(batch.negatives) == len(swapped) == 1 and batch.other_image[swapped].tolist() == [2]
        drawn += [
            (levels[round(image.mean().item(), 4)], levels[round(batch.images[pair].mean().item(), 4)])
            for image, pair in zip(batch.negatives, swapped.tolist(), strict=True)
        ]
    assert {false for false, _ in drawn} == {0, 1, 2, 3} and any(false == own for false, own in drawn)


def test_the_authors_way_of_hiding_takes_punctuation_too(tokenizer):
    text = "mass, mass, mass, mass"
    words = tokenizer.wordpieces(tokenizer([text], 40).ids)
    assert len(words.unique()) > len(tokenizer([text], 40).words.unique())


def test_targets_mark_every_right_answer_that_the_list_knows(tokenizer):
    batches = TaskBatches(Shards(), tokenizer, ["no", "yes"], InOrder(4, 4), Crop(16, 1.0, 0), 12)
    assert batches[0].targets.tolist() == [[1, 0], [0, 1], [0, 1], [0, 1]]


def test_an_image_competes_with_texts_that_read_differently(tokenizer):
    batches = ChoiceBatches(Shards(), tokenizer, 3, InOrder(4, 2), Crop(16, 1.0, 0), 12)
    batch = batches[0]
    own = tokenizer(TEXTS[:1], 12).ids[0].tolist()
    rows = [row[: len(own)] for row in batch.text_ids.tolist()]
    assert len(rows) == 8 and rows[0] == own and own not in rows[1:4]


def test_retrieval_from_one_text_alone_is_refused(tokenizer, monkeypatch):
    batches = ChoiceBatches(Shards(), tokenizer, 1, InOrder(4, 2), Crop(16, 1.0, 0), 12)
    batches.texts = ["same"] * 4
    with pytest.raises(ValueError, match="at least two different texts"):
        batches[0]


def test_a_micro_batch_can_name_its_pairs(tokenizer):
    batches = pairs(tokenizer)
    assert batches.names(0) == [f"roco {batches.samples[place].row}" for place in batches.order(0)]


def test_pairs_of_several_releases_stand_end_to_end_without_excluded_images():
    samples = Samples([Shards(), Shards()], {"roco": frozenset({"image0", "image2"})})
    assert [(sample.row, sample.text) for sample in samples] == [(1, 0), (3, 0)] * 2
    assert len(samples) == 4 and samples[2].shards is samples.releases[1]


def test_masked_tokens_are_of_a_fixed_number_where_texts_are_padded_to_one(tokenizer):
    for batch in map(pairs(tokenizer).__getitem__, range(8)):
        assert (batch.word_labels != NO_LABEL).all()
    shapes = {(batch.text_ids.shape[1], len(batch.word_labels)) for batch in map(pairs(tokenizer, pad_to=8).__getitem__, range(8))}
    assert {length for length, _ in shapes} <= {8, 12} and all(number % (2 * -(-length * 15 // 100)) == 0 for length, number in shapes)


@pytest.mark.parametrize("multiple", [1, 8])
def test_remembered_tokens_are_the_tokenizers(tokenizer, multiple):
    cache, asked = TokenCache(tokenizer, 4, 16, multiple), []

    def text(number):
        asked.append(number)
        return TEXTS[number]

    for numbers in ([2, 0], [1, 2, 0], [3, 3]):
        expected = tokenizer([TEXTS[number] for number in numbers], 16, multiple)
        assert all(torch.equal(*parts) for parts in zip(cache(numbers, text), expected, strict=True))
    assert sorted(asked) == [0, 1, 2, 3]


def test_more_texts_than_are_remembered_are_encoded_each_time(tokenizer, monkeypatch):
    monkeypatch.setattr("m3ae.batches.token_cache.MOST_REMEMBERED", 3)
    cache = TokenCache(tokenizer, 4, 12, 1)
    assert all(torch.equal(*parts) for parts in zip(cache([3, 1], TEXTS.__getitem__), tokenizer([TEXTS[3], TEXTS[1]], 12), strict=True))
    lengths = [int(tokenizer([text], 12).mask.sum()) for text in TEXTS]
    assert not cache.ids.size and cache.lengths_of(range(4), TEXTS.__getitem__).tolist() == lengths


def test_a_forked_process_fills_the_memory_that_this_one_reads(tokenizer):
    cache = TokenCache(tokenizer, 4, 12, 1)
    child = os.fork()
    if not child:
        cache.remember([2], tokenizer(TEXTS[2:3], 12))
        os._exit(0)
    os.waitpid(child, 0)
    assert cache.lengths.tolist() == [0, 0, len(tokenizer(TEXTS[2:3], 12).ids[0]), 0]
