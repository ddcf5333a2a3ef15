"""How like each other two pictures look: structural similarity (SSIM).

Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE Transactions on Image Processing 2004, with
the paper's window and constants, as scikit-image computes it with `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

SIGMA, RADIUS = 1.5, 5  # px: a Gaussian window of 11 x 11
LEVELS = 255  # between the darkest and the brightest grey
SMALL_MEAN, SMALL_VARIANCE = (0.01 * LEVELS) ** 2, (0.03 * LEVELS) ** 2


def ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Return the similarity of two pictures, uint8 (H, W, 3), the mean over places and channels: 1 where they are the same, at least -1.

    Windows that reach over the border are left out; both sides must have more than 10 px.
    """
    a, b = first.astype(np.float64), second.astype(np.float64)
    mean_a, mean_b = blurred(a), blurred(b)
    variance_a, variance_b = blurred(a * a) - mean_a**2, blurred(b * b) - mean_b**2
    covariance = blurred(a * b) - mean_a * mean_b
    brightness = (2 * mean_a * mean_b + SMALL_MEAN) / (mean_a**2 + mean_b**2 + SMALL_MEAN)
    structure = (2 * covariance + SMALL_VARIANCE) / (variance_a + variance_b + SMALL_VARIANCE)
    return float((brightness * structure)[RADIUS:-RADIUS, RADIUS:-RADIUS].mean())


def blurred(values: np.ndarray) -> np.ndarray:
    return gaussian_filter(values, SIGMA, radius=RADIUS, axes=(0, 1))
