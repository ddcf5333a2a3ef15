import pytest
import torch
from torch import Generator

from m3ae.batches.cut import couples, cut


def drawn(image_ids, seed=0):
    return couples(list(image_ids), Generator().manual_seed(seed))


def test_half_the_pairs_show_each_other_s_image():
    other, matches = drawn(map(str, range(64)))
    swapped = (matches == 0).nonzero().flatten()
    assert len(swapped) == 32 and torch.equal(other[other], torch.arange(64))
    assert torch.equal(swapped, (other != torch.arange(64)).nonzero().flatten())


def test_a_mismatched_image_is_never_the_same_one_under_another_text():
    ids = "aabbaabc"
    for seed in range(50):
        other, matches = drawn(ids, seed)
        assert all(ids[place] != ids[image] for place, image in enumerate(other.tolist()) if not matches[place])
    assert drawn("aaaa")[1].tolist() == [1, 1, 1, 1]


def test_every_pair_is_as_likely_as_any_other_to_lend_its_image():
    lent = torch.zeros(8, 8)
    for seed in range(2000):
        other, matches = drawn("abcdefgh", seed)
        lent[torch.arange(8)[matches == 0], other[matches == 0]] += 1
    share = lent[~torch.eye(8, dtype=torch.bool)] / 2000
    assert (share - 0.5 / 7).abs().max() < 0.03  # four standard errors and a half


@pytest.mark.parametrize("size", [2, 4, 8, 16])
def test_couples_stay_together_and_no_pair_is_lost(size):
    lengths = torch.randint(5, 60, (64,), generator=Generator().manual_seed(1)).tolist()
    other, _ = drawn(map(str, range(64)))
    parts = cut(lengths, other, size)
    assert torch.equal(torch.cat(parts).sort().values, torch.arange(64)) and all(len(part) == size for part in parts)
    assert all(set(other[part].tolist()) <= set(part.tolist()) for part in parts)
    longest = [max(lengths[place] for place in part.tolist()) for part in parts]
    assert longest == sorted(longest) and longest[0] < longest[-1]


def test_an_odd_micro_batch_loses_no_pair_either():
    other, _ = drawn("abcdef")
    assert torch.equal(torch.cat(cut([3, 9, 4, 8, 5, 7], other, 3)).sort().values, torch.arange(6))
