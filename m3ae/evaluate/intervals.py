"""95% intervals of scores and of gains, from which items each run had right.

Two things vary: which images were tested, and the luck of training. Questions on one image are not independent, so an image with all its
questions is what is drawn. Every run, a seed, answers every image: runs and images are crossed, as readers and cases are in a study of
diagnostic accuracy. The variance of the mean over runs is theirs (Hillis 2014, Stat Med 33:330, the marginal-mean analysis):
(MS_runs + max(MS_images - MS_rest, 0)) / (runs x images), from the mean squares of a two-way analysis of variance of the images' totals.
Three seeds say little of how much seeds vary: Student's t has 2 degrees of freedom for that part. The quantile is the mean of both parts'
quantiles, weighted by their variances (Cochran 1964, Biometrics 20:191): 93 to 97% coverage in simulations, where Satterthwaite's degrees
of freedom fell to 92%, for seeds that agree by luck earn too many of them. With one run nothing is known of training, and the interval
leaves it out.

A share's interval is Wilson's at the effective sample size, that with this variance (Korn and Graubard 1998, Survey Methodology 24:193):
it stays within 0 and 100% and has a width at both, which a bootstrap of the items has not.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.stats import t as student

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """Percent, or points."""

    low: float
    high: float

    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


class Estimate(NamedTuple):
    """A mean over runs and items, and what is known of its error."""

    mean: float
    variance: float
    quantile: float  # standard errors either way that hold 95%


class Outcomes(NamedTuple):
    """What R runs made of N items; of each item, its image."""

    right: np.ndarray  # (R, N), 0 or 1
    images: np.ndarray  # (N,)


def outcomes(runs: Sequence[pl.DataFrame]) -> Outcomes:
    """Return the items that all runs have, matched by `id`; a run is one score's rows, as `items` gives them."""
    table = runs[0].select("id", "image_id", "right")
    for number, run in enumerate(runs[1:], 1):
        table = table.join(run.select("id", pl.col("right").alias(f"right_{number}")), on="id", maintain_order="left")
    return Outcomes(table.drop("id", "image_id").to_numpy().T, table["image_id"].to_numpy())


def score_interval(runs: Sequence[pl.DataFrame]) -> Interval | None:
    """Return the interval of a score's mean over `runs`; None for fewer than two images, which do not say how images vary."""
    found = outcomes(runs)
    return percent(*wilson(found.right, found.images)) if several(found.images) else None


def gain_interval(ours: Sequence[pl.DataFrame], theirs: Sequence[pl.DataFrame]) -> Interval | None:
    """Return the interval of the points by which `ours` is above `theirs`, run against run on the same items; None as for a score."""
    both = outcomes([*ours, *theirs])
    if not several(both.images):
        return None
    return percent(*difference(both.right[: len(ours)] - both.right[len(ours) :], both.images))


def several(images: np.ndarray) -> bool:
    return len(np.unique(images)) > 1


def percent(low: float, high: float) -> Interval:
    return Interval(100 * low, 100 * high)


def estimate(values: np.ndarray, images: np.ndarray) -> Estimate:
    """Return the mean of `values` (R, N), and its variance over images and runs.

    Images hold different numbers of items, so the mean is a ratio, and an image's part in its error the linearised one: its total less
    the mean of as many items. Parts are whole numbers until the end: what does not vary has a variance of exactly 0.
    """
    image = np.unique(images, return_inverse=True)[1]
    sizes, totals = np.bincount(image), np.stack([np.bincount(image, row) for row in values])
    num_runs, num_images = totals.shape
    parts = values.size * totals - values.sum() * sizes  # (R, C images), 0 on average
    of_run, of_image = parts.mean(axis=1, keepdims=True), parts.mean(axis=0)
    run_freedom, image_freedom = max(num_runs - 1, 1), num_images - 1
    runs = num_images * np.sum(of_run**2) / run_freedom  # mean squares; 0 for one run
    rest = np.sum((parts - of_run - of_image) ** 2) / (run_freedom * image_freedom)
    both = np.array([runs, max(num_runs * np.sum(of_image**2) / image_freedom - rest, 0)])
    quantiles = student.ppf((1 + CONFIDENCE) / 2, [run_freedom, image_freedom])
    quantile = np.average(quantiles, weights=both) if both.any() else quantiles[1]
    unit = num_images / (len(image) * values.size)  # of a part, on the scale of the mean
    return Estimate(float(values.mean()), float(both.sum() / totals.size * unit**2), float(quantile))


def wilson(right: np.ndarray, images: np.ndarray) -> tuple[float, float]:
    """Return the interval of a share, within 0 and 1.

    The effective sample size is at most one draw for each item of each run; where nothing varies the items' number stands for it.
    """
    share, variance, quantile = estimate(right, images)
    spread = share * (1 - share)
    size = min(spread / variance, right.size) if spread and variance else right.shape[1]
    widening = quantile**2 / size
    middle = (share + widening / 2) / (1 + widening)
    half = sqrt(widening * (spread + widening / 4)) / (1 + widening)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def difference(gains: np.ndarray, images: np.ndarray) -> tuple[float, float]:
    """Return the interval of the mean of `gains` (R, N): 1 = won, -1 = lost, 0 = the same.

    The shares won and lost have Wilson's intervals, and the distances to their ends add as errors that are correlated do (Newcombe 1998,
    Stat Med 17:2635; Zou and Donner 2008, Stat Med 27:1693). So two runs that never differ have an interval, too. Of several runs the
    correlation is a guess, which one of 1.3 has shown: neither end is nearer than Student's t of the gains themselves says.
    """
    won, lost = (gains > 0).astype(float), (gains < 0).astype(float)
    gain, up, down = (estimate(values, images) for values in (gains, won, lost))
    (up_low, up_high), (down_low, down_high) = wilson(won, images), wilson(lost, images)
    both = sqrt(up.variance * down.variance)
    correlation = float(np.clip((up.variance + down.variance - gain.variance) / (2 * both), -1, 1)) if both else 0.0
    least = gain.quantile * sqrt(gain.variance) if len(gains) > 1 else 0.0
    below = max(added(up.mean - up_low, down_high - down.mean, correlation), least)
    above = max(added(up_high - up.mean, down.mean - down_low, correlation), least)
    return gain.mean - below, gain.mean + above


def added(first: float, second: float, correlation: float) -> float:
    return sqrt(max(first**2 + second**2 - 2 * correlation * first * second, 0))


def mean_interval(means: Sequence[float], intervals: Sequence[Interval]) -> Interval:
    """Return the interval of the mean of independent `means`, in the intervals' unit: the distances to the ends add as squares."""
    middle, ends = np.mean(means), np.asarray(intervals) - np.asarray(means)[:, None]
    return Interval(*(middle + np.array([-1, 1]) * np.linalg.norm(ends, axis=0) / len(means)).tolist())
