"""Tables of the benchmarks, in Markdown. They need nothing else: a GPU machine that runs one has no part of the report."""

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], num_named: int = 1) -> str:
    """Return a table whose first `num_named` columns are names, to the left, and the others numbers, to the right."""
    sides = [":--"] * num_named + ["--:"] * (len(columns) - num_named)
    return "".join(f"{line(cells)}\n" for cells in (columns, sides, *rows))


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
