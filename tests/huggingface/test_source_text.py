import ast

import pytest

from m3ae.huggingface.source_text import Edit, edited, with_comments

TEXT = """# Not this one.

# Why.
@wrapped
def f(x):
    return "²", g(x)


y = 1
"""


def test_a_statement_is_cut_with_its_decorators_and_comments():
    cut = with_comments(TEXT, ast.parse(TEXT).body[0])
    assert (cut.first, cut.lines[0], cut.lines[-1]) == (3, "# Why.", '    return "²", g(x)')


def test_edits_count_columns_in_bytes_and_refuse_other_text():
    cut = with_comments(TEXT, ast.parse(TEXT).body[0])
    call = next(node for node in ast.walk(ast.parse(TEXT)) if isinstance(node, ast.Name) and node.id == "g")
    assert edited(cut, [Edit(call.lineno, call.col_offset, "g", "h")]).endswith('return "²", h(x)')
    with pytest.raises(ValueError, match="'k' expected in"):
        edited(cut, [Edit(call.lineno, call.col_offset, "k", "h")])
