"""Run by test_measured.py under torchrun: what training really takes at DeepSpeed's ZeRO stages.

The model is of middle size (30 million parameters), the bucket as much smaller as the model is. Writes {case: bytes}, of the first
process, as JSON to the path given.
"""

import json
import sys
import weakref
from pathlib import Path
from types import SimpleNamespace

import torch
from m3ae.training import engine
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from m3ae.engine.params import DeepSpeedParams
from m3ae.engine.processes import is_first, join
from m3ae.model.config import ModelConfig
from m3ae.model.params import ModelParams
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.plan.activations import pairs
from m3ae.pretrain.params import PretrainParams
from tests.workers.zero_stages import DEEPSPEED, METHOD

BUCKET = 1_000_000
VOCABULARY, SIZE = 6_000, 2
MODEL = ModelParams(
    image_px=32,
    patch_px=8,
    vision_encoder="scratch",
    vision_width=384,
    vision_depth=1,
    vision_heads=6,
    text_encoder="scratch",
    text_tokens=10,
    text_width=384,
    text_depth=1,
    text_heads=6,
    fusion_width=384,
    fusion_depth=4,
    fusion_heads=6,
    dropout=0.0,
    decoder_width=384,
    decoder_depth=1,
    decoder_heads=6,
)
VIEW = SimpleNamespace(model=MODEL, mask_ratio=0.75, text_mask_ratio=0.15, negatives="batch")
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


class Batches(torch.utils.data.Dataset):
    def __getitem__(self, number: int):
        return pairs(SIZE, VIEW, VOCABULARY)


def new_learner() -> Learner:
    config = ModelConfig(model=MODEL, method=METHOD, objectives=("mlm", "mim", "itm"), vocabulary=VOCABULARY)
    return pretraining_learner(config, {"mlm": 1.0, "mim": 1.0, "itm": 1.0}, seed=0)


def new_recipe(stage: int, precision: str) -> PretrainParams:
    """Two steps of two micro-batches; three of one under ZeRO 3, which accumulates in place and fetches ahead from the third pass on."""
    steps, num_micro_batches = (3, 1) if stage == 3 else (2, 2)
    return PretrainParams(
        batch=2 * num_micro_batches * SIZE,
        micro_batch=SIZE,
        learning_rate=1e-4,
        head_factor=2,
        fusion_factor=3,
        weight_decay=0.01,
        decayed_norms="none",
        clip_norm=1.0,
        warmup_share=0.25,
        zero_stage=stage,
        precision=precision,
        pad_to=1,
        steps=steps,
        validate_every_steps=1,
        save_every_steps=1,
    )


def settings(case: str) -> tuple[PretrainParams, DeepSpeedParams]:
    stage, precision, changed = CASES[case]
    return new_recipe(stage, precision), DEEPSPEED.model_copy(update=changed)


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
