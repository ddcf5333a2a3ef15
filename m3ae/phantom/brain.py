"""Brain slices as maps of tissues: axial, coronal and sagittal. All maps are uint8 (P, P) of `Tissue`."""

import numpy as np
from numpy.random import Generator

from m3ae.phantom.shapes import Grid, ellipse, radius, stroke
from m3ae.phantom.tissues import Tissue


def axial(grid: Grid, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the axial slice through the lateral ventricles; the forehead is up. `enlarged` widens the ventricles."""
    tissues = head(grid, 0, 0, 0.76, 0.92)
    cortex(tissues, grid, 0, 0, 0.66, 0.82, rng)
    tissues[(np.abs(grid.x) < 0.014) & (np.abs(grid.y) < 0.8) & (np.abs(grid.y) > 0.3)] = Tissue.FLUID
    for side in (-1, 1):
        tissues[ellipse(grid, side * 0.2, 0.04, 0.12, 0.18)] = Tissue.GREY  # deep grey nuclei
        horn = (0.17, 0.3) if enlarged else (0.05, 0.2)
        tissues[ellipse(grid, side * (0.03 + horn[0]), -0.2, *horn, side * 18)] = Tissue.FLUID
        tissues[ellipse(grid, side * (0.06 + horn[0]), 0.28, *horn, side * -18)] = Tissue.FLUID
    sides = [[(side * 0.08, 0.12), (side * 0.3, 0.06), (side * 0.56, 0.1)] for side in (-1, 1)]
    vessels(tissues, grid, [(0, 0.8), (0, 0.4)], [(0, -0.78), (0, -0.5)], *sides)
    return tissues


def coronal(grid: Grid, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the coronal slice through the third ventricle, with the temporal lobes, the skull base and the neck."""
    tissues = head(grid, 0, -0.12, 0.78, 0.8)
    neck(tissues, grid, 0, 0.52)
    cortex(tissues, grid, 0, -0.2, 0.67, 0.6, rng)
    for side in (-1, 1):
        cortex(tissues, grid, side * 0.36, 0.3, 0.26, 0.2, rng)
        horn = (0.19, 0.26) if enlarged else (0.06, 0.16)
        tissues[ellipse(grid, side * (0.03 + horn[0]), -0.24, *horn, side * 30)] = Tissue.FLUID
        tissues[ellipse(grid, side * 0.24, 0.02, 0.1, 0.14)] = Tissue.GREY
    tissues[ellipse(grid, 0, 0.42, 0.15, 0.3)] = Tissue.WHITE  # brain stem
    tissues[ellipse(grid, 0, 0.02, 0.08 if enlarged else 0.03, 0.14)] = Tissue.FLUID
    tissues[(np.abs(grid.x) < 0.014) & (grid.y < -0.4) & (grid.y > -0.8)] = Tissue.FLUID
    sides = [[(side * 0.06, 0.18), (side * 0.34, 0.1), (side * 0.6, 0.02)] for side in (-1, 1)]
    vessels(tissues, grid, [(0, -0.78), (0, -0.68)], *sides)
    return tissues


def sagittal(grid: Grid, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the sagittal slice through the midline; the face looks to the left, as anterior does in every side view here."""
    tissues = head(grid, 0.06, -0.18, 0.86, 0.74)
    neck(tissues, grid, 0.16, 0.56)
    tissues[ellipse(grid, -0.46, 0.44, 0.36, 0.46)] = Tissue.FAT  # face
    tissues[ellipse(grid, -0.44, 0.44, 0.3, 0.42)] = Tissue.MUSCLE
    tissues[ellipse(grid, -0.82, 0.36, 0.09, 0.14, -30)] = Tissue.FAT  # nose
    tissues[ellipse(grid, -0.54, 0.36, 0.13, 0.05)] = Tissue.AIR  # sinus and pharynx
    tissues[ellipse(grid, -0.26, 0.68, 0.045, 0.26, 8)] = Tissue.AIR
    cortex(tissues, grid, 0.06, -0.22, 0.76, 0.6, rng)
    tissues[(radius(grid, 0, 0.0, 0.4, 0.3) > 0.8) & ellipse(grid, 0, 0.0, 0.42, 0.32) & (grid.y < 0.02)] = Tissue.WHITE  # corpus callosum
    tissues[ellipse(grid, 0, -0.04, 0.32, 0.2 if enlarged else 0.07, 5)] = Tissue.FLUID
    tissues[ellipse(grid, 0.02, 0.1, 0.17, 0.11)] = Tissue.GREY
    cortex(tissues, grid, 0.48, 0.36, 0.26, 0.22, rng)  # cerebellum
    tissues[ellipse(grid, 0.1, 0.32, 0.11, 0.26, -8)] = Tissue.WHITE
    tissues[(np.abs(grid.x - 0.17 - 0.05 * grid.y) < 0.06) & (grid.y > 0.45)] = Tissue.WHITE  # cord
    over_the_callosum = [(-0.45, -0.3), (-0.2, -0.48), (0.2, -0.46), (0.44, -0.2)]
    vessels(tissues, grid, over_the_callosum, [(-0.05, 0.4), (-0.02, 0.62)], [(0.5, 0.12), (0.8, -0.05)])
    return tissues


def head(grid: Grid, cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
    """Return a head without its brain: air, scalp, skull, and fluid inside the skull."""
    distance = radius(grid, cx, cy, rx, ry)
    edges = np.array([0.88, 0.945, 1.0], dtype=np.float32)
    layers = np.array([Tissue.FLUID, Tissue.BONE, Tissue.FAT, Tissue.AIR], dtype=np.uint8)
    return layers[np.searchsorted(edges, distance)]


def neck(tissues: np.ndarray, grid: Grid, cx: float, half_width: float) -> None:
    free = (tissues == Tissue.AIR) & (grid.y > 0.3)
    tissues[free & (np.abs(grid.x - cx) < half_width)] = Tissue.FAT
    tissues[free & (np.abs(grid.x - cx) < half_width - 0.07)] = Tissue.MUSCLE
    spine = (np.abs(grid.x - cx - 0.08) < 0.13) & (grid.y > 0.62)
    tissues[spine] = np.where(np.sin(grid.y[spine] * 26) > -0.6, Tissue.MARROW, Tissue.FLUID)


def cortex(tissues: np.ndarray, grid: Grid, cx: float, cy: float, rx: float, ry: float, rng: Generator) -> None:
    """Draw a folded ribbon of grey matter around white matter, with fluid in the folds, in place."""
    distance = radius(grid, cx, cy, rx, ry)
    angle = np.arctan2((grid.y - cy) / ry, (grid.x - cx) / rx)
    num, phase = int(rng.integers(13, 18)), rng.uniform(0, 6.28)
    folds = np.abs(np.sin(angle * num / 2 + np.float32(phase)))
    tissues[distance < 1 - 0.14 * (folds < 0.22)] = Tissue.GREY
    tissues[distance < 0.88 - 0.2 * (folds < 0.5)] = Tissue.WHITE


def vessels(tissues: np.ndarray, grid: Grid, *lines: list[tuple[float, float]]) -> None:
    for line in lines:
        tissues[stroke(grid, np.array(line), 0.03) > 0] = Tissue.BLOOD
