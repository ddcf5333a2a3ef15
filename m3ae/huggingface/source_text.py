"""Pieces of Python source, cut out and edited where the syntax tree says."""

import ast
from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """`old`, which stands at a line and a column, is replaced by `new`."""

    line: int  # from 1, of the whole file
    column: int  # in bytes, as `ast` counts
    old: str
    new: str


class Cut(NamedTuple):
    lines: list[str]
    first: int  # the number of the first line, from 1


def with_comments(text: str, statement: ast.stmt) -> Cut:
    """Return a statement's lines with its decorators and the comments right above it."""
    lines = text.splitlines()
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    return Cut(lines[first - 1 : statement.end_lineno], first)


def edited(cut: Cut, edits: Iterable[Edit]) -> str:
    """Return the text with all edits made. Raises `ValueError` where the text to be replaced is not where an edit says."""
    lines = [line.encode() for line in cut.lines]
    for edit in sorted(set(edits), reverse=True):
        line, old = lines[edit.line - cut.first], edit.old.encode()
        if line[edit.column : edit.column + len(old)] != old:
            raise ValueError(f"line {edit.line}: {edit.old!r} expected in {line.decode()!r}")
        lines[edit.line - cut.first] = line[: edit.column] + edit.new.encode() + line[edit.column + len(old) :]
    return "\n".join(line.decode() for line in lines)
