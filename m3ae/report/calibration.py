"""Whether a model's confidence can be believed: of the answers given with 80%, are 80% right?

Confidence is what the model gives the answer that it chose. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from m3ae.report.vector import FIRST, NEUTRAL, SECOND, Picture, picture, styled

NUM_BINS = 10  # of equal width


@dataclass(frozen=True)
class Bin:
    """The answers of about one confidence: their number, mean confidence and how many are right, as shares of 1."""

    num_rows: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Calibration:
    """One model's bins that hold answers; `error` is the expected calibration error, the mean gap between both shares, in points."""

    model: str
    bins: tuple[Bin, ...]
    error: float


def calibration(model: str, rows: polars.DataFrame) -> Calibration:
    """Return how the confidence in `rows` goes with being right; `rows` hold best_scores and score."""
    sure = rows.select(confidence=polars.col("best_scores").list.first().clip(0, 1), right=polars.col("score"))
    binned = sure.with_columns(bin=(polars.col("confidence") * NUM_BINS).floor().clip(0, NUM_BINS - 1))
    means = polars.len().alias("num_rows"), polars.mean("confidence"), polars.mean("right")
    bins = tuple(Bin(*row) for row in binned.group_by("bin").agg(*means).sort("bin").drop("bin").iter_rows())
    gaps = sum(part.num_rows * abs(part.confidence - part.right) for part in bins)
    return Calibration(model, bins, 100 * gaps / len(rows))


def reliability(task: str, title: str, found: Sequence[Calibration]) -> Picture:
    """Draw the share of right answers over their confidence, a line a model; the larger a dot, the more answers it stands for."""
    with styled():
        figure = Figure(figsize=(3.6, 3.4), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=NEUTRAL, linestyle=(0, (4, 3)), linewidth=1, label="confidence is right")
        for model, colour in zip(found, (FIRST, SECOND), strict=False):
            draw_model(axes, model, colour)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share of right answers", aspect="equal")
        axes.legend(fontsize=8, loc="upper left")
        told = "; ".join(f"{model.model}, calibration error {model.error:.1f} points" for model in found)
        return picture(figure, f"calibration_{task}", f"Reliability diagram of {title}: {told}")


def draw_model(axes: Axes, model: Calibration, colour: str) -> None:
    num_rows = sum(part.num_rows for part in model.bins)
    confidence, right = [part.confidence for part in model.bins], [part.right for part in model.bins]
    axes.plot(confidence, right, color=colour, linewidth=1.2, label=model.model)
    axes.scatter(confidence, right, [12 + 200 * part.num_rows / num_rows for part in model.bins], color=colour, alpha=0.7, linewidths=0)
