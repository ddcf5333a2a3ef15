"""The README.md of a model folder: what the weights come from and how well they do."""

import re
from importlib.metadata import version
from typing import Any

from m3ae.disk.json import leaves

PLAIN = re.compile(r"[\w.,:;/+=()%'’ -]*(\[\w*(, \w+)*\])?", re.ASCII)
LONGEST = 300  # characters of one value
CODE = "digest of the files that ran"
SYNTHETIC = "**Trained on synthetic data: these weights show that the pipeline works, and nothing about medicine.**\n"


def model_card(title: str, synthetic: bool, code: str, **sections: dict[str, Any]) -> str:
    """Return Markdown with a heading for each of `sections`, then the version of the code; `code` is the digest of what ran."""
    used = {"m3ae-dvc": version("m3ae-dvc"), CODE: code}
    parts = ["---\nlibrary_name: transformers\ntags: [m3ae, medical, vision-language]\n---\n", f"# {title}\n"]
    parts += [SYNTHETIC] if synthetic else []
    parts += [f"## {name.replace('_', ' ').capitalize()}\n\n{as_list(content)}\n" for name, content in {**sections, "code": used}.items()]
    return "\n".join(parts)


def as_list(content: dict[str, Any]) -> str:
    """Return a Markdown list with one line per leaf, `a.b: value`."""
    return "\n".join(f"- {shown(key)}: {shown(value)}" for key, value in leaves(content))


def shown(value: Any) -> str:
    """Return a value on one line, quoted where it could be more than plain text: a card is Markdown, and a checkpoint's words anybody's."""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    if PLAIN.fullmatch(text) and "://" not in text and "www." not in text.lower():
        return text
    readable = "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST]).replace("`", "'").strip()
    return f"`{readable}{'…' if len(text) > LONGEST else ''}`"
