import numpy as np
import pytest

from m3ae.phantom.latent import VIEWS, generator
from m3ae.phantom.noise import NOISES
from m3ae.phantom.shapes import still_grid


def test_every_modality_has_its_noise():
    assert set(NOISES) == set(VIEWS)


@pytest.mark.parametrize("modality", list(NOISES))
def test_noise_leaves_the_picture_recognisable(modality):
    image = np.where(still_grid(96).x > 0, 0.8, 0.2).astype(np.float32)
    noisy = NOISES[modality](image, still_grid(96), generator(1))
    assert noisy.shape == image.shape
    assert 0.85 < np.corrcoef(noisy.ravel(), image.ravel())[0, 1] < 0.99999


def test_resonance_noise_is_never_negative():
    black = np.zeros((32, 32), dtype=np.float32)
    assert NOISES["mr t2"](black, still_grid(32), generator(2)).min() >= 0
