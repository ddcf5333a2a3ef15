"""The README.md of a model folder: what the weights come from and how well they do."""

from importlib.metadata import version
from typing import Any

SYNTHETIC = "**Trained on synthetic data: these weights show that the pipeline works, and nothing about medicine.**\n"


def model_card(title: str, synthetic: bool, code: str, **sections: dict[str, Any]) -> str:
    """Return Markdown with a heading for each of `sections`, then the version of the code; `code` is the digest of what ran."""
    used = {"m3ae-dvc": version("m3ae-dvc"), "digest of the files that ran": code}
    parts = ["---\nlibrary_name: transformers\ntags: [m3ae, medical, vision-language]\n---\n", f"# {title}\n"]
    parts += [SYNTHETIC] if synthetic else []
    parts += [f"## {name.replace('_', ' ').capitalize()}\n\n{as_list(content)}\n" for name, content in {**sections, "code": used}.items()]
    return "\n".join(parts)


def as_list(content: dict[str, Any], start: str = "") -> str:
    """Return a Markdown list with one line per leaf, `a.b: value`."""
    lines = []
    for name, value in content.items():
        lines.append(as_list(value, f"{start}{name}.") if isinstance(value, dict) else f"- {start}{name}: {shown(value)}")
    return "\n".join(line for line in lines if line)


def shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
