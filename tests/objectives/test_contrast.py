import pytest
import torch
from torch.nn.functional import normalize

from m3ae.objectives.contrast import centred, info_nce


def vectors(number: int) -> torch.Tensor:
    return normalize(torch.randn(number, 8, generator=torch.Generator().manual_seed(0)), dim=-1)


def test_an_anchor_that_is_its_own_key_is_found_and_another_one_is_not():
    keys = vectors(5)
    losses, found = info_nce(keys, keys, torch.arange(5), 0.01)
    assert losses.max() < 1e-3 and found.all()
    losses, found = info_nce(keys.roll(1, dims=0), keys, torch.arange(5), 0.01)
    assert losses.min() > 1 and not found.any()


def test_the_same_image_under_another_caption_is_no_negative():
    keys = vectors(5)
    twice = torch.cat([keys, keys[:1]])
    losses, _ = info_nce(keys, keys, torch.arange(5), 0.2)
    with_twin, _ = info_nce(keys[:1], twice, torch.tensor([0]), 0.2)
    assert with_twin.item() == pytest.approx(losses[0].item(), rel=1e-5)


def test_a_micro_batch_s_anchors_are_compared_with_all_pairs_of_the_step():
    keys = vectors(6)
    anchors = keys + 0.1 * vectors(6).roll(1, dims=0)
    whole, _ = info_nce(anchors, keys, torch.arange(6), 0.2)
    part, _ = info_nce(anchors[2:4], keys, torch.arange(2, 4), 0.2)
    assert torch.allclose(part, whole[2:4])


def test_what_all_vectors_share_is_taken_off():
    keys = vectors(5)
    assert torch.allclose(centred(keys + 100, keys + 100), centred(keys, keys), atol=1e-3)
