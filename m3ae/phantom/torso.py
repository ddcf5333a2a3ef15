"""Slices of chest and abdomen as maps of tissues: axial and coronal. All maps are uint8 (P, P) of `Tissue`.

The liver lies on the image's left, the patient's right.
"""

import numpy as np
from numpy.random import Generator

from m3ae.phantom.shapes import Grid, box, ellipse, radius, stroke
from m3ae.phantom.tissues import Tissue


def abdomen_axial(grid: Grid, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the axial slice at the kidneys. `enlarged` gives the aorta an aneurysm."""
    tissues = body(grid, 0.96, 0.76, rng.uniform(0.1, 0.16))
    tissues[ellipse(grid, -0.44, -0.12, 0.42, 0.46, -12) & (grid.x < 0.06)] = Tissue.LIVER
    tissues[ellipse(grid, -0.06, -0.34, 0.32, 0.2, 12)] = Tissue.LIVER
    tissues[ellipse(grid, 0.42, -0.3, 0.3, 0.24, -15)] = Tissue.BOWEL  # stomach, its gas on top
    tissues[ellipse(grid, 0.38, -0.4, 0.17, 0.09)] = Tissue.AIR
    tissues[ellipse(grid, 0.66, 0.06, 0.14, 0.3, 15)] = Tissue.SPLEEN
    tissues[ellipse(grid, 0.16, -0.06, 0.26, 0.09, -18)] = Tissue.BOWEL  # pancreas
    for side in (-1, 1):
        kidney(tissues, grid, side * 0.43, 0.28, 0.17, 0.2, side * 20)
        tissues[ellipse(grid, side * 0.22, 0.52, 0.15, 0.13)] = Tissue.MUSCLE
    spine(tissues, grid, 0.42)
    width = 0.17 if enlarged else 0.07
    tissues[ellipse(grid, 0.06, 0.24 - width, width, width)] = Tissue.BLOOD
    tissues[ellipse(grid, -0.14, 0.14, 0.09, 0.06)] = Tissue.BLOOD
    for x, y in ((-0.5, -0.1), (-0.36, -0.26), (-0.3, 0.02), (-0.58, 0.06)):
        tissues[ellipse(grid, x, y, 0.05, 0.03, 30)] = Tissue.BLOOD
    return tissues


def abdomen_coronal(grid: Grid, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the coronal slice from the diaphragm to the pelvis. `enlarged` gives the aorta an aneurysm."""
    tissues = upright(grid, 0.8, rng.uniform(0.08, 0.14))
    for side in (-1, 1):
        tissues[ellipse(grid, side * 0.36, -1.0, 0.32, 0.36)] = Tissue.LUNG
        kidney(tissues, grid, side * 0.34, 0.14, 0.13, 0.25, side * 12)
        tissues[ellipse(grid, side * 0.46, 0.74, 0.26, 0.16, side * 42)] = Tissue.BONE
        tissues[ellipse(grid, side * 0.46, 0.74, 0.21, 0.11, side * 42)] = Tissue.MARROW
    tissues[ellipse(grid, -0.36, -0.42, 0.36, 0.3, -14)] = Tissue.LIVER
    tissues[ellipse(grid, -0.02, -0.52, 0.24, 0.14)] = Tissue.LIVER
    tissues[ellipse(grid, 0.5, -0.42, 0.17, 0.24, -12)] = Tissue.SPLEEN
    tissues[ellipse(grid, 0.26, -0.54, 0.14, 0.12)] = Tissue.BOWEL
    for x, y in rng.uniform((-0.42, 0.3), (0.42, 0.6), (5, 2)):
        tissues[ellipse(grid, x, y, 0.12, 0.08, rng.uniform(-60, 60))] = Tissue.BOWEL
    tissues[ellipse(grid, 0, 0.84, 0.2, 0.14)] = Tissue.FLUID  # bladder
    width = 0.15 if enlarged else 0.05
    tissues[stroke(grid, np.array([(0.04, -0.66), (0.04, 0.42)]), 0.05) > 0] = Tissue.BLOOD
    tissues[ellipse(grid, 0.04, 0.06, width, 0.26)] = Tissue.BLOOD
    for side in (-1, 1):
        tissues[stroke(grid, np.array([(0.04, 0.4), (side * 0.2, 0.72)]), 0.045) > 0] = Tissue.BLOOD
    return tissues


def chest_axial(grid: Grid, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the axial slice at the ventricles of the heart, which `enlarged` makes big."""
    tissues = body(grid, 0.97, 0.72, rng.uniform(0.06, 0.1))
    for side in (-1, 1):
        tissues[ellipse(grid, side * 0.46, -0.02, 0.34, 0.52, side * -8)] = Tissue.LUNG
    tissues[box(grid, 0, -0.02, 0.15, 0.42)] = Tissue.FAT
    large = 1.5 if enlarged else 1.0
    tissues[ellipse(grid, 0.1 * large, -0.16, 0.24 * large, 0.17 * large, 28)] = Tissue.MUSCLE
    tissues[ellipse(grid, 0.02, -0.2, 0.11 * large, 0.09 * large, 28)] = Tissue.BLOOD
    tissues[ellipse(grid, 0.18 * large, -0.1, 0.11 * large, 0.08 * large, 28)] = Tissue.BLOOD
    spine(tissues, grid, 0.4)
    tissues[ellipse(grid, 0.1, 0.24, 0.075, 0.075)] = Tissue.BLOOD
    tissues[ellipse(grid, 0, -0.6, 0.12, 0.035)] = Tissue.BONE  # sternum
    ribs_cut_across(tissues, grid)
    for x, y in ((-0.3, 0.02), (-0.42, 0.16), (0.36, 0.14), (0.46, 0.24), (-0.34, -0.2)):
        tissues[ellipse(grid, x, y, 0.035, 0.022, 40)] = Tissue.BLOOD
    return tissues


def chest_coronal(grid: Grid, enlarged: bool, rng: Generator) -> np.ndarray:
    """Draw the coronal slice through the trachea and the heart, down to the dome of the liver."""
    tissues = upright(grid, 0.86, rng.uniform(0.05, 0.09))
    for side in (-1, 1):
        tissues[ellipse(grid, side * 0.42, 0.02, 0.32, 0.74, side * 6) & (grid.y < 0.52)] = Tissue.LUNG
    tissues[ellipse(grid, -0.4, 0.66, 0.42, 0.24)] = Tissue.LIVER
    tissues[ellipse(grid, 0.46, 0.7, 0.28, 0.2)] = Tissue.SPLEEN
    large = 1.55 if enlarged else 1.0
    tissues[ellipse(grid, 0.1 * large, 0.24, 0.23 * large, 0.24 * large, 35)] = Tissue.MUSCLE
    tissues[ellipse(grid, 0.1 * large, 0.24, 0.15 * large, 0.15 * large, 35)] = Tissue.BLOOD
    tissues[stroke(grid, np.array([(0.02, 0.1), (0.0, -0.22), (0.12, -0.34), (0.16, -0.2)]), 0.07) > 0] = Tissue.BLOOD
    tissues[(np.abs(grid.x + 0.02) < 0.045) & (grid.y < -0.3)] = Tissue.AIR
    for side in (-1, 1):
        for y in np.arange(-0.6, 0.9, 0.25):
            tissues[ellipse(grid, side * (0.76 - 0.1 * (y < -0.5)), y, 0.032, 0.06, side * -20)] = Tissue.BONE
        for angle in rng.uniform(-70, 70, 5):
            reach = np.array([side * np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))]) * 0.36
            tissues[stroke(grid, np.array([(side * 0.18, -0.1), reach + (side * 0.18, -0.1)]), 0.014) > 0] = Tissue.BLOOD
    return tissues


def body(grid: Grid, rx: float, ry: float, fat: float) -> np.ndarray:
    """Return a trunk cut across: skin, fat `fat` wide, muscle, and fat between the organs to come."""
    distance = radius(grid, 0, 0, rx, ry)
    edges = np.array([0.9 - fat, 0.98 - fat, 0.975, 1.0], dtype=np.float32)
    layers = np.array([Tissue.FAT, Tissue.MUSCLE, Tissue.FAT, Tissue.SKIN, Tissue.AIR], dtype=np.uint8)
    return layers[np.searchsorted(edges, distance)]


def upright(grid: Grid, half_width: float, fat: float) -> np.ndarray:
    """Return a trunk cut lengthwise, running off the image above and below."""
    distance = np.abs(grid.x) / (half_width * (1 + 0.06 * np.cos(grid.y * 2.5)))
    edges = np.array([0.9 - fat, 0.98 - fat, 0.975, 1.0], dtype=np.float32)
    layers = np.array([Tissue.FAT, Tissue.MUSCLE, Tissue.FAT, Tissue.SKIN, Tissue.AIR], dtype=np.uint8)
    return layers[np.searchsorted(edges, distance)]


def kidney(tissues: np.ndarray, grid: Grid, cx: float, cy: float, rx: float, ry: float, angle: float) -> None:
    tissues[ellipse(grid, cx, cy, rx, ry, angle)] = Tissue.KIDNEY
    tissues[ellipse(grid, cx * 0.88, cy, rx * 0.4, ry * 0.5, angle)] = Tissue.FAT


def spine(tissues: np.ndarray, grid: Grid, cy: float) -> None:
    """Draw a vertebra, its canal and its processes, seen from below, in place."""
    for angle in (0, 55, -55):
        reach = np.array([(0, cy + 0.12), (0.2 * np.sin(np.deg2rad(angle)), cy + 0.12 + 0.18 * np.cos(np.deg2rad(angle)))])
        tissues[stroke(grid, reach, 0.045) > 0] = Tissue.BONE
    tissues[ellipse(grid, 0, cy, 0.15, 0.12)] = Tissue.BONE
    tissues[ellipse(grid, 0, cy, 0.12, 0.09)] = Tissue.MARROW
    tissues[ellipse(grid, 0, cy + 0.15, 0.07, 0.05)] = Tissue.FLUID


def ribs_cut_across(tissues: np.ndarray, grid: Grid) -> None:
    distance, angle = radius(grid, 0, 0, 0.97, 0.72), np.arctan2(grid.y, grid.x)
    tissues[(np.abs(distance - 0.87) < 0.035) & (np.sin(angle * 9) > 0.35)] = Tissue.BONE
