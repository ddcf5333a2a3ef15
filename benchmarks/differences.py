"""Differences with their intervals, as a figure."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure


class Difference(NamedTuple):
    """Points; the interval is None where nothing tells how the mean varies."""

    mean: float
    interval: tuple[float, float] | None


def drawn(rows: Sequence[tuple[str, Difference | None]], axis: str) -> Figure:
    """Draw a line for each named difference, the first at the top; one that is None has its name alone."""
    figure = Figure(figsize=(7, 1.2 + 0.35 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for place, (_, difference) in enumerate(reversed(rows)):
        if difference:
            mean, (low, high) = difference.mean, difference.interval or (difference.mean, difference.mean)
            axes.errorbar(mean, place, xerr=[[mean - low], [high - mean]], fmt="o", color="#2b6cb0", capsize=3)
    axes.axvline(0, color="#8a94a3", linewidth=1)
    axes.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)])
    figure.supxlabel(axis, fontsize=10)  # of the figure: long names leave the axes little room
    axes.spines[["top", "right"]].set_visible(False)
    return figure
