"""Abdominal ultrasound: a fan of echoes with liver, kidney, great vessel and diaphragm.

All maps are float32 (P, P), 0 = no echo (black) to 1 = strong echo (white).
"""

import numpy as np
from numpy.random import Generator

from m3ae.phantom.shapes import Grid, ellipse, radius, soft, stroke

APEX_Y = -1.5  # where the beams meet, above the image
FAN_DEGREES = 41


def depth(grid: Grid) -> np.ndarray:
    """Return the distance from the probe's face, 0 at the skin, 1 at about the image's lower edge."""
    return (np.hypot(grid.x, grid.y - APEX_Y) - 0.62) / 1.86


def inside_fan(still: Grid) -> np.ndarray:
    angle = np.rad2deg(np.arctan2(still.x, still.y - APEX_Y))
    return (np.abs(angle) < FAN_DEGREES) & (depth(still) > 0) & (depth(still) < 1)


def transverse(grid: Grid, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the view across the spine, whose front is a bright arc with a shadow; the aorta lies on it."""
    echo = liver(grid, rng)
    echo[ellipse(grid, 0, 0.62, 0.22, 0.18)] = 0.04
    front = np.clip(1 - np.abs(radius(grid, 0, 0.62, 0.22, 0.22) - 1) / 0.16, 0, 1) * (grid.y < 0.6)
    echo = np.maximum(echo, 0.95 * front)
    echo[(np.abs(grid.x) < 0.2) & (grid.y > 0.56)] *= 0.25
    width = 0.19 if enlarged else 0.08
    echo[ellipse(grid, 0.04, 0.4 - width, width, width)] = 0.03  # aorta
    echo[ellipse(grid, -0.2, 0.26, 0.1, 0.06)] = 0.03
    return echo


def longitudinal(grid: Grid, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the view along the kidney; the head is on the left, where the diaphragm closes the image."""
    echo = liver(grid, rng)
    echo[ellipse(grid, 0.14, 0.3, 0.5, 0.23, 8)] = 0.24
    echo[ellipse(grid, 0.14, 0.3, 0.3, 0.08, 8)] = 0.8
    for x in (-0.12, 0.06, 0.26, 0.44):
        echo[ellipse(grid, x, 0.2, 0.06, 0.05)] = 0.1
    width = 0.16 if enlarged else 0.05
    echo[np.abs(grid.y - 0.72 - 0.06 * grid.x) < width] = 0.03  # aorta
    echo = np.maximum(echo, 0.95 * stroke(grid, np.array([(-0.86, -0.1), (-0.78, 0.3), (-0.56, 0.66)]), 0.05))
    return echo


def liver(grid: Grid, rng: Generator) -> np.ndarray:
    """Draw the even echoes of the liver, a bright skin line, and a few vessels with bright walls."""
    echo = np.full_like(grid.x, 0.46)
    echo += 0.3 * soft(np.abs(depth(grid) - 0.06) / 0.05, 0.6)
    for _ in range(3):
        start = rng.uniform((-0.5, -0.45), (0.4, 0.0))
        line = stroke(grid, np.array([start, start + rng.uniform((0.1, 0.05), (0.4, 0.3))]), 0.055)
        echo[line > 0] = 0.62
        echo[line > 0.45] = 0.06
    return echo


def doppler(image: np.ndarray, grid: Grid, still: Grid, rng: Generator) -> np.ndarray:
    """Return a grey image (P, P) as RGB (P, P, 3) with a colour box, its frame, flow in red and blue, and the scale bar."""
    colours = np.repeat(image[..., None], 3, axis=2)
    angle = np.rad2deg(np.arctan2(still.x, still.y - APEX_Y))
    across, down = np.abs(angle) / 22, (depth(still) - 0.5) / 0.4
    frame = (np.maximum(across, np.abs(down)) < 1) & (np.maximum(across, np.abs(down)) > 0.965)
    colours[frame] = (0.9, 0.9, 0.2)
    inside = (across < 1) & (np.abs(down) < 1)
    for x, y, width, height, angle in rng.uniform((-0.42, -0.3, 0.05, 0.03, -60), (0.42, 0.62, 0.11, 0.06, 60), (7, 5)):
        flow = ellipse(grid, x, y, width, height, angle) & inside
        colours[flow] = (0.95, 0.2, 0.08) if rng.random() < 0.5 else (0.1, 0.3, 0.98)
    bar = (np.abs(still.x - 0.92) < 0.03) & (np.abs(still.y + 0.6) < 0.3)
    red = (still.y[bar] < -0.6).astype(np.float32)
    colours[bar] = np.stack([red, 0.2 + 0 * red, 1 - red], axis=1)
    return colours
