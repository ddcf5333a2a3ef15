"""How a message names several things in one line."""

from collections.abc import Sequence


def first_few(names: Sequence[str], most: int, between: str = ", ") -> str:
    """Return the first `most` names and, where there are others, how many."""
    return between.join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
