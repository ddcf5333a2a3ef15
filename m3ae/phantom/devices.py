"""The two devices that captions name, a needle and a stent, painted over the anatomy in place."""

import numpy as np
from numpy.random import Generator

from m3ae.phantom.shapes import Grid, stroke


def needle(image: np.ndarray, grid: Grid, rng: Generator) -> None:
    """Draw a straight white line from the skin to near the middle."""
    angle = np.deg2rad(rng.uniform(-65, 65) - 90)
    outside = np.array([np.cos(angle), np.sin(angle)]) * 0.95
    line = stroke(grid, np.array([outside, outside * 0.1 + rng.uniform(-0.06, 0.06, 2)]), 0.035)
    image += np.clip(line * 3, 0, 1) * (1.0 - image)


def stent(image: np.ndarray, grid: Grid, rng: Generator) -> None:
    """Draw a short tube of white mesh in the middle."""
    x, y = rng.uniform(-0.06, 0.06), rng.uniform(-0.04, 0.04)
    along, across = (grid.y - y) / 0.3, (grid.x - x) / 0.1
    inside = (np.abs(along) < 1) & (np.abs(across) < 1)
    mesh = np.abs(across) > 0.72
    for slant in (across, -across):
        mesh |= np.abs(np.mod(along * 4 + slant, 1) - 0.5) < 0.17
    image[inside] = np.where(mesh[inside], 1.0, 0.25)


PAINTERS = {"needle": needle, "stent": stent}
