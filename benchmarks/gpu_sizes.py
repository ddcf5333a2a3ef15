"""What the sections of `benchmarks.gpu` train: `scale: paper` with both encoders from a random start or, as a toy, `scale: test`."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from benchmarks.paper_scale import Repeated, learner_of, lengths_of_parts, padded, padded_length
from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.engine.compiled import compile_parts
from m3ae.engine.engine import Engine
from m3ae.model.params import SCRATCH
from m3ae.objectives.learner import Learner
from m3ae.params import Sources
from m3ae.plan.params import PlanParams
from m3ae.prepare.params import PrepareParams
from m3ae.pretrain.params import PretrainParams

PARAMS = Path(__file__).parents[1] / "params.yaml"
NUM_STEPS = 10**6  # of the schedule: no run here comes near its end


class Sizes(NamedTuple):
    params: PlanParams
    prepare: PrepareParams  # how pictures are stored
    micro_batches: tuple[int, ...]  # in the order of what one wants to know first
    products: tuple[int, ...]  # sides of square matrices
    num_ranked: tuple[int, ...]  # images, and as many texts
    num_pictures: int  # that differ, among the shards' rows
    num_rows: int
    num_timed: int  # steps, and rates of the loader

    @property
    def recipe(self) -> PretrainParams:
        return self.params.pretrain

    def learner(self) -> Learner:
        return learner_of(self.params.model, self.params, self.params.tokenizer.vocabulary)


class Way(NamedTuple):
    """One way to train. `changes` are the recipe's."""

    title: str
    changes: Mapping[str, Any] = {}
    deterministic: bool = True  # as trained


class PaddedBatches(Repeated):
    """The micro-batches of one step, again and again: captions as long as real ones, cut and padded as in training."""

    def __init__(self, sizes: Sizes, micro_batch: int):
        parts = lengths_of_parts(sizes.recipe.batch, micro_batch, sizes.params.model.text_tokens)
        super().__init__([made_up(sizes, number, part) for number, part in enumerate(parts)])


def made_up(sizes: Sizes, number: int, some: Tensor) -> PairBatch:
    params = sizes.params
    batch = synthetic_pairs(len(some), params.model, params, params.tokenizer.vocabulary, some, seed=number)
    return padded(batch, padded_length(some, sizes.recipe.pad_to, params.model.text_tokens))


def sizes_of(toy: bool) -> Sizes:
    if toy:
        few = {"micro_batches": (2,), "products": (64,), "num_ranked": (4, 8), "num_pictures": 2, "num_rows": 32, "num_timed": 2}
        return Sizes(*at_scale("test"), **few)
    return Sizes(
        *at_scale("paper"),
        micro_batches=(32, 64, 128, 256, 16, 8),
        products=(4096, 8192, 16384),
        num_ranked=(64, 128, 256, 512),
        num_pictures=64,
        num_rows=2048,
        num_timed=5,
    )


def at_scale(scale: str) -> tuple[PlanParams, PrepareParams]:
    _, params, _ = PlanParams.at(PARAMS, scale)
    model = params.model.model_copy(update={"vision_encoder": SCRATCH, "text_encoder": SCRATCH})
    recipe = params.pretrain.model_copy(update={"precision": "bf16"})
    return params.model_copy(update={"model": model, "pretrain": recipe}), PrepareParams.read(Sources.load(PARAMS, scale))


@contextmanager
def engine_of(learner: Learner, recipe: PretrainParams, params: PlanParams) -> Iterator[Engine]:
    """Yield an engine that trains a copy of the learner, and take its hooks away afterwards: they would keep its memory."""
    trained = copy.deepcopy(learner)
    compile_parts(trained, recipe.compile)
    engine = Engine(trained, recipe, params.deepspeed, NUM_STEPS, seed=0)
    try:
        yield engine
    finally:
        engine.deepspeed.destroy()
