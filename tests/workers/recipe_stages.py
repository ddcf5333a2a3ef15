"""Run by test_recipe_stages.py under torchrun: a few steps of one recipe's objectives at ZeRO 0 to 3, undisturbed and resumed half-way.

Its arguments are a name of `RUNS` and a path, to which it writes {stage: {"losses": of all processes, "resumed": likewise, "weights": their
names, "teacher": how far a frozen one is from what it was}} as JSON.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from m3ae.batches.order import generator_for
from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import MASK_ID, synthetic_pairs
from m3ae.engine.engine import Engine
from m3ae.engine.processes import is_first, join
from m3ae.objectives.build import Added, pretraining_learner
from m3ae.objectives.consistency import SPOILT, Consistency, Resilience
from m3ae.objectives.learner import Learner
from m3ae.objectives.tallies import summed_over_processes
from m3ae.pretrain.resume import ResumeState
from m3ae.recipes.base import PretrainingRecipe
from m3ae.recipes.params import TwoStageParams
from m3ae.recipes.two_stage import TwoStage
from tests import tiny
from tests.workers import zero_stages

STEPS, HALF, SIZE, MODEL = 4, 2, zero_stages.SIZE, zero_stages.MODEL
TWO_STAGE = TwoStageParams.model_validate(
    {
        "alignment": {"share": 0.2, "whole": 1.0, "local": 1.0, "temperature": 0.07},
        "denoising": {"weight": 0.45, "strongest": 0.05},
        "distillation": 1.0,
    }
)
Beside = Callable[[PairBatch, int], tuple[PairBatch, ...]]


class Batches(zero_stages.Batches):
    """Pairs, beside them what a recipe shows of them, and what it adds on the device."""

    def __init__(self, beside: Beside, recipe: PretrainingRecipe):
        self.beside, self.shown = beside, recipe.seen

    def __getitem__(self, number: int) -> PairBatch:
        plain = synthetic_pairs(SIZE, MODEL, tiny.METHOD, tiny.VOCABULARY, seed=number)
        return plain._replace(beside=self.beside(plain, number) or None)


def spoilt(plain: PairBatch, number: int) -> tuple[PairBatch, ...]:
    """Each pair with noise, and without its halves."""
    noise = synthetic_pairs(SIZE, MODEL, tiny.METHOD, tiny.VOCABULARY, seed=1000 + number).images
    spoilt = plain._replace(images=plain.images + noise, targets=plain.images)
    return spoilt, plain._replace(images=0 * plain.images, text_ids=0 * plain.text_ids + MASK_ID)


def noisy(plain: PairBatch, number: int) -> tuple[PairBatch, ...]:
    shown = TwoStage(TWO_STAGE).noisy(plain, MODEL.image_px, generator_for(number))
    return (shown._replace(images=plain.images + shown.noise, targets=plain.images),)


class RobustMMR(PretrainingRecipe):
    """Its objectives; what they read beside is made up here."""

    def weights(self) -> dict[str, float]:
        return {"consistency": 0.5, "resilience": 0.5}

    def added(self) -> Added:
        objectives = {"consistency": lambda _: Consistency("infonce", 0.2), "resilience": lambda _: Resilience("infonce", 0.2)}
        return Added(objectives, {"mlm": SPOILT, "mim": SPOILT})


class Run(NamedTuple):
    recipe: Callable[[], PretrainingRecipe]
    beside: Beside


RUNS = {
    "robust_mmr": Run(lambda: RobustMMR(None), spoilt),
    "two_stage_first": Run(lambda: TwoStage(TWO_STAGE).first(), lambda *_: ()),
    "two_stage": Run(lambda: TwoStage(TWO_STAGE), noisy),
}


def learner_of(recipe: PretrainingRecipe) -> Learner:
    """The recipe's learner, which has begun from the encoders that another seed draws."""
    m3ae = tiny.ALL_ON if recipe.has_m3ae else {}
    config = tiny.config(MODEL).model_copy(update={"objectives": tuple(m3ae)})
    learner = pretraining_learner(config, m3ae | recipe.weights(), seed=0, added=recipe.added())
    recipe.begin(learner, dict(pretraining_learner(config, m3ae, seed=1).named_parameters()), torch.float32)
    return learner


def new_engine(recipe: PretrainingRecipe, stage: int) -> Engine:
    settings = tiny.recipe(batch=4 * SIZE, micro_batch=SIZE, zero_stage=stage, steps=STEPS)
    return Engine(learner_of(recipe), settings, tiny.DEEPSPEED, STEPS, 0)


def losses(engine: Engine, batches: Batches, first: int, last: int) -> list[float]:
    return [summed_over_processes(rows)[-1, 0].item() for _, rows in engine.train(batches, first, last)]


def run(asked: Run, stage: int, name: str) -> dict:
    recipes = [asked.recipe() for _ in range(3)]
    engine, half, again = (new_engine(recipe, stage) for recipe in recipes)
    undisturbed = losses(engine, Batches(asked.beside, recipes[0]), 0, STEPS)
    first_half = losses(half, Batches(asked.beside, recipes[1]), 0, HALF)
    state = ResumeState(tiny.identity(stage=stage, recipe=name))
    state.save(half, HALF, {})
    step, _ = state.load(again)
    resumed = first_half + losses(again, Batches(asked.beside, recipes[2]), step, STEPS)
    trained = engine.full_weights()
    return {"losses": undisturbed, "resumed": resumed, "weights": sorted(trained), "teacher": strayed(recipes[0])}


def strayed(recipe: PretrainingRecipe) -> float:
    """How far a frozen teacher's weights are from those it began with; 0 where there is none."""
    teacher = getattr(recipe, "teacher", None)
    if teacher is None:
        return 0.0
    begun = dict(pretraining_learner(tiny.config(MODEL), tiny.ALL_ON, seed=1).backbone.named_parameters())
    return max((weight - begun[name]).abs().max().item() for name, weight in teacher.encoders.named_parameters())


def main() -> None:
    join()
    name, out = sys.argv[1:]
    results = {stage: run(RUNS[name], stage, name) for stage in range(4)}
    if is_first():
        Path(out).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
