"""Chest radiographs: attenuation summed along the beam, so organs overlap instead of covering each other.

All maps are float32 (P, P), 0 = black (air) to about 1 = white (metal).
"""

import numpy as np
from numpy.random import Generator
from scipy.ndimage import gaussian_filter

from m3ae.phantom.shapes import Grid, ellipse, radius, soft, stroke


def frontal(grid: Grid, technique: str, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the frontal view: lying down (`supine`) the diaphragm stands high; standing (`erect`) the stomach's gas has a level."""
    supine = technique == "supine"
    floor = 0.34 if supine else 0.66
    image = 0.62 * soft(np.abs(grid.x) / (0.93 + 0.05 * np.cos(grid.y * 3)), 0.06)
    image *= 1 - soft(radius(grid, -1.0, -1.06, 0.5, 0.42), 0.3) - soft(radius(grid, 1.0, -1.06, 0.5, 0.42), 0.3)
    for side in (-1, 1):
        dome = floor + 0.08 * side + 0.5 * (grid.x - side * 0.42) ** 2
        lung = soft(radius(grid, side * 0.42, 0.1, 0.36, 0.92, side * 5), 0.14) * np.clip((dome - grid.y) * 14, 0, 1)
        image -= 0.5 * lung
        image += 0.1 * lung * hilum(grid, side, rng)
    image += 0.22 * soft(np.abs(grid.x) / 0.13, 0.3) * (0.85 + 0.15 * np.sin(grid.y * 24))  # spine
    image -= 0.18 * soft(np.abs(grid.x + 0.02) / 0.055, 0.5) * (grid.y < -0.25)  # trachea
    wide = 1.65 if enlarged else 1.0
    image += 0.36 * soft(radius(grid, 0.11 * wide, floor - 0.2, 0.27 * wide, 0.34, 28), 0.4)
    image += 0.2 * soft(radius(grid, 0.1, -0.36, 0.12, 0.13), 0.2)  # aortic arch
    image += 0.085 * ribs(grid)
    for side in (-1, 1):
        image += 0.22 * stroke(grid, np.array([(side * 0.06, -0.7), (side * 0.4, -0.8), (side * 0.86, -0.86)]), 0.06) ** 0.5
    if not supine:
        bubble = ellipse(grid, 0.46, floor + 0.2, 0.2, 0.13) & (grid.y < floor + 0.22)
        image -= 0.4 * bubble
    return np.clip(image, 0, 1)


def lateral(grid: Grid, technique: str, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the lateral view; the breastbone is on the left, as anterior is in every side view here."""
    supine = technique == "supine"
    floor = 0.34 if supine else 0.66
    image = 0.66 * soft(radius(grid, 0.02, 0.1, 0.86, 1.25), 0.1)
    dome = floor + 0.3 * (grid.x + 0.1) ** 2
    lung = soft(radius(grid, -0.02, 0.05, 0.62, 0.86, -4), 0.14) * np.clip((dome - grid.y) * 14, 0, 1)
    image -= 0.46 * lung
    image += 0.08 * lung * hilum(grid, 0, rng)
    back = 0.52 + 0.1 * np.cos(grid.y * 2.2)
    bodies = soft(np.abs(grid.x - back) / 0.12, 0.3)
    image += bodies * (0.12 + 0.16 * (np.sin(grid.y * 22) > -0.5))  # vertebrae and the gaps between them
    image += 0.2 * stroke(grid, np.array([(-0.52, -0.6), (-0.66, 0.0), (-0.64, 0.5)]), 0.05)  # breastbone
    wide = 1.55 if enlarged else 1.0
    image += 0.34 * soft(radius(grid, -0.28, floor - 0.2, 0.23 * wide, 0.32 * wide**0.5, 25), 0.4)
    image -= 0.2 * stroke(grid, np.array([(-0.06, -1), (0.06, -0.3)]), 0.06)
    phase = grid.y * 19 - grid.x * 7
    image += 0.06 * lung * (np.sin(phase) > 0.55)
    if not supine:
        image -= 0.38 * (ellipse(grid, -0.1, floor + 0.2, 0.22, 0.13) & (grid.y < floor + 0.22))
    return np.clip(image, 0, 1)


def ribs(grid: Grid) -> np.ndarray:
    """Draw the posterior ribs, falling away from the spine on both sides."""
    side = np.abs(grid.x)
    phase = (grid.y - 0.55 * (side - 0.35) ** 2 * 2.2 + 0.12 * side) * 21
    edge = np.clip((np.sin(phase) - 0.3) * 3, 0, 1)
    return edge * np.clip((0.86 - side) * 12, 0, 1) * np.clip((side - 0.1) * 10, 0, 1) * (np.abs(grid.y) < 0.8)


def hilum(grid: Grid, side: int, rng: Generator) -> np.ndarray:
    """Draw the vessels of one lung, thick at its root and branching outwards."""
    tree = np.zeros_like(grid.x)
    for angle in rng.uniform(-75, 75, 5) + (0 if side >= 0 else 180):
        reach = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))]) * 0.4
        start = np.array([side * 0.18, 0.0])
        tree = np.maximum(tree, stroke(grid, np.array([start, start + reach * 0.5, start + reach]), 0.035))
    return gaussian_filter(tree, 1) + 0.8 * soft(radius(grid, side * 0.19, 0, 0.1, 0.16), 0.8)
