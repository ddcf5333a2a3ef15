import torch

from m3ae.authors.golden import compare, norm_row, tensor_row
from tests.shared import GOLDEN, needs_golden


@needs_golden
def test_every_recorded_number_of_the_authors_code_is_ours():
    rows = compare(GOLDEN)
    assert len(rows) == 343
    assert [row for row in rows if not row.passes] == []


def test_a_row_fails_where_ours_is_missing_misshapen_or_too_far():
    theirs = torch.zeros(3)
    assert tensor_row("a", theirs + 9e-6, theirs).passes
    assert not tensor_row("a", theirs + 2e-5, theirs).passes
    assert not tensor_row("a", torch.zeros(2), theirs).passes
    assert not tensor_row("a", None, theirs).passes


def test_gradient_norms_are_compared_relatively_unless_they_are_rounding():
    assert norm_row("a", 100.05, 100.0).passes and not norm_row("a", 100.2, 100.0).passes
    assert norm_row("a", 3e-8, 1e-8).passes and not norm_row("a", 1e-4, 1e-8).passes
    assert not norm_row("a", None, 1.0).passes
