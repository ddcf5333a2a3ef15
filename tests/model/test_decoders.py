import math

import pytest
import torch

from m3ae.model.decoders import PixelDecoder, WordDecoder, sine_cosine_positions


@pytest.mark.parametrize("kind", ["transformer", "mlp"])
def test_kept_patches_return_to_their_places(kind, config):
    torch.manual_seed(0)
    decoder = PixelDecoder(kind, config.model, 16).eval()
    features, order = torch.randn(1, 5, 16), torch.randperm(16)[None]
    swap = order.clone()
    swap[0, 0], swap[0, 1] = order[0, 1], order[0, 0]
    swapped = features[:, [0, 2, 1, 3, 4]]
    assert torch.allclose(decoder(features, order), decoder(swapped, swap), atol=1e-6)
    assert decoder(features, order).shape == (1, 16, 8 * 8 * 3)


@pytest.mark.parametrize("kind", ["transformer", "mlp"])
def test_hidden_patches_are_told_from_the_visible_ones(kind, config):
    decoder = PixelDecoder(kind, config.model, 16).eval()
    features, order = torch.randn(1, 5, 16, requires_grad=True), torch.arange(16)[None]
    decoder(features, order)[:, 10].sum().backward()
    assert features.grad.abs().sum() > 0


def test_positions_hold_columns_first_sines_before_cosines_and_zeros_for_the_class_token():
    positions = sine_cosine_positions(4, 8)[0]
    assert positions[0].abs().sum() == 0
    row_1_column_0 = positions[3]
    assert torch.allclose(row_1_column_0, torch.tensor([0, 0, 1, 1, math.sin(1), math.sin(0.01), math.cos(1), math.cos(0.01)]), atol=1e-6)


@pytest.mark.parametrize("kind", ["transformer", "mlp"])
def test_words_are_decoded_only_where_they_are_hidden(kind, config):
    decoder = WordDecoder(kind, config.model, 40)
    features, places = torch.randn(2, 9, 16), torch.tensor([3, 9 + 8])
    every = decoder(features, torch.arange(18))
    assert torch.allclose(decoder(features, places), every[places], atol=1e-5) and every.shape == (18, 40)
