"""The tables of docs/evidence.md are those that the benchmarks wrote."""

from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("table", ["real/guesses.md", "real/table.md"])
def test_a_table_is_the_one_that_was_written(table):
    assert (DOCS / table).read_text() in (DOCS / "evidence.md").read_text()
