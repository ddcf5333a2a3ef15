"""Findings: what each kind looks like, where it goes, and which pixels it covers.

A kind looks the same in every modality, but for the acoustic shadow or enhancement behind it. Real lesions do not: fluid is white on
T2, calcium black on MR. A small model that sees some ten thousand pairs would learn neither rule, so each kind has one look.
The function of a kind returns its look (brightness) and its cover (0 to 1, how much of the look replaces the image), both (P, P).
"""

import numpy as np
from numpy.random import Generator

from m3ae.phantom.latent import Finding, Latent
from m3ae.phantom.shapes import Grid, radius, soft, waves

# (region, plane) -> distance of a quarter's centre from the midline, and the heights of upper and lower centres
QUARTERS = {
    ("chest", "frontal"): (0.42, -0.38, 0.26),
    ("chest", "lateral"): (0.38, -0.38, 0.26),
    ("chest", "axial"): (0.44, -0.3, 0.3),
    ("chest", "coronal"): (0.42, -0.38, 0.3),
    ("brain", "axial"): (0.34, -0.4, 0.38),
    ("brain", "coronal"): (0.38, -0.42, 0.24),
    ("brain", "sagittal"): (0.4, -0.42, 0.2),
    ("abdomen", "axial"): (0.44, -0.3, 0.3),
    ("abdomen", "coronal"): (0.4, -0.38, 0.34),
    ("abdomen", "transverse"): (0.38, -0.36, 0.34),
    ("abdomen", "longitudinal"): (0.4, -0.36, 0.34),
}
RADIUS = {"small": (0.2, 0.23), "large": (0.36, 0.4)}  # of the image's half side: 20-23% and 36-40% of its width
TOGETHER_RADIUS = (0.16, 0.18)
TOGETHER = {1: ((0, 0),), 2: ((-0.19, -0.1), (0.19, 0.1)), 3: ((-0.19, 0.17), (0.19, 0.17), (0, -0.19))}


def lesions(finding: Finding, latent: Latent, rng: Generator) -> list[tuple[float, float, float]]:
    """Return centre and radius (x, y, r) of each lesion of a finding, in grid units."""
    aside, upper, lower = QUARTERS[latent.region, latent.plane]
    x = aside * (2 * finding.across - 1) + rng.uniform(-0.03, 0.03)
    y = (upper, lower)[finding.down] + rng.uniform(-0.03, 0.03)
    low, high = RADIUS[finding.size] if finding.count == 1 else TOGETHER_RADIUS
    return [(x + dx, y + dy, rng.uniform(low, high)) for dx, dy in TOGETHER[finding.count]]


def paint(image: np.ndarray, grid: Grid, finding: Finding, latent: Latent, rng: Generator) -> np.ndarray:
    """Paint a finding on `image` (P, P) in place; return the pixels covered, bool (P, P)."""
    covered = np.zeros(image.shape, dtype=bool)
    for x, y, size in lesions(finding, latent, rng):
        look, cover = LOOKS[finding.kind](grid, x, y, size, rng)
        image += cover * (look - image)
        covered |= cover > 0.5
        if finding.kind == "calcification" and latent.modality == "ultrasound":
            image[(np.abs(grid.x - x) < size * 0.8) & (grid.y > y + size * 0.6)] *= 0.25  # acoustic shadow
        if finding.kind == "cyst" and latent.modality == "ultrasound":
            image[(np.abs(grid.x - x) < size * 0.7) & (grid.y > y + size)] *= 1.35  # enhancement behind fluid
    return covered


def mass(grid: Grid, x: float, y: float, size: float, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return look and cover of a mass: lobed, mottled, fairly bright."""
    angle = np.arctan2(grid.y - np.float32(y), grid.x - np.float32(x))
    lobes = 1 + 0.16 * np.sin(angle * int(rng.integers(5, 8)) + np.float32(rng.uniform(0, 6)))
    mottle = waves(grid, rng, num=5, pace=40)
    return 0.6 + 0.6 * mottle, soft(radius(grid, x, y, size, size) / lobes.astype(np.float32), 0.12)


def cyst(grid: Grid, x: float, y: float, size: float, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return look and cover of a cyst: round, even and black within a thin bright wall."""
    distance = radius(grid, x, y, size, size * rng.uniform(0.9, 1))
    return np.where(distance < 1 - 0.035 / size, np.float32(0), np.float32(0.85)).astype(np.float32), soft(distance, 0.08)


def calcification(grid: Grid, x: float, y: float, size: float, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return look and cover of a calcification: a jagged white stone."""
    angle = np.arctan2(grid.y - np.float32(y), grid.x - np.float32(x))
    first, second = rng.uniform(0, 6, 2)
    spikes = 0.62 + 0.3 * np.abs(np.sin(angle + first)) + 0.18 * np.mod(angle * 1.6 + second, 1) + 0.12 * np.abs(np.sin(angle * 4.5))
    return np.full_like(grid.x, 1.0), soft(radius(grid, x, y, size, size) / spikes.astype(np.float32), 0.1)


def abscess(grid: Grid, x: float, y: float, size: float, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return look and cover of an abscess: a thick white ring around a dark core."""
    distance = radius(grid, x, y, size, size)
    return np.where(distance < 0.52, 0.12, 0.97).astype(np.float32), soft(distance, 0.12)


def hemorrhage(grid: Grid, x: float, y: float, size: float, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return look and cover of a hemorrhage: a long, slanting, even, bright streak with a soft edge."""
    slant = rng.uniform(25, 60) * (1 if rng.random() < 0.5 else -1)
    distance = radius(grid, x, y, size * 1.2, size * 0.45, slant)
    return np.full_like(grid.x, 0.97), soft(distance, 0.5)


def cavity(grid: Grid, x: float, y: float, size: float, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return look and cover of a cavity with an air-fluid level: black above a straight line and bright below it."""
    distance = radius(grid, x, y, size, size * 0.9)
    rim = distance > 1 - 0.03 / size
    return np.where(rim | (grid.y > y), 0.9, 0.0).astype(np.float32), soft(distance, 0.08)


LOOKS = {
    "mass": mass,
    "cyst": cyst,
    "calcification": calcification,
    "abscess": abscess,
    "hemorrhage": hemorrhage,
    "cavity": cavity,
}
