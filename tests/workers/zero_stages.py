"""Run by test_engine.py under torchrun: a few steps at every ZeRO stage, undisturbed and resumed half-way.

Writes {stage: {"losses", "resumed", "weights", "evaluation", "gradient_norm", "diverged": in fp32 and bf16}} as JSON to the path given.
"""

import json
import math
import sys
from pathlib import Path

from m3ae.batches import numbered
from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.engine.engine import Diverged, Engine
from m3ae.engine.processes import is_first, join
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.pretrain.resume import ResumeState
from tests import tiny

STEPS, HALF, SIZE = 10, 5, 2
MODEL = tiny.model(depth=1, dropout=0.1)


class Batches(numbered.Batches):
    def names(self, number: int) -> list[str]:
        return [f"pair {number}"]

    def __getitem__(self, number: int) -> PairBatch:
        return synthetic_pairs(SIZE, MODEL, tiny.METHOD, tiny.VOCABULARY, seed=number)


def new_learner() -> Learner:
    return pretraining_learner(tiny.config(MODEL), tiny.ALL_ON, seed=0)


def new_engine(stage: int, precision: str = "fp32", resumes_others: bool = False, **changed: str) -> Engine:
    """`changed`: fields of `DeepSpeedParams`."""
    recipe = tiny.recipe(batch=4 * SIZE, micro_batch=SIZE, zero_stage=stage, precision=precision, steps=STEPS)
    return Engine(new_learner(), recipe, tiny.DEEPSPEED.model_copy(update=changed), STEPS, 0, resumes_others)


def losses(engine: Engine, first: int, last: int) -> list[float]:
    """This process's summed loss of each step."""
    return [rows[-1, 0].item() for _, rows in engine.train(Batches(), first, last)]


def run(stage: int) -> dict:
    engine = new_engine(stage)
    result = {"losses": losses(engine, 0, STEPS), "evaluation": engine.tallies(Batches(), 3)}
    result["gradient_norm"] = engine.gradient_norm()
    result["weights"] = {name: weight.double().norm().item() for name, weight in engine.full_weights().items()}
    half = new_engine(stage)
    state = ResumeState(tiny.identity(stage=stage))
    first_half = losses(half, 0, HALF)
    state.save(half, HALF, {"training": [], "validation": []})
    again = new_engine(stage)
    step, _ = state.load(again)
    result["resumed"] = first_half + losses(again, step, STEPS)
    result["diverged"] = [diverged(stage, precision) for precision in ("fp32", "bf16")]
    return result


def diverged(stage: int, precision: str) -> str:
    """What is said of a step whose loss is a number and whose gradient is not."""
    engine = new_engine(stage, precision)
    engine.learner.objectives["itm"].head.bias.register_hook(lambda gradient: gradient * math.nan)
    try:
        losses(engine, 0, 1)
    except Diverged as error:
        return str(error)
    return "nothing"


def main() -> None:
    join()
    results = {stage: run(stage) for stage in range(4)}
    bf16 = losses(new_engine(1, "bf16"), 0, STEPS)
    if is_first():
        Path(sys.argv[1]).write_text(json.dumps({**results, "bf16": bf16}))


if __name__ == "__main__":
    main()
