"""Which answers are mistaken for which: how often each true answer was given each answer, of the most frequent ones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars

from m3ae.report.inputs import Inputs
from m3ae.report.measured import Asked

ANSWERED = {"truth", "prediction", "best_scores", "score"}  # columns of predictions that are answers
NUM_CLASSES = 8
OTHER = "(other)"


@dataclass(frozen=True)
class Confusion:
    """Of each class of `classes`, the true answer, how often each class was given. The last class may be `OTHER`: all that is rarer."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]  # [true][given]

    def share(self, true: int, given: int) -> float:
        """Return a count as a share of all rows with this true answer; 0 where there is none."""
        return self.counts[true][given] / max(1, sum(self.counts[true]))


def pairs(rows: polars.DataFrame) -> polars.DataFrame:
    """Return the true answer of each row ("actual") and the one that was given ("predicted"), the rarer ones as `OTHER`.

    Where several answers are right, the true one is the one that was given, or else the first.
    """
    right = polars.col("score") > 0
    true = polars.when(right).then("prediction").otherwise(polars.col("truth").list.first().fill_null(OTHER))
    both = rows.select(actual=true, predicted="prediction")
    kept = frequent(both["actual"].to_list())
    return both.with_columns(polars.when(polars.all().is_in(kept)).then(polars.all()).otherwise(polars.lit(OTHER)))


def frequent(answers: list[str]) -> list[str]:
    ordered = sorted(Counter(answers).items(), key=lambda item: (-item[1], item[0]))
    return [answer for answer, _ in ordered if answer != OTHER][:NUM_CLASSES]


def confusion(both: polars.DataFrame) -> Confusion:
    """Count what `pairs` returned."""
    counts = Counter(both.iter_rows())
    classes = frequent(both["actual"].to_list())
    if any(OTHER in pair for pair in counts):
        classes.append(OTHER)
    return Confusion(tuple(classes), tuple(tuple(counts[true, given] for given in classes) for true in classes))


def answered(paths: Sequence[Path]) -> polars.DataFrame | None:
    """Return the rows of all seeds; None where there are none, or they are no answers."""
    read = [polars.read_parquet(path) for path in paths]
    if not read or not all(set(rows.columns) >= ANSWERED and len(rows) for rows in read):
        return None
    return polars.concat([rows.select(sorted(ANSWERED)) for rows in read])


def write_pairs(inputs: Inputs, asked: Asked, out: Path) -> None:
    """Write a CSV file a task into `out`, a line a test row, as DVC's template of confusion matrices reads them."""
    out.mkdir(parents=True, exist_ok=True)
    for task in asked.tasks:
        paths = (inputs.predictions(task, seed) for seed in asked.seeds)
        rows = answered([path for path in paths if path.is_file()])
        if rows is not None:
            pairs(rows).write_csv(out / f"{task}.csv")
