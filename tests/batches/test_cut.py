import pytest
import torch
from torch import Generator

from m3ae.batches.cut import among, couples, cut


def drawn(num_pairs, seed=0):
    return couples(num_pairs, Generator().manual_seed(seed))


def test_half_the_pairs_show_each_other_s_image():
    other = drawn(64)
    assert (other != torch.arange(64)).sum() == 32 and torch.equal(other[other], torch.arange(64))


def test_every_pair_is_as_likely_as_any_other_to_lend_its_image():
    lent = torch.zeros(8, 8)
    for seed in range(2000):
        lent[torch.arange(8), drawn(8, seed)] += 1
    share = lent[~torch.eye(8, dtype=torch.bool)] / 2000
    assert (share - 0.5 / 7).abs().max() < 0.03  # five standard errors


@pytest.mark.parametrize("size", [2, 4, 8, 16])
def test_couples_stay_together_and_no_pair_is_lost(size):
    lengths = torch.randint(5, 60, (64,), generator=Generator().manual_seed(1)).tolist()
    other = drawn(64)
    parts = cut(lengths, other, size)
    assert torch.equal(torch.cat(parts).sort().values, torch.arange(64)) and all(len(part) == size for part in parts)
    for part in parts:
        assert torch.equal(part[among(part, other)], other[part])
    longest = [max(lengths[place] for place in part.tolist()) for part in parts]
    assert longest == sorted(longest) and longest[0] < longest[-1]


def test_who_is_parted_from_its_other_keeps_its_own():
    other = torch.tensor([3, 1, 2, 0, 5, 4])
    assert among(torch.tensor([5, 0, 4]), other).tolist() == [2, 1, 0]
    parts = cut([3, 9, 4, 8, 5, 7], other, 3)
    assert torch.equal(torch.cat(parts).sort().values, torch.arange(6))
