"""How each kind of task is tested: one entry a kind."""

from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl

from m3ae.evaluate.predictions import Test, predictions
from m3ae.evaluate.ranking import rankings
from m3ae.evaluate.scores import accuracies, both_recalls, by_chance, majority
from m3ae.objectives.learner import Learner
from m3ae.shards.read import Shards
from m3ae.tasks import KindName


class Evaluation(NamedTuple):
    predict: Callable[[Learner, Test], pl.DataFrame]
    score: Callable[[pl.DataFrame], dict[str, Any]]  # of a table of predictions
    reference: Callable[[Shards, Shards], dict[str, Any]]  # of train and test: the score of what needs no learning


EVALUATIONS: dict[KindName, Evaluation] = {
    "answer": Evaluation(predictions, accuracies, majority),
    "classify": Evaluation(predictions, accuracies, majority),
    "retrieve": Evaluation(rankings, both_recalls, by_chance),
}
