"""Answers to questions about images. Shapes: B pairs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from m3ae.ask.opened import AskError, Opened
from m3ae.model.fusion import Read

ANSWERING = ("answer", "classify")


class Answer(NamedTuple):
    """One of a model's answers; `score` is its probability as the head gives it, which is not calibrated."""

    answer: str
    score: float


def require_answers(model: Opened) -> None:
    """Raise `AskError` where a model gives no answers, or nothing says which."""
    model.require(ANSWERING, "answer")
    if not model.config.labels:
        raise AskError(f"{model.folder}: config.json does not name the answers (id2label); fine-tune the model again: `dvc repro`")


@torch.no_grad()
def answers(model: Opened, images: Sequence[Any], questions: Sequence[str], num_best: int) -> list[list[Answer]]:
    """Return for each pair of an image and a question the most probable answers, the best first."""
    require_answers(model)
    [head] = model.learner.objectives.values()
    backbone, tokens = model.learner.backbone, model.texts(questions)
    text, image = backbone.encode_text(tokens.ids, tokens.mask), backbone.encode_image(model.images(images))
    logits = head.head(backbone.fusion.pooled(backbone.fusion(text, tokens.mask.bool(), image, read=Read.POOLED))).float()
    labels = model.config.labels
    return [[Answer(labels[place], score) for place, score in guesses] for guesses in head.best(logits, num_best)]
