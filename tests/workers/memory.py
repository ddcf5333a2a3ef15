"""Run by test_measured.py under torchrun: what training really takes at DeepSpeed's ZeRO stages.

The model is of middle size (30 million parameters), the bucket as much smaller as the model is. Writes {case: bytes}, of the first
process, as JSON to the path given.
"""

import json
import sys
import weakref
from pathlib import Path

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from m3ae.batches import numbered
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.engine import engine
from m3ae.engine.params import DeepSpeedParams
from m3ae.engine.processes import is_first, join
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.pretrain.params import PretrainParams
from tests import tiny

BUCKET = 1_000_000
VOCABULARY, SIZE = 6_000, 2
MODEL = tiny.model(width=384, depth=1, heads=6, text_tokens=10)
METHOD = tiny.METHOD.model_copy(update={"text_mask_ratio": 0.15})
CASES = {f"{stage} {precision}": (stage, precision, {}) for stage in range(4) for precision in ("fp32", "bf16")} | {
    "1 bf16 offload": (1, "bf16", {"offload_optimizer": "cpu"}),
    "2 bf16 offload": (2, "bf16", {"offload_optimizer": "cpu"}),
}


class Live(TorchDispatchMode):
    """Bytes of all storages that were made since and are still there, and the most that there ever were."""

    def __init__(self):
        super().__init__()
        self.storages: dict[int, int] = {}
        self.now = self.most = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        for tensor in tree_iter(result):
            if isinstance(tensor, Tensor) and tensor.device.type == "cpu":  # "meta" takes nothing
                self.enter(tensor.untyped_storage())
        return result

    def enter(self, storage: torch.UntypedStorage) -> None:
        if storage._cdata not in self.storages:
            self.storages[storage._cdata] = storage.nbytes()
            self.now += storage.nbytes()
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self.leave, storage._cdata)

    def leave(self, storage: int) -> None:
        self.now -= self.storages.pop(storage)


class Batches(numbered.Batches):
    def __getitem__(self, number: int):
        return synthetic_pairs(SIZE, MODEL, METHOD, VOCABULARY)


def new_learner() -> Learner:
    return pretraining_learner(tiny.config(MODEL, VOCABULARY), tiny.ALL_ON, seed=0)


def new_recipe(stage: int, precision: str) -> PretrainParams:
    """Two steps of two micro-batches; three of one under ZeRO 3, which accumulates in place and fetches ahead from the third pass on."""
    steps, num_micro_batches = (3, 1) if stage == 3 else (2, 2)
    batch = 2 * num_micro_batches * SIZE
    return tiny.recipe(batch=batch, micro_batch=SIZE, learning_rate=1e-4, zero_stage=stage, precision=precision, steps=steps)


def settings(case: str) -> tuple[PretrainParams, DeepSpeedParams]:
    stage, precision, changed = CASES[case]
    return new_recipe(stage, precision), tiny.DEEPSPEED.model_copy(update=changed)


def measured(recipe: PretrainParams, params: DeepSpeedParams) -> int:
    """The most that the last step takes."""
    with Live() as live:
        training = engine.Engine(new_learner(), recipe, params, recipe.steps, 0)
        for _ in training.train(Batches(), 0, recipe.steps - 1):
            pass
        live.most = live.now
        for _ in training.train(Batches(), recipe.steps - 1, recipe.steps):
            pass
        return live.most


def main() -> None:
    join()
    torch.use_deterministic_algorithms(False)
    engine.BUCKET = BUCKET
    results = {case: measured(*settings(case)) for case in CASES}
    if is_first():
        Path(sys.argv[1]).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
