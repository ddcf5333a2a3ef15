"""Figures that are no radiology: a bar chart, a scatter plot or a stained section. Readers have to leave them out."""

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

CAPTIONS = (
    "Bar chart of survival by treatment group.",
    "Scatter plot of serum level against age.",
    "Photomicrograph of the resected specimen, hematoxylin and eosin stain.",
)


def draw_chart(image_px: int, rng: Generator) -> Image.Image:
    """Draw a figure in RGB, `image_px` square; `chart_caption` with a generator in the same state fits it."""
    return (bars, dots, section)[int(rng.integers(3))](image_px, rng)


def chart_caption(rng: Generator) -> str:
    return CAPTIONS[int(rng.integers(3))]


def axes(image_px: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (image_px, image_px), "white")
    pen = ImageDraw.Draw(image)
    low, high = image_px * 0.12, image_px * 0.9
    pen.line([(low, low), (low, high), (high, high)], fill="black", width=max(1, image_px // 96))
    return image, pen


def bars(image_px: int, rng: Generator) -> Image.Image:
    image, pen = axes(image_px)
    for index, height in enumerate(rng.uniform(0.15, 0.75, 5)):
        left = (0.17 + 0.145 * index) * image_px
        colour = tuple(map(int, rng.integers(40, 200, 3)))
        pen.rectangle([left, (0.9 - height) * image_px, left + 0.09 * image_px, 0.9 * image_px], fill=colour)
    return image


def dots(image_px: int, rng: Generator) -> Image.Image:
    image, pen = axes(image_px)
    for x, y in rng.uniform(0.16, 0.86, (40, 2)) * image_px:
        pen.ellipse([x, y, x + image_px * 0.02, y + image_px * 0.02], fill=(30, 60, 160))
    return image


def section(image_px: int, rng: Generator) -> Image.Image:
    image = Image.new("RGB", (image_px, image_px), (238, 190, 214))
    pen = ImageDraw.Draw(image)
    for x, y in rng.uniform(0, 1, (160, 2)) * image_px:
        size = rng.uniform(0.008, 0.02) * image_px
        pen.ellipse([x - size, y - size, x + size, y + size], fill=tuple(map(int, rng.integers((90, 40, 120), (140, 90, 180)))))
    return Image.fromarray(np.asarray(image) - rng.integers(0, 12, (image_px, image_px, 1), dtype=np.uint8))
