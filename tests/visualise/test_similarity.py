import numpy as np
import pytest

from m3ae.visualise.similarity import ssim

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (24, 20, 3), dtype=np.uint8)


def window() -> np.ndarray:
    """The paper's: a Gaussian of 11 x 11 with a deviation of 1.5 px, sum 1."""
    line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    return np.outer(line, line) / line.sum() ** 2


def by_the_formula(first: np.ndarray, second: np.ndarray) -> float:
    """Equation 13 of Wang et al., window by window."""
    values, weights = [], window()
    for channel in range(3):
        for top in range(first.shape[0] - 10):
            for left in range(first.shape[1] - 10):
                a, b = (picture[top : top + 11, left : left + 11, channel].astype(float) for picture in (first, second))
                mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
                variance_a, variance_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
                covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
                top_half = (2 * mean_a * mean_b + 2.55**2) * (2 * covariance + 7.65**2)
                values.append(top_half / ((mean_a**2 + mean_b**2 + 2.55**2) * (variance_a + variance_b + 7.65**2)))
    return float(np.mean(values))


def test_a_picture_is_like_itself_and_unlike_its_negative():
    assert ssim(PICTURE, PICTURE) == pytest.approx(1) and ssim(PICTURE, 255 - PICTURE) < -0.5


def test_it_is_what_the_paper_s_formula_gives_window_by_window():
    other = np.clip(PICTURE.astype(int) + RNG.integers(-60, 60, PICTURE.shape), 0, 255).astype(np.uint8)
    assert ssim(PICTURE, other) == pytest.approx(by_the_formula(PICTURE, other), abs=1e-9)


def test_of_even_pictures_brightness_alone_counts():
    dark, bright = (np.full((16, 16, 3), level, np.uint8) for level in (50, 100))
    assert ssim(dark, bright) == pytest.approx((2 * 50 * 100 + 2.55**2) / (50**2 + 100**2 + 2.55**2))
