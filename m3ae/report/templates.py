"""The templates of the report's pages, which lie beside this file."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape


def rendered(template: str, **content: Any) -> str:
    """Render a template with `content`, all text escaped. Raises `UndefinedError` where it names what `content` lacks."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["prose"] = prose
    return environment.get_template(template).render(**content)


def prose(text: str) -> Markup:
    """Return text for the page, with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
