"""Run by test_recipe_stages.py under torchrun: a few steps of a recipe's objectives at ZeRO 0 to 3, undisturbed and resumed half-way.

Writes {stage: {"losses": of all processes, "resumed": likewise}} as JSON to the path given, after the recipe's name.
"""

import json
import math
import sys
from pathlib import Path

import torch

from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import MASK_ID, synthetic_pairs
from m3ae.engine.engine import Engine
from m3ae.engine.processes import is_first, join
from m3ae.objectives import image_text_contrast
from m3ae.objectives.build import Added, pretraining_learner
from m3ae.objectives.consistency import SPOILT, Consistency, Resilience
from m3ae.objectives.guide import TextGuide
from m3ae.objectives.image_text_contrast import GlobalContrast, TokenContrast
from m3ae.objectives.tallies import summed_over_processes
from m3ae.pretrain.resume import ResumeState
from tests import tiny
from tests.workers import zero_stages

STEPS, HALF, SIZE, MODEL = 4, 2, zero_stages.SIZE, zero_stages.MODEL
ROBUST = {"consistency": lambda _: Consistency("infonce", 0.2), "resilience": lambda _: Resilience("infonce", 0.2)}
CONTRASTS = {kind.name: lambda config, kind=kind: kind(config.model, 8, 0.07) for kind in (GlobalContrast, TokenContrast)}
GUIDE = TextGuide(guided=0.75, hints=0.1, warm_up=0.25)
RECIPES = {"robust_mmr": Added(ROBUST, {"mlm": SPOILT, "mim": SPOILT}), "xlip": Added(CONTRASTS, redrawn=GUIDE)}


class Batches(zero_stages.Batches):
    """Each pair beside itself with noise and some tokens marked, and without its halves; texts are of several lengths."""

    def __getitem__(self, number: int) -> PairBatch:
        lengths = torch.tensor([4 + number % 3, 5 + number % 3])
        plain = synthetic_pairs(SIZE, MODEL, tiny.METHOD, tiny.VOCABULARY, lengths, seed=number)
        noise = synthetic_pairs(SIZE, MODEL, tiny.METHOD, tiny.VOCABULARY, seed=1000 + number).images
        marked = torch.arange(plain.text_ids.shape[1]) % 2 == 1
        spoilt = plain._replace(images=plain.images + noise, targets=plain.images, marked=marked.expand_as(plain.text_ids))
        without = plain._replace(images=0 * plain.images, text_ids=0 * plain.text_ids + MASK_ID)
        return plain._replace(beside=(spoilt, without))


def new_engine(name: str, stage: int) -> Engine:
    added = RECIPES[name]
    weights = tiny.ALL_ON | dict.fromkeys(added.objectives, 0.5)
    learner = pretraining_learner(tiny.config(MODEL), weights, seed=0, added=added)
    recipe = tiny.recipe(batch=4 * SIZE, micro_batch=SIZE, zero_stage=stage, steps=STEPS)
    return Engine(learner, recipe, tiny.DEEPSPEED, STEPS, 0)


def losses(engine: Engine, first: int, last: int) -> list[float]:
    return [summed_over_processes(rows)[-1, 0].item() for _, rows in engine.train(Batches(), first, last)]


def run(name: str, stage: int) -> dict:
    undisturbed = losses(new_engine(name, stage), 0, STEPS)
    half, state = new_engine(name, stage), ResumeState(tiny.identity(recipe=name, stage=stage))
    first_half = losses(half, 0, HALF)
    state.save(half, HALF, {})
    again = new_engine(name, stage)
    step, _ = state.load(again)
    return {"losses": undisturbed, "resumed": first_half + losses(again, step, STEPS)}


def main() -> None:
    join()
    name, out = sys.argv[1:]
    image_text_contrast.SURE = -math.inf  # the gate is open, though nothing is learned in a few steps
    results = {stage: run(name, stage) for stage in range(4)}
    if is_first():
        Path(out).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
