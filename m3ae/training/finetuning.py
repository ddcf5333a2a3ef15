"""Fine-tuning one task: train, choose the epoch on the validation split, test once. Paper, section 3."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from m3ae.model.build import task_learner
from m3ae.model.folder import ModelConfig, fill
from m3ae.model.learner import Learner
from m3ae.model.params import ModelParams
from m3ae.objectives.base import Objective
from m3ae.objectives.itm import MATCH
from m3ae.objectives.retrieval import Retrieval
from m3ae.shards import Shards
from m3ae.training.engine import Engine
from m3ae.training.launch import is_first
from m3ae.training.params import DeepSpeedParams, FinetuneParams

MATCHING_HEAD = "objectives.itm.head."


class Downstream(Protocol):
    """A task as the loop sees it."""

    name: str
    num_labels: int
    splits: dict[str, Shards]

    def objective(self, model: ModelParams) -> Objective: ...
    def training(self, seed: int) -> Dataset: ...
    def validation(self, engine: Engine, copy: Callable[[], Learner]) -> float: ...
    def test(self, learner: Learner) -> tuple[Any, Any]: ...
    def baseline(self) -> dict[str, Any]: ...
    def details(self) -> dict[str, int]: ...
    def write(self, folder: Path, predictions: Any) -> None: ...


class Best(NamedTuple):
    epoch: int  # from 1
    validation: float  # percent
    weights: dict[str, Tensor]


class Result(NamedTuple):
    best: Best
    scores: Any
    predictions: Any

    def figures(self) -> dict[str, Any]:
        return {"epoch": self.best.epoch, "validation": self.best.validation, "test": self.scores}


def finetune(
    task: Downstream,
    config: ModelConfig,
    params: FinetuneParams,
    deepspeed: DeepSpeedParams,
    seed: int,
    pretrained: dict[str, Tensor] | None,
) -> Result:
    """Fine-tune from `pretrained` weights, or with none of them: from what the encoders start with.

    Everything else is the same in both cases: the recipe, the order of the samples, the new head's draw.
    """
    learner = new_learner(task, config, seed, load_encoders=pretrained is None)
    if pretrained is not None:
        start_from(learner, pretrained)
    best = train(task, learner, params, deepspeed, seed, partial(copied, task, config, seed))
    return Result(best, *task.test(copied(task, config, seed, best.weights)))


def copied(task: Downstream, config: ModelConfig, seed: int, weights: dict[str, Tensor]) -> Learner:
    learner = new_learner(task, config, seed)
    fill(learner, weights)
    return learner


def new_learner(task: Downstream, config: ModelConfig, seed: int, load_encoders: bool = False) -> Learner:
    torch.manual_seed(seed)  # the head is drawn first, so that it is the same whatever the backbone starts from
    return task_learner(config, task.name, task.objective(config.model), seed, load_encoders)


def start_from(learner: Learner, pretrained: dict[str, Tensor]) -> None:
    """The pre-trained backbone; for retrieval also the matching head's "match" row, where matching was on."""
    fill(learner, pretrained, part="backbone.")
    for head in learner.objectives.values():
        if isinstance(head, Retrieval) and MATCHING_HEAD + "weight" in pretrained:
            head.start_from(pretrained[MATCHING_HEAD + "weight"][MATCH], pretrained[MATCHING_HEAD + "bias"][MATCH])


def train(
    task: Downstream, learner: Learner, params: FinetuneParams, deepspeed: DeepSpeedParams, seed: int,
    copy: Callable[[dict[str, Tensor]], Learner],
) -> Best:  # fmt: skip
    """All epochs; the weights of the one that did best on validation (of the last one, where there is no validation split)."""
    steps = -(-len(task.splits["train"]) // params.batch)
    engine = Engine(learner, params, deepspeed, steps * params.epochs, seed)
    batches, best = task.training(seed), None
    for epoch in tqdm(range(params.epochs), unit="epoch", disable=not is_first()):
        for _ in engine.train(batches, epoch * steps, (epoch + 1) * steps):
            pass
        has_validation = len(task.splits["validation"]) > 0
        score = task.validation(engine, lambda: copy(engine.full_weights())) if has_validation else 0.0
        if best is None or score > best.validation or not has_validation:
            best = Best(epoch + 1, score, engine.full_weights())
    return best
