"""The README.md of a model folder: what the weights come from, what they are for and how well they do."""

import re
from importlib.metadata import version
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from m3ae.disk.json import leaves
from m3ae.model.card_texts import CITATION, INTENDED_USE, LIMITS, LOADING

PLAIN = re.compile(r"[\w.,:;/+=()%'’ -]*(\[\w*(, \w+)*\])?", re.ASCII)
LONGEST = 300  # characters of one value
CODE = "digest of the files that ran"
SYNTHETIC = "**Trained on synthetic data: these weights show that the pipeline works, and nothing about medicine.**\n"
TAGS = ["m3ae", "medical", "vision-language"]


def model_card(
    title: str,
    synthetic: bool,
    code: str,
    results: list[EvalResult] | None = None,
    pipeline_tag: str | None = None,
    **sections: dict[str, Any],
) -> str:
    """Return Markdown with a heading for each of `sections`, then the version of the code; `code` is the digest of what ran.

    `results` become the card's model index. The text depends on nothing but the arguments and the version of this package.
    """
    used = {"m3ae-dvc": version("m3ae-dvc"), CODE: code}
    facts = [f"## {name.replace('_', ' ').capitalize()}\n\n{as_list(content)}\n" for name, content in {**sections, "code": used}.items()]
    front = f"---\n{front_matter(title, synthetic, results, pipeline_tag).to_yaml()}\n---\n"
    return "\n".join([front, f"# {title}\n", *([SYNTHETIC] if synthetic else []), INTENDED_USE, LIMITS, LOADING, *facts, CITATION])


def front_matter(title: str, synthetic: bool, results: list[EvalResult] | None, pipeline_tag: str | None) -> ModelCardData:
    """Return what the hub reads of a card. Weights that were trained on published data stand under these data's licences."""
    licence: dict[str, Any] = {"license": "apache-2.0"} if synthetic else {"license": "other", "license_name": "of-the-training-data"}
    index: dict[str, Any] = {"model_name": title, "eval_results": results} if results else {}
    return ModelCardData(**licence, library_name="transformers", tags=TAGS, pipeline_tag=pipeline_tag, **index)


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
