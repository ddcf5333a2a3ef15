"""A model folder called as a pipeline of transformers, which has none for these tasks any more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from m3ae.ask.answer import answers
from m3ae.ask.match import matches
from m3ae.ask.opened import Opened

Called = Callable[..., list[Any] | dict[str, float]]


def pipeline(task: str, model: str | Path) -> Called:
    """Return a function of images and texts that asks the model in a folder, shaped as transformers shaped its pipelines.

    "visual-question-answering" gives `[{"score", "answer"}, ...]` of `f(image=, question=, top_k=5)`, "image-text-matching" `{"score"}`
    of `f(image=, text=)`; lists of images and texts give a list of these. Raises `ValueError` for another task.
    """
    if task not in ("visual-question-answering", "image-text-matching"):
        raise ValueError(f"{task!r}: visual-question-answering or image-text-matching expected")
    opened = Opened.open(Path(model))

    def answer(image: Any, question: str | list[str], top_k: int = 5) -> list[Any]:
        found = answers(opened, *paired(image, question), top_k)
        said = [[{"score": one.score, "answer": one.answer} for one in best] for best in found]
        return said if isinstance(image, list) else said[0]

    def match(image: Any, text: str | list[str]) -> list[Any] | dict[str, float]:
        said = [{"score": score} for score in matches(opened, *paired(image, text))]
        return said if isinstance(image, list) else said[0]

    return answer if task == "visual-question-answering" else match


def paired(image: Any, text: str | list[str]) -> tuple[list[Any], list[str]]:
    """Return as many images as texts: one text is asked of every image."""
    images = image if isinstance(image, list) else [image]
    texts = [text] * len(images) if isinstance(text, str) else text
    if len(texts) != len(images):
        raise ValueError(f"{len(images)} images and {len(texts)} texts; give as many, or one text")
    return images, texts
