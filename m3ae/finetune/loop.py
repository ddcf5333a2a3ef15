"""Fine-tuning one task: train, and choose the epoch on the validation split. Paper, section 3."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from m3ae.batches.numbered import Batches
from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.engine import Engine
from m3ae.engine.params import DeepSpeedParams
from m3ae.engine.processes import is_first
from m3ae.finetune.params import FinetuneParams
from m3ae.finetune.whitening import whiten
from m3ae.model.config import ModelConfig
from m3ae.model.params import ModelParams
from m3ae.objectives.answer import Labels
from m3ae.objectives.base import Objective
from m3ae.objectives.build import fill, start_from, task_learner
from m3ae.objectives.learner import Learner
from m3ae.objectives.tallies import Tallies
from m3ae.progress import Bar, bar
from m3ae.shards.read import Shards


class TrainedTask(Protocol):
    """A task as the loop sees it."""

    name: str  # of its objective
    num_labels: int
    splits: dict[str, Shards]

    def __init__(self, splits: dict[str, Shards], answers: Sequence[str], tokenizer: Tokenizer, params: FinetuneParams): ...
    def objective(self, model: ModelParams) -> Objective: ...
    def training(self, seed: int) -> Batches[Any]: ...
    def validation(self, engine: Engine, copy: Callable[[], Learner]) -> float: ...


class Epoch(NamedTuple):
    epoch: int  # from 1
    loss: float  # the mean over its steps
    validation: float  # percent


class Best(NamedTuple):
    epoch: int  # from 1
    validation: float  # percent
    weights: dict[str, Tensor]
    curve: list[Epoch]  # of all epochs


def finetune(
    task: TrainedTask,
    config: ModelConfig,
    params: FinetuneParams,
    deepspeed: DeepSpeedParams,
    seed: int,
    pretrained: dict[str, Tensor] | None,
) -> Best:
    """Fine-tune from `pretrained` weights, or with none of them: from what the encoders start with.

    Everything else is the same in both cases: the recipe, the order of the samples, the new head's draw.
    Returns the weights of the epoch that did best on validation (of the last one, where there is no validation split).
    """
    learner = new_learner(task, config, seed, load_encoders=pretrained is None)
    if pretrained is not None:
        start_from(learner, pretrained)
    batches, num_rows = task.training(seed), len(task.splits["train"])
    head = learner.objectives[task.name]
    if params.head_start == "whitened" and isinstance(head, Labels):
        whiten(learner, head, batches, num_rows, params.micro_batch)
    steps = -(-num_rows // params.batch)
    engine = Engine(learner, params, deepspeed, steps * params.epochs, seed)
    copy = partial(copied, task, config, seed)
    best, curve = None, []
    with bar("fine-tuning", "step", steps * params.epochs, shown=is_first()) as progress:
        for epoch in range(params.epochs):
            loss = train_epoch(engine, batches, range(epoch * steps, (epoch + 1) * steps), progress)
            has_validation = len(task.splits["validation"]) > 0
            score = task.validation(engine, lambda: copy(engine.full_weights())) if has_validation else 0.0
            curve.append(Epoch(epoch + 1, loss, score))
            if best is None or score > best.validation or not has_validation:
                best = Best(epoch + 1, score, engine.full_weights(), curve)
    assert best is not None  # there is at least one epoch
    return best


def train_epoch(engine: Engine, batches: Batches[Any], steps: range, progress: Bar) -> float:
    """Run the steps and return their mean loss, the bar behind them."""
    tallies = Tallies([*engine.learner.tally_names(), "total"])
    for _, rows in engine.train(batches, steps.start, steps.stop):
        tallies.add(rows)
        progress.set_postfix(loss=f"{float(rows[-1, 0] / rows[-1, 1]):.3f}", refresh=False)
        progress.update()
    return tallies.means()["total"]


def copied(task: TrainedTask, config: ModelConfig, seed: int, weights: dict[str, Tensor]) -> Learner:
    learner = new_learner(task, config, seed)
    fill(learner, weights)
    return learner


def new_learner(task: TrainedTask, config: ModelConfig, seed: int, load_encoders: bool = False) -> Learner:
    torch.manual_seed(seed)  # the head is drawn first, so that it is the same whatever the backbone starts from
    return task_learner(config, task.name, task.objective(config.model), seed, load_encoders)
