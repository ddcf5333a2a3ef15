"""Run by test_recipe_stages.py under torchrun: a few steps of robust_mmr's objectives at ZeRO 0 to 3, undisturbed and resumed half-way.

Writes {stage: {"losses": of all processes, "resumed": likewise}} as JSON to the path given.
"""

import json
import sys
from pathlib import Path

from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import MASK_ID, synthetic_pairs
from m3ae.engine.engine import Engine
from m3ae.engine.processes import is_first, join
from m3ae.objectives.build import Added, pretraining_learner
from m3ae.objectives.consistency import SPOILT, Consistency, Resilience
from m3ae.objectives.tallies import summed_over_processes
from m3ae.pretrain.resume import ResumeState
from tests import tiny
from tests.workers import zero_stages

STEPS, HALF, SIZE, MODEL = 4, 2, zero_stages.SIZE, zero_stages.MODEL
OBJECTIVES = {"consistency": lambda _: Consistency("infonce", 0.2), "resilience": lambda _: Resilience("infonce", 0.2)}


class Batches(zero_stages.Batches):
    """Each pair beside itself with noise, and without its halves."""

    def __getitem__(self, number: int) -> PairBatch:
        plain = synthetic_pairs(SIZE, MODEL, tiny.METHOD, tiny.VOCABULARY, seed=number)
        noise = synthetic_pairs(SIZE, MODEL, tiny.METHOD, tiny.VOCABULARY, seed=1000 + number).images
        spoilt = plain._replace(images=plain.images + noise, targets=plain.images)
        without = plain._replace(images=0 * plain.images, text_ids=0 * plain.text_ids + MASK_ID)
        return plain._replace(beside=(spoilt, without))


def new_engine(stage: int) -> Engine:
    weights = tiny.ALL_ON | dict.fromkeys(OBJECTIVES, 0.5)
    added = Added(OBJECTIVES, {"mlm": SPOILT, "mim": SPOILT})
    learner = pretraining_learner(tiny.config(MODEL), weights, seed=0, added=added)
    recipe = tiny.recipe(batch=4 * SIZE, micro_batch=SIZE, zero_stage=stage, steps=STEPS)
    return Engine(learner, recipe, tiny.DEEPSPEED, STEPS, 0)


def losses(engine: Engine, first: int, last: int) -> list[float]:
    return [summed_over_processes(rows)[-1, 0].item() for _, rows in engine.train(Batches(), first, last)]


def run(stage: int) -> dict:
    undisturbed = losses(new_engine(stage), 0, STEPS)
    half, state = new_engine(stage), ResumeState(tiny.identity(stage=stage))
    first_half = losses(half, 0, HALF)
    state.save(half, HALF, {})
    again = new_engine(stage)
    step, _ = state.load(again)
    return {"losses": undisturbed, "resumed": first_half + losses(again, step, STEPS)}


def main() -> None:
    join()
    results = {stage: run(stage) for stage in range(4)}
    if is_first():
        Path(sys.argv[1]).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
