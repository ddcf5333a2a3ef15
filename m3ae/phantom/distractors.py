"""What images show and no text mentions: burned-in letters, scale ticks, electrodes, collimation, exposure.

Images are float32, (P, P) grey or (P, P, 3) colour, 0 to 1.
"""

from functools import cache

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from m3ae.phantom.latent import pick
from m3ae.phantom.shapes import Grid, ellipse, stroke

LETTERS = ("R", "L", "AP", "PA", "7", "W 400", "SE 3", "IM 12", "H", "FOV 24")


def wires(image: np.ndarray, still: Grid, rng: Generator) -> None:
    """Draw electrodes on thin curved leads in place, as on every second bedside radiograph."""
    for _ in range(int(rng.integers(0, 4))):
        start = rng.uniform((-0.8, -0.75), (0.8, 0.4))
        end = start + rng.uniform((-0.5, 0.4), (0.5, 0.9))
        middle = (start + end) / 2 + rng.uniform(-0.2, 0.2, 2)
        image += 0.18 * stroke(still, np.array([start, middle, end]), 0.018)
        x, y = start
        image[ellipse(still, x, y, 0.035, 0.035)] += 0.25


def collimate(image: np.ndarray, still: Grid, rng: Generator) -> None:
    """Draw black borders in place, a different width on each side, or none."""
    left, right, top, bottom = 1 - rng.uniform(-0.1, 0.12, 4)
    image[(still.x < -left) | (still.x > right) | (still.y < -top) | (still.y > bottom)] = 0.01


def ticks(image: np.ndarray, still: Grid, rng: Generator) -> None:
    """Draw a scale at the right edge, in place."""
    steps = np.abs(np.mod(still.y * rng.uniform(4, 7), 1) - 0.5) > 0.44
    image[steps & (still.x > 0.95) & (np.abs(still.y) < 0.7)] = 0.8


def expose(image: np.ndarray, rng: Generator) -> np.ndarray:
    """Return the image at another gamma, contrast and brightness each time, clipped to 0 to 1."""
    gamma, gain, lift = rng.uniform(0.85, 1.18), rng.uniform(0.9, 1.08), rng.uniform(-0.02, 0.04)
    return np.clip(np.clip(image, 0, 1) ** np.float32(gamma) * np.float32(gain) + np.float32(lift), 0, 1)


def letters(image: Image.Image, rng: Generator) -> None:
    """Draw up to three burned-in marks in the corners, in place."""
    side = image.size[0]
    corners = ((0.02, 0.02), (0.86, 0.02), (0.02, 0.9), (0.8, 0.9))
    for corner in rng.permutation(4)[: int(rng.integers(0, 4))]:
        across, down = corners[corner]
        white = 215 if image.mode == "L" else (215, 215, 215)
        ImageDraw.Draw(image).text((across * side, down * side), pick(rng, LETTERS), fill=white, font=font(max(6, round(side * 0.06))))


@cache
def font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)
