"""The drawing board: a jittered coordinate grid and the few shapes that all anatomy is made of.

Coordinates run from -1 (left, top) to 1 (right, bottom). P = image side in px; all maps are (P, P).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

# The furthest that a patient grid's coordinates stray from the image's own: shift, scale, turn and bend together.
MOST_STRAY = 0.25


@dataclass(frozen=True)
class Grid:
    """The coordinates of each pixel in the anatomy; float32 (P, P) each."""

    x: np.ndarray
    y: np.ndarray

    def window(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
        """Return rows and columns outside which no pixel lies between these coordinates: shapes are small, images are not."""
        num = self.x.shape[0]
        low, high = (np.array([top, left]) - MOST_STRAY + 1) / 2 * num, (np.array([bottom, right]) + MOST_STRAY + 1) / 2 * num
        (row, column), (last_row, last_column) = np.clip(np.floor(low), 0, num).astype(int), np.clip(np.ceil(high), 0, num).astype(int)
        return slice(row, last_row), slice(column, last_column)

    def part(self, window: tuple[slice, slice]) -> "Grid":
        return Grid(self.x[window], self.y[window])


def still_grid(image_px: int) -> Grid:
    """Return the coordinates of the image itself, for what does not move with the patient."""
    line = ((np.arange(image_px, dtype=np.float32) + 0.5) / image_px) * 2 - 1
    x, y = np.meshgrid(line, line)
    return Grid(x, y)


def patient_grid(image_px: int, rng: Generator) -> Grid:
    """Draw a grid turned up to 5 degrees, shifted up to 3%, scaled up to 6% and bent a little: no two patients coincide."""
    still = still_grid(image_px)
    angle, scale = math.radians(rng.uniform(-5, 5)), rng.uniform(0.96, 1.06)
    x, y = still.x * scale - rng.uniform(-0.06, 0.06), still.y * scale - rng.uniform(-0.06, 0.06)
    cos, sin = math.cos(angle), math.sin(angle)
    turned = Grid(x * cos - y * sin, x * sin + y * cos)
    return Grid(turned.x + 0.02 * waves(turned, rng), turned.y + 0.02 * waves(turned, rng))


def waves(grid: Grid, rng: Generator, num: int = 3, pace: float = 4) -> np.ndarray:
    """Draw a smooth random field of about -1 to 1: the mean of `num` plane waves of at most `pace` radians a unit along each axis."""
    field = np.zeros_like(grid.x)
    for along_x, along_y, phase in rng.uniform((-pace, -pace, 0), (pace, pace, 2 * np.pi), (num, 3)).astype(np.float32):
        field += np.sin(along_x * grid.x + along_y * grid.y + phase)
    return field / num


def radius(grid: Grid, cx: float, cy: float, rx: float, ry: float, angle: float = 0) -> np.ndarray:
    """Return the distance from (cx, cy) in units of the ellipse's radii: 1 on its edge. `angle` in degrees, clockwise."""
    x, y = grid.x - np.float32(cx), grid.y - np.float32(cy)
    if angle:
        cos, sin = np.float32(np.cos(np.deg2rad(angle))), np.float32(np.sin(np.deg2rad(angle)))
        x, y = x * cos + y * sin, y * cos - x * sin
    return np.sqrt((x / np.float32(rx)) ** 2 + (y / np.float32(ry)) ** 2)


def ellipse(grid: Grid, cx: float, cy: float, rx: float, ry: float, angle: float = 0) -> np.ndarray:
    """Return which pixels lie within the ellipse, bool."""
    inside = np.zeros(grid.x.shape, dtype=bool)
    reach = max(rx, ry)
    reach_x, reach_y = (reach, reach) if angle else (rx, ry)
    window = grid.window(cx - reach_x, cy - reach_y, cx + reach_x, cy + reach_y)
    inside[window] = radius(grid.part(window), cx, cy, rx, ry, angle) < 1
    return inside


def box(grid: Grid, cx: float, cy: float, rx: float, ry: float, power: int = 4) -> np.ndarray:
    """Return which pixels lie within a rectangle with round corners (a superellipse), bool."""
    return ((grid.x - cx) / rx) ** power + ((grid.y - cy) / ry) ** power < 1


def soft(distance: np.ndarray, edge: float) -> np.ndarray:
    """Return an anti-aliased mask: 1 inside (`distance` below 1), 0 outside, linear over `edge`."""
    return np.clip((1 - distance) / np.float32(edge) + np.float32(0.5), 0, 1)


def stroke(grid: Grid, points: np.ndarray, width: float) -> np.ndarray:
    """Return a mask that is 1 along the line through `points` (num, 2) and falls to 0 at `width`."""
    line = np.zeros_like(grid.x)
    window = grid.window(*(points.min(axis=0) - width), *(points.max(axis=0) + width))
    part = grid.part(window)
    nearest = np.full_like(part.x, 9)
    for (x0, y0), (x1, y1) in zip(points[:-1].astype(np.float32), points[1:].astype(np.float32), strict=True):
        dx, dy = x1 - x0, y1 - y0
        share = np.clip(((part.x - x0) * dx + (part.y - y0) * dy) / max(dx * dx + dy * dy, np.float32(1e-9)), 0, 1)
        nearest = np.minimum(nearest, (part.x - x0 - share * dx) ** 2 + (part.y - y0 - share * dy) ** 2)
    line[window] = np.clip(1 - np.sqrt(nearest) / np.float32(width), 0, 1)
    return line
