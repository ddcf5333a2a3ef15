"""A comparison as `m3ae compare` prints it: a table, a sentence a task, and what both leave out."""

from collections.abc import Iterator, Sequence

from m3ae.evaluate.comparison import LEVEL, RESAMPLES, Compared, Difference
from m3ae.evaluate.intervals import Interval

COLUMNS = ("task", "score", "items", "A", "B", "B - A", "95% interval", "p", "corrected p")
NOTHING = "-"


def describe(a: str, b: str, tasks: Sequence[Compared]) -> Iterator[str]:
    yield f"A = {a}, B = {b}; the pre-trained model, scores in percent\n"
    yield from aligned([COLUMNS, *(cells(task.task, one) for task in tasks for one in task.differences)])
    yield ""
    yield from (sentence(task) for task in tasks)
    yield ""
    yield from notes(tasks)


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows with columns of equal width: words to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:{'<' if place < 2 else '>'}{width}}" for place, (cell, width) in enumerate(zip(row, widths, strict=True)))


def cells(task: str, one: Difference) -> tuple[str, ...]:
    numbers = (f"{one.num_items}", f"{one.a:.1f}", f"{one.b:.1f}", f"{one.b - one.a:+.1f}", between(one.interval))
    return (task, one.score, *numbers, probability(one.p), probability(one.corrected_p))


def between(interval: Interval | None) -> str:
    return f"{interval.low:+.1f} to {interval.high:+.1f}" if interval else NOTHING


def probability(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.4f}"


def sentence(task: Compared) -> str:
    said = task.missing or "; ".join(verdict(one) for one in task.differences if one.p is not None) or "no score that it is judged by"
    return f"{task.task}: {'; '.join([said, *task.remarks])}."


def verdict(one: Difference) -> str:
    evidence = f"95% interval {between(one.interval)}, corrected p {probability(one.corrected_p)}"
    if not one.holds:
        return f"{one.b - one.a:+.1f} points in {one.score} do not hold ({evidence})"
    return f"B is {abs(one.b - one.a):.1f} points {'above' if one.b > one.a else 'below'} A in {one.score}, and that holds ({evidence})"


def notes(tasks: Sequence[Compared]) -> Iterator[str]:
    """Yield what the numbers cover; nothing where no task was compared."""
    seeds = {task.task: task.num_seeds for task in tasks if task.differences}
    if not seeds:
        return
    yield f"A difference holds where its corrected p is below {LEVEL} and its interval excludes 0."
    yield f"p: A and B are swapped on whole images, {RESAMPLES:,} times; corrected for the number of p-values (Benjamini-Hochberg)."
    yield "The interval covers other test images and, where several seeds were run, other seeds of fine-tuning; p covers images alone."
    yield "The luck of pre-training is in neither."
    if alone := [name for name, count in seeds.items() if count == 1]:
        yield f"One seed was run, so the luck of fine-tuning is left out, too: {', '.join(alone)}."
