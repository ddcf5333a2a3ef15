"""Reconstructions and attention as pictures that can be shown to others."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from m3ae.ask.attend import Attention
from m3ae.ask.heat import HEAT, limits
from m3ae.ask.opened import NOT_FOR_PATIENTS
from m3ae.ask.reconstruct import Reconstruction

PANEL_INCHES, SCALE_INCHES, DPI = 2.6, 1.2, 160
MOST_COLUMNS = 5
GREY = "#555555"


def draw_reconstructions(rows: list[Reconstruction], model: str, out: Path) -> None:
    """Write a PNG with a row for each mask ratio: the original, what the encoder saw, and the reconstruction with its error."""
    figure, axes = panels(len(rows), 3)
    for row, found in zip(axes, rows, strict=True):
        titles = ("original", f"seen: {1 - found.mask_ratio:.0%} of the patches", f"reconstructed; error {found.error:.1f} of 255")
        for panel, pixels, title in zip(row, (found.original, found.seen, found.reconstructed), titles, strict=True):
            show(panel, pixels, title)
    save(figure, f"{model} · hidden patches painted with their true mean and contrast · error: mean absolute, hidden patches", out)


def draw_attention(attention: Attention, text: str, model: str, out: Path) -> None:
    """Write a PNG with the image and, for each word, the image under a map of where that word looks; one colour scale for all."""
    num_panels = 1 + len(attention.words)
    columns = min(num_panels, MOST_COLUMNS)
    figure, axes = panels(-(-num_panels // columns), columns, SCALE_INCHES)
    for panel in axes.flat[num_panels:]:
        panel.axis("off")
    show(axes.flat[0], attention.image, "image, as the model sees it")
    even, highest = limits(word.weights for word in attention.words)
    for panel, word in zip(axes.flat[1:num_panels], attention.words, strict=True):
        show(panel, attention.image, word.word)
        side = attention.image.shape[0]
        heat = panel.imshow(word.weights, HEAT, extent=(0, side, side, 0), vmin=even, vmax=highest, interpolation="bilinear")
    scale = figure.colorbar(heat, ax=axes, shrink=0.8, format=lambda value, _: f"{value:.1%}")
    scale.set_label(f"share of the word's attention\n(evenly spread: {even:.1%})", fontsize=8)
    save(figure, f"“{text}” · {model}", out)


def panels(rows: int, columns: int, beside: float = 0.0) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(PANEL_INCHES * columns + beside, (PANEL_INCHES + 0.3) * rows + 0.4), dpi=DPI, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def show(panel: Axes, pixels: np.ndarray, title: str) -> None:
    side = pixels.shape[0]
    panel.imshow(pixels, extent=(0, side, side, 0), interpolation="nearest")
    panel.set_title(title, fontsize=9)
    panel.set_xticks([])
    panel.set_yticks([])


def save(figure: Figure, caption: str, out: Path) -> None:
    figure.supxlabel(f"{caption} · {NOT_FOR_PATIENTS}", fontsize=7, color=GREY)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, format="png", metadata={"Description": caption, "Software": None})
