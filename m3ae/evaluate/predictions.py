"""A saved model's predictions on a test split, as a table: what every score is counted from. Paper, section 3.

Its columns: id, image_id, question, truth (every right answer), answer_kind, prediction, best and best_scores (the five best answers and
what the model gives them), score (1 = right). Retrieval's are in `ranking`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

import polars as pl
import torch

from m3ae.batches.images import Crop
from m3ae.batches.order import InOrder
from m3ae.batches.tasks import TaskBatch, TaskBatches
from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.processes import device, gathered, is_first, moved, process_share
from m3ae.model.config import ModelConfig
from m3ae.objectives.answer import Labels
from m3ae.objectives.learner import Learner
from m3ae.progress import followed
from m3ae.shards.read import Shards

AT_ONCE = 8  # samples in one forward pass
NUM_BEST = 5
T = TypeVar("T")
Guess = list[tuple[str, float]]  # the best answers and their scores


class Test(NamedTuple):
    """What a model is tested on, and how that is read."""

    shards: Shards
    answers: list[str]
    tokenizer: Tokenizer
    config: ModelConfig  # of the model that is tested
    clean: Shards | None = None  # the rows as they were, where `shards` are perturbed ones
    rerank: int = 0  # of a ranking: how many partners a first pass leaves to the fusion, 0 = all


@torch.no_grad()
def predictions(learner: Learner, test: Test) -> pl.DataFrame:
    """Return a row for each test row, in its order."""
    learner.eval().to(device())
    guesses = [guess for batch in each_batch(test, AT_ONCE, partial(predict, learner, test.answers)) for guess in batch]
    return pl.DataFrame([judged(test.shards.row(number), guess) for number, guess in enumerate(guesses)])


def each_batch(test: Test, at_once: int, work: Callable[[TaskBatch], T]) -> list[T]:
    """Return what `work` makes of every batch of the split, in order; the batches are shared out between the processes."""
    order, sizes = InOrder(len(test.shards), at_once), test.config.model
    batches = TaskBatches(test.shards, test.tokenizer, test.answers, order, Crop(sizes.image_px, 1.0, 0), sizes.text_tokens)
    numbers = list(range(len(order)))[process_share()]
    return gathered([work(moved(batches[number])) for number in followed(numbers, "testing", "batch", len(numbers), is_first())])


def predict(learner: Learner, answers: list[str], batch: TaskBatch) -> list[Guess]:
    """Return the most probable answers to each question of a batch, the best first."""
    [head] = learner.objectives.values()
    return best(head, head.logits(learner.backbone.fusion, learner.encode(batch, set(head.views)), batch), answers)


def best(head: Labels, logits: torch.Tensor, answers: list[str]) -> list[Guess]:
    return [[(answers[place], round(score, 6)) for place, score in guesses] for guesses in head.best(logits, NUM_BEST)]


def judged(row: dict[str, Any], guess: Guess) -> dict[str, Any]:
    return {
        "id": row["id"],
        "image_id": row["image_id"],
        "question": row["texts"][0],
        "truth": row["answers"],
        "answer_kind": row["answer_kind"],
        "prediction": guess[0][0],
        "best": [answer for answer, _ in guess],
        "best_scores": [score for _, score in guess],
        "score": float(guess[0][0] in row["answers"]),
    }
