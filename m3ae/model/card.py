"""The README.md of a model folder: what the weights come from and how well they do."""

from importlib.metadata import version
from typing import Any

from m3ae.disk.json import leaves

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
    return "\n".join(f"- {key}: {shown(value)}" for key, value in leaves(content))


def shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
