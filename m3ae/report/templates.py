"""The templates of the report's pages, which lie beside this file."""

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
    parts = enumerate(text.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in parts)
