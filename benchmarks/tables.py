"""Tables of the benchmarks, in Markdown. What the report's tables need is not loaded: a GPU machine that runs one may lack it."""

from collections.abc import Iterable, Sequence

from m3ae.report.markdown import line


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], num_named: int = 1) -> str:
    """Return a table whose first `num_named` columns are names, to the left, and the others numbers, to the right."""
    sides = [":--"] * num_named + ["--:"] * (len(columns) - num_named)
    return "".join(f"{line(cells)}\n" for cells in (columns, sides, *rows))
