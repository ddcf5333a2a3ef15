"""Findings: what each kind looks like in each modality, where it goes, and which pixels it covers.

Kinds differ in shape as well as in brightness, because brightness depends on the modality.
"""

import numpy as np
from numpy.random import Generator

from m3ae.phantom.latent import Finding, Latent
from m3ae.phantom.shapes import Grid, radius, soft, waves

# (region, plane) -> distance of a quarter's centre from the midline, and the heights of upper and lower centres
QUARTERS = {
    ("chest", "frontal"): (0.42, -0.38, 0.2),
    ("chest", "lateral"): (0.3, -0.38, 0.2),
    ("chest", "axial"): (0.46, -0.26, 0.24),
    ("chest", "coronal"): (0.43, -0.36, 0.24),
    ("brain", "axial"): (0.34, -0.42, 0.42),
    ("brain", "coronal"): (0.36, -0.46, 0.08),
    ("brain", "sagittal"): (0.38, -0.46, 0.06),
    ("abdomen", "axial"): (0.46, -0.3, 0.26),
    ("abdomen", "coronal"): (0.38, -0.4, 0.36),
    ("abdomen", "transverse"): (0.36, -0.36, 0.36),
    ("abdomen", "longitudinal"): (0.4, -0.36, 0.36),
}
RADIUS = {"small": (0.135, 0.16), "large": (0.27, 0.32)}  # of the image's half side: 13-16% and 27-32% of its width
TOGETHER_RADIUS = (0.115, 0.13)
TOGETHER = {1: ((0, 0),), 2: ((-0.15, -0.08), (0.15, 0.08)), 3: ((-0.15, 0.13), (0.15, 0.13), (0, -0.15))}


def lesions(finding: Finding, latent: Latent, rng: Generator) -> list[tuple[float, float, float]]:
    """Centre and radius (x, y, r) of each lesion of a finding, in grid units."""
    aside, upper, lower = QUARTERS[latent.region, latent.plane]
    x = aside * (2 * finding.across - 1) + rng.uniform(-0.05, 0.05)
    y = (upper, lower)[finding.down] + rng.uniform(-0.05, 0.05)
    low, high = RADIUS[finding.size] if finding.count == 1 else TOGETHER_RADIUS
    return [(x + dx, y + dy, rng.uniform(low, high)) for dx, dy in TOGETHER[finding.count]]


def paint(image: np.ndarray, grid: Grid, finding: Finding, latent: Latent, rng: Generator) -> np.ndarray:
    """`image` (P, P) in place; returns the pixels covered, bool (P, P)."""
    covered = np.zeros(image.shape, dtype=bool)
    for x, y, size in lesions(finding, latent, rng):
        look, cover = LOOKS[finding.kind](grid, x, y, size, latent.modality, rng)
        image += cover * (look - image)
        covered |= cover > 0.5
        if finding.kind == "calcification" and latent.modality == "ultrasound":
            image[(np.abs(grid.x - x) < size * 0.8) & (grid.y > y + size * 0.6)] *= 0.25  # acoustic shadow
        if finding.kind == "cyst" and latent.modality == "ultrasound":
            image[(np.abs(grid.x - x) < size * 0.7) & (grid.y > y + size)] *= 1.35  # enhancement behind fluid
    return covered


def mass(grid: Grid, x: float, y: float, size: float, modality: str, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Lobed, mottled, fairly bright."""
    angle = np.arctan2(grid.y - np.float32(y), grid.x - np.float32(x))
    lobes = 1 + 0.16 * np.sin(angle * int(rng.integers(5, 8)) + np.float32(rng.uniform(0, 6)))
    mottle = waves(grid, rng, num=5, pace=40)
    return 0.7 + 0.3 * mottle, soft(radius(grid, x, y, size, size) / lobes.astype(np.float32), 0.12)


def cyst(grid: Grid, x: float, y: float, size: float, modality: str, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Round, even and dark within a thin bright wall; on T2, where fluid is white, the reverse."""
    distance = radius(grid, x, y, size, size * rng.uniform(0.9, 1))
    fluid, wall = (1.0, 0.05) if modality == "mr t2" else (0.05, 0.75)
    return np.where(distance < 1 - 0.035 / size, fluid, wall).astype(np.float32), soft(distance, 0.08)


def calcification(grid: Grid, x: float, y: float, size: float, modality: str, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """A star of white stone; on MR, where calcium gives no signal, black."""
    angle = np.arctan2(grid.y - np.float32(y), grid.x - np.float32(x)) + np.float32(rng.uniform(0, 6))
    spikes = 0.52 + 0.55 * np.abs(np.sin(angle * 2.5)) ** 2
    value = 0.0 if modality.startswith("mr") else 1.0
    return np.full_like(grid.x, value), soft(radius(grid, x, y, size, size) / spikes.astype(np.float32), 0.1)


def abscess(grid: Grid, x: float, y: float, size: float, modality: str, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """A thick white ring around a dark core."""
    distance = radius(grid, x, y, size, size)
    return np.where(distance < 0.52, 0.12, 0.97).astype(np.float32), soft(distance, 0.12)


def hemorrhage(grid: Grid, x: float, y: float, size: float, modality: str, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """A long, slanting, even, bright streak with a soft edge."""
    slant = rng.uniform(25, 60) * (1 if rng.random() < 0.5 else -1)
    distance = radius(grid, x, y, size * 1.15, size * 0.42, slant)
    return np.full_like(grid.x, 0.93), soft(distance, 0.5)


def fluid_level(grid: Grid, x: float, y: float, size: float, modality: str, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """A cavity, black above a straight line and bright below it."""
    distance = radius(grid, x, y, size, size * 0.9)
    rim = distance > 1 - 0.03 / size
    return np.where(rim | (grid.y > y), 0.9, 0.0).astype(np.float32), soft(distance, 0.08)


LOOKS = {
    "mass": mass,
    "cyst": cyst,
    "calcification": calcification,
    "abscess": abscess,
    "hemorrhage": hemorrhage,
    "fluid level": fluid_level,
}
