"""Two versions of the pipeline on the same test items: which differences are more than luck of images and, with several seeds, of training.

A is what B is compared with. Names of scores are those of the metric files.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy.stats import false_discovery_control, permutation_test

from m3ae.evaluate.intervals import Interval, gain_interval, outcomes
from m3ae.evaluate.items import MAIN, RANKS, items
from m3ae.evaluate.revisions import Runs
from m3ae.tasks import TASKS

IDENTITY = ("id", "image_id", "question", "truth")  # columns that make an item the same: another release may use an id again
LEVEL = 0.05
RESAMPLES = 9999
AT_ONCE = 1000  # permutations that are held in memory


@dataclass(frozen=True)
class Difference:
    """B - A in one score, in points; p-values stand at the scores that a task is judged by, the others are parts of those."""

    score: str
    num_items: int
    a: float  # percent, as `b`
    b: float
    interval: Interval | None  # of b - a
    p: float | None = None
    corrected_p: float | None = None

    @property
    def holds(self) -> bool:
        """Return whether both the permutation test, which knows images alone, and the interval, which knows seeds too, say so."""
        return self.corrected_p is not None and self.corrected_p < LEVEL and self.interval is not None and self.interval.excludes_zero()


@dataclass(frozen=True)
class Compared:
    """One task. `missing` says why there are no differences; `remarks`, what was left out of them."""

    task: str
    differences: tuple[Difference, ...] = ()
    num_seeds: int = 0
    missing: str = ""
    remarks: tuple[str, ...] = ()


def compare(a: dict[str, Runs], b: dict[str, Runs]) -> list[Compared]:
    """Return a comparison for each task that A or B has, the p-values corrected for their number."""
    names = [*(task for task in TASKS if task in a or task in b), *sorted((a.keys() | b.keys()) - TASKS.keys())]
    return corrected([compared(task, a.get(task, {}), b.get(task, {})) for task in names])


def compared(task: str, a: Runs, b: Runs) -> Compared:
    """Return the differences of one task: seed against seed, item against item."""
    seeds = sorted(a.keys() & b.keys())
    if not seeds:
        return Compared(task, missing=not_in_both("seed", a.keys(), b.keys()) if a and b else f"only {'A' if a else 'B'} has it")
    remarks = [not_in_both("seed", a.keys() - b.keys(), b.keys() - a.keys())] if a.keys() != b.keys() else []
    common, only_a, only_b = matched(a[seeds[0]], b[seeds[0]])
    if only_a or only_b:
        remarks.append(f"items that only A has: {only_a}, that only B has: {only_b}")
    if not len(common):
        return Compared(task, missing="no item is the same: other test images, questions or answers")
    if (only_a or only_b) and set(RANKS.values()) <= set(a[seeds[0]].columns):
        return Compared(task, missing="each ranked among other pairs, so that ranks do not compare", remarks=tuple(remarks))
    ours, theirs = ([items(runs[seed].filter(pl.col("id").is_in(common.implode()))) for seed in seeds] for runs in (a, b))
    found = [difference(score, [run[score] for run in ours], [run[score] for run in theirs]) for score in ours[0] if score in theirs[0]]
    return Compared(task, tuple(found), len(seeds), remarks=tuple(remarks))


def not_in_both(what: str, a: Collection[int], b: Collection[int]) -> str:
    sides = [f"only {side} has {what} {', '.join(map(str, sorted(only)))}" for side, only in (("A", a), ("B", b)) if only]
    return " and ".join(sides)


def matched(a: pl.DataFrame, b: pl.DataFrame) -> tuple[pl.Series, int, int]:
    """Return the ids of the items that both have, and how many only A and only B has."""
    keys = [name for name in IDENTITY if name in a.columns and name in b.columns]
    common = a.join(b.select(keys), on=keys, how="semi")["id"]
    return common, len(a) - len(common), len(b) - len(common)


def difference(score: str, a: Sequence[pl.DataFrame], b: Sequence[pl.DataFrame]) -> Difference:
    ours, theirs = (100 * float(np.mean([run["right"].mean() for run in runs])) for runs in (a, b))
    return Difference(score, len(a[0]), ours, theirs, gain_interval(b, a), p_value(a, b) if score in MAIN else None)


def p_value(a: Sequence[pl.DataFrame], b: Sequence[pl.DataFrame]) -> float:
    """Return the two-sided p-value of no difference: which of the two an image's answers are of, all of all seeds, is permuted."""
    both = outcomes([*a, *b])
    image = np.unique(both.images, return_inverse=True)[1]
    totals = [np.bincount(image, rows.sum(axis=0)) for rows in np.split(both.right, [len(a)])]
    return float(
        permutation_test(
            totals,
            lambda ours, theirs, axis: (theirs - ours).sum(axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=RESAMPLES,
            batch=AT_ONCE,
            rng=np.random.default_rng(0),
        ).pvalue
    )


def corrected(tasks: list[Compared]) -> list[Compared]:
    """Fill in the p-values corrected for how many there are: of the differences that hold, at most 5% do by chance (Benjamini-Hochberg)."""
    known = [one.p for task in tasks for one in task.differences if one.p is not None]
    values = iter(false_discovery_control(known).tolist() if known else ())
    return [replace(task, differences=tuple(with_correction(one, values) for one in task.differences)) for task in tasks]


def with_correction(one: Difference, values: Iterator[float]) -> Difference:
    return one if one.p is None else replace(one, corrected_p=next(values))
