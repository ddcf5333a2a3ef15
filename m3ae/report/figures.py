"""The curves of pre-training: one small figure an objective and one for their sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from m3ae.report.vector import FIRST, NEUTRAL, SECOND, Picture, picture, styled

NUM_WINDOWS = 40  # the running mean spans this share of the run
Line = tuple[list[float], list[float]]  # steps, values


@dataclass(frozen=True)
class Curve:
    """What one figure draws: columns of the two tables, and the axis with its unit."""

    name: str
    title: str
    unit: str
    validation: str = ""  # column of the validation table


CURVES = (
    Curve("total", "Total loss", "weighted sum of the objectives"),
    Curve("mlm", "Masked language modelling", "cross-entropy, nats per masked token", "mlm_loss"),
    Curve("mim", "Masked image modelling", "squared error of normalised pixels", "mim_loss"),
    Curve("itm", "Image-text matching", "cross-entropy, nats per pair", "itm_loss"),
)


def curve_pictures(train: Path, validation: Path, levels: dict[str, tuple[float, str]], synthetic: bool) -> list[Picture]:
    """Draw one picture a curve, always; it says so where nothing was recorded, and where the data are synthetic.

    `levels` maps a curve's name to (value, label) of a line to compare with.
    """
    tables = read_table(train), read_table(validation)
    return [draw(curve, *tables, levels.get(curve.name), synthetic) for curve in CURVES]


def read_table(path: Path) -> polars.DataFrame:
    """Read the CSV file at `path`; return an empty table where there is none."""
    return polars.read_csv(path, infer_schema_length=None, raise_if_empty=False) if path.is_file() else polars.DataFrame()


def series(table: polars.DataFrame, column: str) -> Line:
    """Return (steps, values) where a finite value was recorded."""
    if not column or column not in table.columns or "step" not in table.columns:
        return [], []
    known = table.select("step", polars.col(column).cast(polars.Float64, strict=False)).drop_nulls()
    known = known.filter(polars.col(column).is_finite())
    return known["step"].to_list(), known[column].to_list()


def running_mean(values: Sequence[float], window: int) -> list[float]:
    """Return the mean of up to `window` values around each one; fewer at the ends."""
    half = window // 2
    near = [values[max(0, place - half) : place + half + 1] for place in range(len(values))]
    return [sum(part) / len(part) for part in near]


def draw(curve: Curve, train: polars.DataFrame, validation: polars.DataFrame, level: tuple[float, str] | None, synthetic: bool) -> Picture:
    with styled():
        figure = Figure(figsize=(4.4, 2.9), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(curve.title, loc="left", fontsize=10.5, fontweight="bold")
        axes.set_title("synthetic data" if synthetic else "", loc="right", fontsize=8, color=SECOND)
        lines = series(train, curve.name), series(validation, curve.validation)
        if not plot_lines(axes, *lines):
            say_nothing_recorded(axes)
        else:
            finish(axes, curve, level)
        return picture(figure, f"loss_{curve.name}", described(curve, *lines))


def described(curve: Curve, train: Line, validation: Line) -> str:
    """Return what the picture tells, in a sentence: how far each line falls or rises."""
    lines = {"train": train, "validation": validation}
    told = [f"{name} from {values[0]:.3g} to {values[-1]:.3g}" for name, (_, values) in lines.items() if values]
    return f"{curve.title} over the optimiser's steps: {', '.join(told) or 'nothing recorded'}"


def plot_lines(axes: Axes, train: Line, validation: Line) -> bool:
    """Draw what is there; return False where nothing is."""
    steps, values = train
    if steps:
        smooth = len(values) >= 2 * NUM_WINDOWS
        axes.plot(steps, values, color=FIRST, linewidth=0.8 if smooth else 1.6, alpha=0.3 if smooth else 1, label="" if smooth else "train")
    if steps and smooth:
        axes.plot(steps, running_mean(values, len(values) // NUM_WINDOWS), color=FIRST, linewidth=1.6, label="train (running mean)")
    if validation[0]:
        axes.plot(*validation, color=SECOND, marker="o", markersize=3.5, linewidth=0.8, label="validation")
    return bool(steps or validation[0])


def finish(axes: Axes, curve: Curve, level: tuple[float, str] | None) -> None:
    if level:
        axes.axhline(level[0], color=NEUTRAL, linestyle=(0, (4, 3)), linewidth=1, label=level[1])
    axes.set_xlabel("step of the optimiser")
    axes.set_ylabel(curve.unit, fontsize=8)
    axes.margins(x=0.02, y=0.1)
    axes.legend(fontsize=8, loc="best")


def say_nothing_recorded(axes: Axes) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, "nothing recorded", ha="center", va="center", transform=axes.transAxes, color=NEUTRAL)
