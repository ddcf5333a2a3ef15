"""Sphinx: the pages of this folder and, where `-t reference` asks for it, a reference of m3ae/ from its docstrings."""

import importlib.metadata
import re
from textwrap import indent
from typing import Any

project, author = "M3AE-DVC", "The M3AE-DVC authors"
release = importlib.metadata.version("m3ae-dvc")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
html_theme = "furo"
with_reference = tags.has("reference")  # noqa: F821 (Sphinx defines `tags`)
exclude_patterns = ["_build", "ablation", "real", *([] if with_reference else ["reference*"])]  # tables that pages hold
suppress_warnings = ["toc.excluded"]  # of the reference, where it is left out
myst_heading_anchors = 3
autosummary_generate = with_reference
autodoc_default_options = {"members": True, "exclude-members": "model_config"}
autodoc_inherit_docstrings = False  # of torch and pydantic
autodoc_typehints = "description"
autodoc_mock_imports = ["starlette", "uvicorn"]  # of the extra `demo`, which the pages do without
default_role = "code"  # as the docstrings quote names

STAR = re.compile(r"(`[^`]*`)|\*")
AS_IT_STANDS = re.compile(r"(?m)(?:^(?:\||    ).*\n)+")  # a table, or an indented layout


def as_restructured_text(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Escape, in place, what reStructuredText would take for markup in a docstring."""
    text = STAR.sub(lambda found: found[1] or r"\*", "\n".join([*lines, ""]))
    lines[:] = AS_IT_STANDS.sub(lambda found: f"::\n\n{indent(found[0], '    ')}\n", text).splitlines()


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", as_restructured_text)
