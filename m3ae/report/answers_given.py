"""Which answers a fine-tuned model gives, how often and how often rightly: a score may be one answer's, given to every question."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars

from m3ae.report.benchmark import ANSWERING
from m3ae.report.inputs import Inputs
from m3ae.report.measured import Asked, Result

NUM_ANSWERS = 8
COLUMNS = ("prediction", "truth", "answer_kind", "score")
KINDS = {"closed": "closed questions", "open": "open questions", "": "all rows"}  # as the shards tell rows apart


@dataclass(frozen=True)
class Answer:
    """How many rows were given this answer, how many have it among their true ones, and how many both."""

    text: str
    given: int
    true: int
    right: int


@dataclass(frozen=True)
class Concentration:
    """The answers given most and true most often to one kind of row, each with its share of the rows."""

    rows: str
    num_rows: int
    given: tuple[str, float]
    true: tuple[str, float]


@dataclass(frozen=True)
class AnswersGiven:
    """One task's answers, of `num_seeds` models together; `missing` says why there are none."""

    title: str
    synthetic: bool
    missing: str = ""
    num_rows: int = 0
    num_seeds: int = 0
    answers: tuple[Answer, ...] = ()
    concentrations: tuple[Concentration, ...] = ()

    @property
    def most_counted(self) -> int:
        """Return the largest number of rows that an answer was given to, or is true of: the length of a whole bar."""
        return max(max(answer.given, answer.true) for answer in self.answers)


def answers_given(results: Sequence[Result], asked: Asked, inputs: Inputs) -> list[AnswersGiven]:
    """Return a block for each task whose predictions are answers."""
    return [block(result, asked, inputs) for result in results if result.entry.kind in ANSWERING]


def block(result: Result, asked: Asked, inputs: Inputs) -> AnswersGiven:
    if result.missing:
        return AnswersGiven(result.entry.title, False, result.missing)
    paths = [path for seed in asked.seeds if (path := inputs.predictions(result.entry.name, seed)).is_file()]
    if not paths:
        return AnswersGiven(result.entry.title, result.synthetic, "no predictions were written")
    rows = polars.concat([polars.read_parquet(path, columns=list(COLUMNS)) for path in paths])
    concentrations = tuple(concentration(kind, part) for kind in KINDS if len(part := rows.filter(polars.col("answer_kind") == kind)))
    return AnswersGiven(result.entry.title, result.synthetic, "", len(rows), len(paths), most_given(rows), concentrations)


def most_given(rows: polars.DataFrame) -> tuple[Answer, ...]:
    """Return the answers given most often, equally frequent ones in order of their names."""
    given, true = Counter(rows["prediction"]), truths(rows)
    right = Counter(rows.filter(polars.col("score") > 0)["prediction"])
    return tuple(Answer(text, count, true[text], right[text]) for text, count in ordered(given)[:NUM_ANSWERS])


def concentration(kind: str, rows: polars.DataFrame) -> Concentration:
    given, true = (most_frequent(counts, len(rows)) for counts in (Counter(rows["prediction"]), truths(rows)))
    return Concentration(KINDS[kind], len(rows), given, true)


def truths(rows: polars.DataFrame) -> Counter[str]:
    """Return for each answer in how many rows it is a right one."""
    return Counter(rows["truth"].list.unique().explode().drop_nulls())


def most_frequent(counts: Counter[str], num_rows: int) -> tuple[str, float]:
    text, count = next(iter(ordered(counts)), ("", 0))  # rows may have no right answer
    return text, 100 * count / num_rows


def ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
