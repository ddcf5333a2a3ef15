"""The noise of each modality, on float32 images (P, P) from 0 to 1. Every function returns a new image, not clipped."""

import numpy as np
from numpy.random import Generator
from scipy.ndimage import gaussian_filter

from m3ae.phantom.shapes import Grid, waves


def radiograph_noise(image: np.ndarray, still: Grid, rng: Generator) -> np.ndarray:
    """Apply scatter, then photon counting (the brighter the film, the fewer photons passed), then the screen's blur."""
    scattered = 0.85 * image + 0.15 * gaussian_filter(image, image.shape[0] / 16, truncate=2)
    photons = normal(image, rng) * (0.018 + 0.035 * np.sqrt(np.clip(scattered, 0, 1)))
    return gaussian_filter(scattered + photons, 0.55)


def tomograph_noise(image: np.ndarray, still: Grid, rng: Generator) -> np.ndarray:
    """Add grainy correlated noise, streaks across the image and faint rings around its centre."""
    grain = gaussian_filter(normal(image, rng), 0.7) * 0.055
    streaks = np.zeros_like(image)
    for angle in rng.uniform(0, np.pi, 4):
        across = still.x * np.float32(np.cos(angle)) + still.y * np.float32(np.sin(angle))
        streaks += np.sin(across * np.float32(rng.uniform(50, 110)) + np.float32(rng.uniform(0, 6)))
    rings = np.sin(np.hypot(still.x, still.y) * np.float32(rng.uniform(60, 110)))
    return image + grain + 0.008 * streaks + 0.006 * rings


def resonance_noise(image: np.ndarray, still: Grid, rng: Generator) -> np.ndarray:
    """Apply the coil's uneven sensitivity, then Rician noise: the magnitude of a signal with noise in both channels."""
    level = np.float32(rng.uniform(0.025, 0.05))
    signal = image * (1 + 0.22 * waves(still, rng, pace=1.8))
    return np.hypot(signal + level * normal(image, rng), level * normal(image, rng))


def speckle(image: np.ndarray, still: Grid, rng: Generator) -> np.ndarray:
    """Apply Rayleigh speckle, wider than it is deep, and a little loss with depth."""
    blur = np.array([0.55, 1.1]) * max(1.0, image.shape[0] / 160)
    real, imaginary = (gaussian_filter(normal(image, rng), blur) for _ in range(2))
    rayleigh = np.hypot(real, imaginary)
    rayleigh /= rayleigh.mean()
    return image * (0.5 + 0.5 * rayleigh) * (1.08 - 0.14 * still.y) + 0.01


def normal(image: np.ndarray, rng: Generator) -> np.ndarray:
    return rng.standard_normal(image.shape, dtype=np.float32)


NOISES = {
    "xray": radiograph_noise,
    "ct": tomograph_noise,
    "mr t1": resonance_noise,
    "mr t2": resonance_noise,
    "ultrasound": speckle,
}
