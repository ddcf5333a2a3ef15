"""A line of a table in Markdown."""

from collections.abc import Sequence


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
