"""How a kind of task is tested; `m3ae/tasks.py` says which kind by which."""

from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl

from m3ae.evaluate.predictions import Test, predictions
from m3ae.evaluate.ranking import rankings
from m3ae.evaluate.scores import accuracies, both_recalls, by_chance, majority
from m3ae.objectives.learner import Learner
from m3ae.shards.read import Shards


class Evaluation(NamedTuple):
    predict: Callable[[Learner, Test], pl.DataFrame]
    score: Callable[[pl.DataFrame], dict[str, Any]]  # of a table of predictions
    reference: Callable[[Shards, Shards], dict[str, Any]]  # of train and test: the score of what needs no learning


ANSWERS = Evaluation(predictions, accuracies, majority)
RANKINGS = Evaluation(rankings, both_recalls, by_chance)
